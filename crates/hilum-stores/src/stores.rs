//! Servers that are known, and what lies on them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use hilum_core::Cancel;
use object_store::{ObjectMeta, ObjectStoreExt as _};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::address::{Address, Kind};
use crate::build::client;
use crate::object::{Object, Store};
use crate::{StoreError, StoreSettings, fetch};

/// How often a listing looks whether somebody asked to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Servers that are known; clones are one and the same.
#[derive(Clone)]
pub struct Stores {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    runtime: Option<Runtime>,
    pub(crate) settings: StoreSettings,
    known: Mutex<HashMap<String, Arc<Store>>>,
}

impl Stores {
    /// Starts the threads that wait for servers; nobody is asked yet.
    ///
    /// # Errors
    /// [`StoreError::Threads`].
    pub fn new(settings: StoreSettings) -> Result<Self, StoreError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(settings.requests.get() + 1)
            .thread_name("stores")
            .enable_time()
            .build()
            .map_err(|source| StoreError::Threads { source })?;
        Ok(Self {
            inner: Arc::new(Inner {
                runtime: Some(runtime),
                settings,
                known: Mutex::default(),
            }),
        })
    }

    /// How servers are reached, and how much is asked for at once.
    pub fn settings(&self) -> &StoreSettings {
        &self.inner.settings
    }

    /// The object at `address`; no server is asked.
    ///
    /// # Errors
    /// [`StoreError::Settings`].
    pub fn object(&self, address: &Address) -> Result<Object, StoreError> {
        Ok(Object {
            store: self.store(address)?,
            name: address.name.clone(),
            size: None,
        })
    }

    /// The object at `address`, or all objects below it, in the order of their names. What a web
    /// server holds is told by those that speak WebDAV (RFC 4918); an address of a web server that
    /// does not end with `/` is an object, and nobody is asked.
    ///
    /// # Errors
    /// [`StoreError`], unless there is one object at least.
    pub fn list(&self, address: &Address, cancel: &Cancel) -> Result<Vec<Object>, StoreError> {
        let mut object = self.object(address)?;
        let store = Arc::clone(&object.store);
        let is_web = store.kind == Kind::Web;
        if is_web && !address.is_folder {
            return Ok(vec![object]);
        }
        let failed = |error| StoreError::of_list(address.to_string(), is_web, &error);
        let found = self.inner.runtime().block_on(async {
            if !address.is_folder {
                match store.client.head(&object.name).await {
                    Ok(meta) => {
                        object.size = Some(meta.size);
                        return Ok(vec![object]);
                    }
                    Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(failed(error)),
                }
            }
            let prefix = (!address.name.as_ref().is_empty()).then_some(&address.name);
            let mut listed = store.client.list(prefix);
            let mut found = Vec::new();
            loop {
                cancel.check()?;
                match timeout(LOOK, listed.next()).await {
                    Err(_) => {}
                    Ok(None) => return Ok(found),
                    Ok(Some(one)) => found.push(of_listing(&store, one.map_err(failed)?)),
                }
            }
        })?;
        let found = sorted(found);
        if found.is_empty() {
            let address = address.to_string();
            return Err(StoreError::Nothing { address });
        }
        Ok(found)
    }

    /// All bytes of an object.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(&self, object: &Object) -> Result<Bytes, StoreError> {
        let inner = &self.inner;
        let read = fetch::whole(object, inner.settings.object_bytes);
        inner.runtime().block_on(read)
    }

    fn store(&self, address: &Address) -> Result<Arc<Store>, StoreError> {
        let known = self.inner.known.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = known.get(&address.base) {
            return Ok(Arc::clone(store));
        }
        let client = client(address, &self.inner.settings);
        let client = client.map_err(|source| StoreError::of_settings(&address.base, &source))?;
        let store = Arc::new(Store {
            kind: address.kind,
            base: address.base.clone(),
            client,
        });
        known.insert(address.base.clone(), Arc::clone(&store));
        Ok(store)
    }
}

impl Inner {
    pub(crate) fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("it ends with this")
    }
}

impl Drop for Inner {
    /// Does not wait for servers that do not answer.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn of_listing(store: &Arc<Store>, meta: ObjectMeta) -> Object {
    Object {
        store: Arc::clone(store),
        name: meta.location,
        size: Some(meta.size),
    }
}

/// In the order of their names; without the empty objects that some programs leave for folders.
fn sorted(mut objects: Vec<Object>) -> Vec<Object> {
    objects.sort_by(|one, other| one.name.cmp(&other.name));
    let is_folder = |index: usize, objects: &[Object]| {
        let Object { name, size, .. } = &objects[index];
        let below = format!("{name}/");
        let next = objects.partition_point(|one| one.name.as_ref() < below.as_str());
        *size == Some(0)
            && objects
                .get(next)
                .is_some_and(|one| one.name.as_ref().starts_with(&below))
    };
    let folders: Vec<bool> = (0..objects.len())
        .map(|index| objects[index].size == Some(0) && is_folder(index, &objects))
        .collect();
    let mut folders = folders.into_iter();
    objects.retain(|_| !folders.next().unwrap_or(false));
    objects
}

impl fmt::Debug for Stores {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &self.inner.settings;
        formatter.debug_tuple("Stores").field(settings).finish()
    }
}
