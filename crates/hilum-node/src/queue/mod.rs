//! What is received, predicted and sent, on the disk.
//!
//! Every step is one transaction, and a file is whole and synced before the transaction that names
//! it: whenever the process ends, the next one goes on from the last step.

mod census;
mod clock;
mod deliveries;
mod instances;
mod results;
mod retention;
mod schema;
mod series;

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use rusqlite::Connection;

use crate::QueueError;
use crate::folder::Folder;

pub use census::Census;
use clock::Clock;
pub(crate) use deliveries::{Delivery, DeliveryEnd};
pub(crate) use instances::{Received, TakenIn, is_disk_full, is_full};
pub(crate) use results::ResultFile;
pub(crate) use series::{Job, Waiting};

/// The queue of a node.
#[derive(Debug)]
pub(crate) struct Queue {
    connection: Mutex<Connection>,
    folder: Folder,
    /// Files of instances are read or added by many, or removed by one.
    files: RwLock<()>,
    pub(crate) clock: Clock,
}

impl Queue {
    pub(crate) fn open(folder: Folder) -> Result<Self, QueueError> {
        let connection = schema::open(&folder.database())?;
        Ok(Self {
            connection: Mutex::new(connection),
            folder,
            files: RwLock::new(()),
            clock: Clock::default(),
        })
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// A transaction that a panic interrupted was rolled back.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        let locked = self.connection.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }
}
