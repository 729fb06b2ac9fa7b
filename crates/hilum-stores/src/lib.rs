//! Objects of S3, Google Cloud Storage, Azure and web servers, for callers that wait.
//!
//! [`Stores`] knows the servers; [`Stores::list`] tells what lies at an address; [`Ahead`] reads
//! many objects with many requests in flight, before their turn comes, so that the way to the
//! server is waited for once and not for each.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use hilum_core::Cancel;
//! use hilum_stores::{Address, Ahead, StoreSettings, Stores};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stores = Stores::new(StoreSettings::default())?;
//! let address: Address = "s3://bucket/scans/".parse()?;
//! let cancel = Cancel::default();
//! let objects = stores.list(&address, &cancel)?;
//! let all = Arc::new(objects.clone());
//! let ahead = Ahead::new(&stores, objects.len(), move |at| all.get(at).cloned());
//! for (at, object) in objects.iter().enumerate() {
//!     let bytes = ahead.take(at, &cancel)?;
//!     println!("{}: {} bytes", object.address(), bytes.len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Requests go through [`ureq`], as all of hilum's do, and `object_store` signs, retries and lists.

mod address;
mod ahead;
mod build;
mod connector;
mod error;
mod fetch;
mod object;
mod settings;
mod stores;

pub use address::{Address, AddressError};
pub use ahead::Ahead;
pub use error::{ServerSaid, StoreError};
pub use object::Object;
pub use settings::StoreSettings;
pub use stores::Stores;
