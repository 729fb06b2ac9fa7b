//! What the known globals and persistent identities of a state dict stand for.

use super::machine::Machine;
use super::value::{Global, Object};
use super::{PickleError, Storage, Value, View};

/// More than any known global takes. With [`MAX_RANK`] it keeps a small file, which may name one
/// long tuple many times, from asking for much memory.
const MAX_ARGUMENTS: usize = 8;

/// PyTorch's own limit.
const MAX_RANK: usize = 64;

impl Machine<'_, '_> {
    /// Builds what a known global stands for. No code of the file is run.
    pub(super) fn call(&mut self) -> Result<(), PickleError> {
        let arguments = self.pop()?;
        let arguments = self.tuple(&arguments)?;
        if arguments.len() > MAX_ARGUMENTS {
            return Err(self.malformed("the arguments of a state dict's global"));
        }
        let arguments = arguments.to_vec();
        let Value::Global(global) = self.pop()? else {
            return Err(self.malformed("a global to call"));
        };
        match (global, arguments.as_slice()) {
            (Global::OrderedDict, []) => self.push_object(Object::Dict(Vec::new())),
            // A shape is a tuple, a parameter is its tensor.
            (Global::Size | Global::RebuildParameter, [value, ..]) => {
                self.stack.push(value.clone());
            }
            (Global::RebuildTensor, [storage, offset, shape, strides, ..]) => {
                let view = self.view(storage, offset, shape, strides)?;
                self.push_object(Object::Tensor(view));
            }
            _ => return Err(self.malformed("the arguments of a state dict's global")),
        }
        Ok(())
    }

    fn tuple(&self, value: &Value) -> Result<&[Value], PickleError> {
        match value {
            Value::Object(index) => match self.objects.get(*index) {
                Some(Object::Tuple(values)) => Ok(values),
                _ => Err(self.malformed("a tuple")),
            },
            _ => Err(self.malformed("a tuple")),
        }
    }

    fn count(&self, value: &Value) -> Result<usize, PickleError> {
        let error = self.malformed("a count");
        match value {
            Value::Int(count) => usize::try_from(*count).map_err(|_| error),
            _ => Err(error),
        }
    }

    fn counts(&self, value: &Value) -> Result<Vec<usize>, PickleError> {
        let values = self.tuple(value)?;
        if values.len() > MAX_RANK {
            return Err(self.malformed("a tensor of 64 axes or fewer"));
        }
        values.iter().map(|value| self.count(value)).collect()
    }

    fn view(
        &self,
        storage: &Value,
        offset: &Value,
        shape: &Value,
        strides: &Value,
    ) -> Result<View, PickleError> {
        let storage = match storage {
            Value::Object(index) => match self.objects.get(*index) {
                Some(Object::Storage(key)) => key.clone(),
                _ => return Err(self.malformed("a storage")),
            },
            _ => return Err(self.malformed("a storage")),
        };
        let (shape, strides) = (self.counts(shape)?, self.counts(strides)?);
        if shape.len() != strides.len() {
            return Err(self.malformed("a stride for each axis"));
        }
        let offset = self.count(offset)?;
        Ok(View {
            storage,
            offset,
            shape,
            strides,
        })
    }

    /// Sets attributes; those of a dictionary (`_metadata` of a state dict) are of no use here.
    pub(super) fn build(&mut self) -> Result<(), PickleError> {
        self.pop()?;
        let error = self.malformed("a dictionary");
        match self.top()? {
            Object::Dict(_) => Ok(()),
            _ => Err(error),
        }
    }

    /// `("storage", class, key, device, element count)`, in older files also a view or `None`.
    pub(super) fn storage(&mut self) -> Result<(), PickleError> {
        let identity = self.pop()?;
        let error = self.malformed("a storage");
        let (key, storage) = match self.tuple(&identity)? {
            [
                Value::Text(kind),
                Value::Global(Global::Storage(dtype)),
                Value::Text(key),
                Value::Text(_),
                count,
            ]
            | [
                Value::Text(kind),
                Value::Global(Global::Storage(dtype)),
                Value::Text(key),
                Value::Text(_),
                count,
                Value::None,
            ] if &**kind == "storage" => {
                let count = self.count(count)?;
                let dtype = *dtype;
                (key.clone(), Storage { dtype, count })
            }
            _ => return Err(error),
        };
        if *self.storages.entry(key.clone()).or_insert(storage) != storage {
            return Err(error);
        }
        self.push_object(Object::Storage(key));
        Ok(())
    }
}
