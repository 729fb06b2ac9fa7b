//! `/api/jobs`: whole series in the background, with progress, and results that stay.

mod events;
pub(crate) mod handlers;
mod job;
mod store;

pub(crate) use handlers::routes;
pub use store::JobKeeping;
pub(crate) use store::Jobs;
