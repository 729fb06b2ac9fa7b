//! Models behind HTTP: KServe v2 for programs that speak it, an interface of its own, and a page.
//!
//! ```
//! use hilum_core::Cancel;
//! use hilum_serve::{ServeSettings, Server};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = ServeSettings { address: "127.0.0.1:0".to_owned(), ..ServeSettings::default() };
//! let server = Server::open(settings, std::sync::Arc::new(()))?;
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//!
//! let stop = Cancel::default();
//! let asked = stop.clone();
//! let running = std::thread::spawn(move || server.run(&asked));
//! stop.cancel();
//! running.join().expect("no panic")?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it does and does not
//!
//! - A model is opened once and asked by all ([`hilum_experiment::SharedModel`]); what becomes of a
//!   file is what `hilum predict` makes of it.
//! - What waits is bounded: requests, their bytes, their files, their time. Beyond that the answer is
//!   `503` with `Retry-After`.
//! - It listens on this machine alone, unless there is a token or a proxy that asks for one.
//! - No name of a file, a patient or a folder of the server is written to the [`Journal`].

mod access;
mod admission;
mod api;
mod body;
mod context;
mod error;
mod health;
mod journal;
mod kserve;
mod listen;
mod metrics;
mod models;
mod openapi;
mod page;
mod refusal;
mod router;
mod server;
mod settings;
mod traces;

pub use access::{Token, TokenError};
pub use api::{JobKeeping, NodeState};
pub use error::ServeError;
pub use hilum_tls::{TlsError, TlsFiles};
pub use journal::{Entry, Journal, Level};
pub use models::{ModelSource, ModelSourceError, Models};
pub use server::Server;
pub use settings::{Limits, ServeSettings};
pub use traces::{Collector, CollectorError};
