//! An object, and what it lies in.

use std::fmt;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path;

use crate::address::{Kind, shown};

/// One bucket or server.
pub(crate) struct Store {
    pub(crate) kind: Kind,
    pub(crate) base: String,
    pub(crate) client: Box<dyn ObjectStore>,
}

/// An object, whether or not it is there.
#[derive(Debug, Clone)]
pub struct Object {
    pub(crate) store: Arc<Store>,
    pub(crate) name: Path,
    /// Its bytes, if a listing told.
    pub(crate) size: Option<u64>,
}

impl Object {
    /// Its whole address.
    pub fn address(&self) -> String {
        shown(self.store.kind, &self.store.base, &self.name)
    }

    /// Its bytes, if a listing told.
    pub fn size(&self) -> Option<u64> {
        self.size
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.base)
    }
}
