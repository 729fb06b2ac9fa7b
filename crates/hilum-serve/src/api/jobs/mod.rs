//! `/api/jobs`: whole series in the background, with progress, and results that stay.

mod events;
mod folder;
pub(crate) mod handlers;
mod job;
mod run;
mod store;
mod upload;

pub(crate) use handlers::routes;
pub(crate) use run::resume;
pub use store::JobKeeping;
pub(crate) use store::Jobs;
