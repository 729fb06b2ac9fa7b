//! A DICOM node beside the PACS: it receives CT series, has each predicted once, and sends what
//! comes out.
//!
//! ```
//! use hilum_core::Cancel;
//! use hilum_node::{Node, NodeSettings, Predictor, PredictorError, SeriesFiles, TakeResult};
//!
//! struct Silent;
//!
//! impl Predictor for Silent {
//!     fn predict(
//!         &mut self,
//!         _series: SeriesFiles<'_>,
//!         _take: &mut TakeResult<'_>,
//!     ) -> Result<(), PredictorError> {
//!         Ok(())
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let address = "127.0.0.1:0".parse()?;
//! let settings = NodeSettings::new(address, "HILUM".parse()?, folder.path().to_owned());
//! let log = |notice: &_| println!("{notice}");
//! let node = Node::start(settings, Box::new(Silent), Cancel::default(), Box::new(log))?;
//! assert_eq!(node.census()?.series["waiting"], 0);
//! node.stop();
//! # Ok(())
//! # }
//! ```
//!
//! # What is on the disk, and when
//!
//! - An instance is acknowledged (status 0000) when its file is synced under its name and the queue's
//!   transaction that names it is synced too.
//! - A series is `waiting` until nothing came for a while, or all instances are there that its sender
//!   spoke of; then `complete`, `predicted` when all its results are kept, and `done` when each is
//!   sent, refused or given up at every destination. A result is kept, and sent, as soon as it is
//!   made.
//! - Every step is a transaction. A process that is killed loses nothing that was acknowledged; the
//!   next one goes on from the last step.
//!
//! `docs/node.md` says what is guaranteed of sending.

mod activity;
mod ae_title;
mod arrivals;
mod bell;
mod destination;
mod dimse;
mod error;
mod folder;
mod model_predictor;
mod node;
mod notice;
mod predictor;
mod queue;
mod scp;
mod send;
mod settings;
mod shared;
mod status;
mod uid;
mod wire;
mod worker;

pub use ae_title::{AeTitle, AeTitleError};
pub use destination::{Destination, DestinationError, DicomPeer, Transport, WebPeer};
pub use error::{NodeError, QueueError};
pub use model_predictor::ModelPredictor;
pub use node::Node;
pub use notice::{Ended, Notice};
pub use predictor::{Predictor, PredictorError, ResultObject, SeriesFiles, TakeResult};
pub use queue::Census;
pub use settings::{Callers, Limits, NodeSettings, NodeTls, PatientNames, Retention, Retries};
pub use shared::Listener;
