//! The stack machine.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::value::{Global, Object};
use super::{PickleError, Reader, Storage, Unpickled, Value, opcode};

/// Reads one pickle; the reader stands behind its `STOP` afterwards.
pub(crate) fn load(reader: &mut Reader<'_>) -> Result<Unpickled, PickleError> {
    let mut machine = Machine {
        position: reader.position(),
        reader,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        objects: Vec::new(),
        storages: BTreeMap::new(),
    };
    let root = machine.run()?;
    Ok(Unpickled {
        root,
        storages: machine.storages,
        objects: machine.objects,
    })
}

pub(super) struct Machine<'r, 'a> {
    reader: &'r mut Reader<'a>,
    /// Where the current opcode stands.
    position: usize,
    pub(super) stack: Vec<Value>,
    /// Heights of the stack at which marks were set.
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    pub(super) objects: Vec<Object>,
    pub(super) storages: BTreeMap<Rc<str>, Storage>,
}

impl Machine<'_, '_> {
    fn run(&mut self) -> Result<Value, PickleError> {
        loop {
            self.position = self.reader.position();
            match self.reader.byte()? {
                opcode::STOP => return self.pop(),
                opcode::PROTO => drop(self.reader.byte()?),
                opcode::FRAME => drop(self.reader.take(8)?),
                opcode::MARK => self.marks.push(self.stack.len()),
                opcode::POP => drop(self.pop()?),
                code => self.act(code)?,
            }
        }
    }

    fn act(&mut self, code: u8) -> Result<(), PickleError> {
        match code {
            opcode::EMPTY_LIST => self.push_object(Object::List(Vec::new())),
            opcode::EMPTY_DICT => self.push_object(Object::Dict(Vec::new())),
            opcode::EMPTY_TUPLE => self.push_object(Object::Tuple(Vec::new())),
            opcode::TUPLE1 => self.push_tuple(1)?,
            opcode::TUPLE2 => self.push_tuple(2)?,
            opcode::TUPLE3 => self.push_tuple(3)?,
            opcode::TUPLE => {
                let values = self.pop_to_mark()?;
                self.push_object(Object::Tuple(values));
            }
            opcode::APPEND | opcode::APPENDS => self.append(code)?,
            opcode::SETITEM | opcode::SETITEMS => self.set_items(code)?,
            opcode::BINPUT | opcode::LONG_BINPUT | opcode::MEMOIZE => self.remember(code)?,
            opcode::BINGET | opcode::LONG_BINGET => self.recall(code)?,
            opcode::GLOBAL | opcode::STACK_GLOBAL => self.import(code)?,
            opcode::REDUCE | opcode::NEWOBJ => self.call()?,
            opcode::BUILD => self.build()?,
            opcode::BINPERSID => self.storage()?,
            _ => {
                let literal = self.literal(code)?;
                self.stack.push(literal);
            }
        }
        Ok(())
    }

    fn literal(&mut self, code: u8) -> Result<Value, PickleError> {
        let reader = &mut *self.reader;
        Ok(match code {
            opcode::NONE => Value::None,
            opcode::NEWTRUE => Value::Bool(true),
            opcode::NEWFALSE => Value::Bool(false),
            opcode::BININT => Value::Int(i32::from_le_bytes(reader.array()?).into()),
            opcode::BININT1 => Value::Int(reader.byte()?.into()),
            opcode::BININT2 => Value::Int(u16::from_le_bytes(reader.array()?).into()),
            opcode::LONG1 => {
                let length = reader.byte()?.into();
                let bytes = reader.take(length)?;
                Value::Int(long(bytes).ok_or(self.malformed("an integer of 16 bytes or fewer"))?)
            }
            opcode::BINFLOAT => {
                reader.take(8)?;
                Value::Float
            }
            opcode::BINUNICODE => {
                let length = u32::from_le_bytes(reader.array()?);
                Value::Text(reader.text(length as usize)?.into())
            }
            opcode::SHORT_BINUNICODE | opcode::SHORT_BINSTRING => {
                let length = reader.byte()?.into();
                Value::Text(reader.text(length)?.into())
            }
            opcode => {
                let position = self.position;
                return Err(PickleError::Opcode { opcode, position });
            }
        })
    }

    pub(super) fn malformed(&self, expected: &'static str) -> PickleError {
        PickleError::Malformed {
            position: self.position,
            expected,
        }
    }

    pub(super) fn pop(&mut self) -> Result<Value, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(self.malformed("a value on the stack"));
        }
        self.stack
            .pop()
            .ok_or(self.malformed("a value on the stack"))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value>, PickleError> {
        let mark = self.marks.pop().ok_or(self.malformed("a mark"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    /// The values that `code` takes: one, or all above the mark.
    fn operands(&mut self, one: bool, count: usize) -> Result<Vec<Value>, PickleError> {
        if !one {
            return self.pop_to_mark();
        }
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.insert(0, self.pop()?);
        }
        Ok(values)
    }

    pub(super) fn push_object(&mut self, object: Object) {
        self.stack.push(Value::Object(self.objects.len()));
        self.objects.push(object);
    }

    fn push_tuple(&mut self, count: usize) -> Result<(), PickleError> {
        let values = self.operands(true, count)?;
        self.push_object(Object::Tuple(values));
        Ok(())
    }

    /// The object on top of the stack, which stays there.
    pub(super) fn top(&mut self) -> Result<&mut Object, PickleError> {
        let error = self.malformed("an object on the stack");
        match self.stack.last() {
            Some(Value::Object(index)) => self.objects.get_mut(*index).ok_or(error),
            _ => Err(error),
        }
    }

    fn append(&mut self, code: u8) -> Result<(), PickleError> {
        let values = self.operands(code == opcode::APPEND, 1)?;
        let error = self.malformed("a list");
        match self.top()? {
            Object::List(list) => list.extend(values),
            _ => return Err(error),
        }
        Ok(())
    }

    fn set_items(&mut self, code: u8) -> Result<(), PickleError> {
        let values = self.operands(code == opcode::SETITEM, 2)?;
        let error = self.malformed("a dictionary and pairs for it");
        let (pairs, rest) = values.as_chunks::<2>();
        match self.top()? {
            Object::Dict(entries) if rest.is_empty() => {
                entries.extend(pairs.iter().cloned().map(|[key, value]| (key, value)));
            }
            _ => return Err(error),
        }
        Ok(())
    }

    fn remember(&mut self, code: u8) -> Result<(), PickleError> {
        let slot = match code {
            opcode::BINPUT => self.reader.byte()?.into(),
            opcode::LONG_BINPUT => u32::from_le_bytes(self.reader.array()?),
            _ => self.memo.len() as u32,
        };
        let top = self.stack.last().cloned();
        let top = top.ok_or(self.malformed("a value on the stack"))?;
        self.memo.insert(slot, top);
        Ok(())
    }

    fn recall(&mut self, code: u8) -> Result<(), PickleError> {
        let slot = match code {
            opcode::BINGET => self.reader.byte()?.into(),
            _ => u32::from_le_bytes(self.reader.array()?),
        };
        let value = self.memo.get(&slot).cloned();
        self.stack
            .push(value.ok_or(self.malformed("a value that was remembered"))?);
        Ok(())
    }

    fn import(&mut self, code: u8) -> Result<(), PickleError> {
        let (module, name): (Rc<str>, Rc<str>) = if code == opcode::GLOBAL {
            (self.reader.line()?.into(), self.reader.line()?.into())
        } else {
            match (self.pop()?, self.pop()?) {
                (Value::Text(name), Value::Text(module)) => (module, name),
                _ => return Err(self.malformed("the name of a global")),
            }
        };
        let global = Global::find(&module, &name).ok_or_else(|| PickleError::Global {
            global: printable(&format!("{module}.{name}")),
        })?;
        self.stack.push(Value::Global(global));
        Ok(())
    }
}

/// A little-endian integer in two's complement; `None` beyond 16 bytes.
fn long(bytes: &[u8]) -> Option<i128> {
    let negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
    let mut wide = [if negative { 0xff } else { 0 }; 16];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i128::from_le_bytes(wide))
}

/// `name` without control characters, cut where it is too long for a message.
fn printable(name: &str) -> String {
    name.chars().take(80).flat_map(char::escape_debug).collect()
}
