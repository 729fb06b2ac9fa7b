//! What a run writes down, and reads to go on: its folder, checkpoint, logs and model.

mod checkpoint;
mod differences;
mod log;
mod model_writer;
mod run_folder;
mod run_lock;
pub(crate) mod tensorboard;

pub use checkpoint::CheckpointError;
pub(crate) use checkpoint::{Progress, read_checkpoint, write_checkpoint};
pub use log::{read_log, write_log};
pub use model_writer::ModelWriter;
pub use run_folder::{RunFolder, RunFolderError};
pub use run_lock::RunLock;
