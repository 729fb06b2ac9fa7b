//! What a pickle holds once it is read.

use std::collections::BTreeMap;
use std::rc::Rc;

use safetensors::Dtype;

/// A value; what can hold others lies in [`Unpickled::object`], so that neither depth nor
/// cycles cost stack.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(i128),
    Float,
    Text(Rc<str>),
    Global(Global),
    Object(usize),
}

/// The names that a pickle may import. None of them is run: each stands for one thing to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Global {
    OrderedDict,
    Size,
    RebuildTensor,
    RebuildParameter,
    Storage(Dtype),
}

impl Global {
    /// The global called `name` in `module`; `None` for all that a state dict does not need.
    pub(super) fn find(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch", "Size") => Self::Size,
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Self::RebuildParameter,
            ("torch", "DoubleStorage") => Self::Storage(Dtype::F64),
            ("torch", "FloatStorage") => Self::Storage(Dtype::F32),
            ("torch", "HalfStorage") => Self::Storage(Dtype::F16),
            ("torch", "BFloat16Storage") => Self::Storage(Dtype::BF16),
            ("torch", "LongStorage") => Self::Storage(Dtype::I64),
            ("torch", "IntStorage") => Self::Storage(Dtype::I32),
            ("torch", "ShortStorage") => Self::Storage(Dtype::I16),
            ("torch", "CharStorage") => Self::Storage(Dtype::I8),
            ("torch", "ByteStorage") => Self::Storage(Dtype::U8),
            ("torch", "BoolStorage") => Self::Storage(Dtype::BOOL),
            _ => return None,
        })
    }
}

/// What can hold other values.
#[derive(Debug)]
pub(crate) enum Object {
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Storage(Rc<str>),
    Tensor(View),
}

/// A tensor: a strided view of a storage. Offset, lengths and strides count elements.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct View {
    pub(crate) storage: Rc<str>,
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}

/// Numbers of one type in one piece, kept outside the pickle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Storage {
    pub(crate) dtype: Dtype,
    pub(crate) count: usize,
}

impl Storage {
    /// Its length in bytes; `None` beyond any memory.
    pub(crate) fn byte_count(self) -> Option<usize> {
        self.count.checked_mul(self.dtype.bitsize() / 8)
    }
}

/// A pickle, read.
#[derive(Debug)]
pub(crate) struct Unpickled {
    pub(crate) root: Value,
    /// Every storage that it names, by key.
    pub(crate) storages: BTreeMap<Rc<str>, Storage>,
    pub(super) objects: Vec<Object>,
}

impl Unpickled {
    fn object(&self, value: &Value) -> Option<&Object> {
        match value {
            Value::Object(index) => self.objects.get(*index),
            _ => None,
        }
    }

    /// The entries of a dictionary whose keys are text; `None` if `value` is none.
    pub(crate) fn entries(&self, value: &Value) -> Option<Vec<(&str, &Value)>> {
        let Some(Object::Dict(entries)) = self.object(value) else {
            return None;
        };
        let by_text = entries.iter().filter_map(|(key, value)| match key {
            Value::Text(key) => Some((&**key, value)),
            _ => None,
        });
        Some(by_text.collect())
    }

    /// The tensor, if `value` is one.
    pub(crate) fn tensor(&self, value: &Value) -> Option<&View> {
        match self.object(value) {
            Some(Object::Tensor(view)) => Some(view),
            _ => None,
        }
    }

    /// The values of a list; `None` if `value` is none.
    pub(crate) fn list(&self, value: &Value) -> Option<&[Value]> {
        match self.object(value) {
            Some(Object::List(values)) => Some(values),
            _ => None,
        }
    }
}
