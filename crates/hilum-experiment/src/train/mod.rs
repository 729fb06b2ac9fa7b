//! Training one network.

mod events;
mod place;
mod preview;
mod resume;
mod run;

pub use place::{Place, PlaceError};
pub use preview::preview;
pub use resume::{Resume, resume};
pub use run::{Run, Trained, train};
pub(crate) use run::{finished, template, write_audit};
