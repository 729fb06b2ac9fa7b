//! Results of series.

use std::path::PathBuf;

use hilum_files::write_atomically;
use rusqlite::{Connection, params};

use super::{Job, Queue};
use crate::QueueError;
use crate::predictor::ResultObject;
use crate::uid::Uid;

/// A result on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResultFile {
    pub(crate) sop_class_uid: String,
    pub(crate) sop_instance_uid: String,
    pub(crate) path: PathBuf,
}

impl Queue {
    /// Keeps a result of a series, to be sent to every destination; `false` if instances came
    /// meanwhile, which make it another series: it is not kept then.
    ///
    /// A result whose UID is known is the same one, and is not sent again.
    pub(crate) fn keep_result(
        &self,
        job: &Job,
        uid: &Uid,
        result: &ResultObject,
        destinations: &[String],
    ) -> Result<bool, QueueError> {
        let folder = self.folder.results(&job.study, &job.series);
        self.folder.create(&folder)?;
        let path = self.folder.result(&job.study, &job.series, uid);
        let is_known = self.knows_result(uid)?;
        if !is_known {
            write_atomically(&path, |file| file.write_all(&result.file))?;
        }
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        if !is_current(&transaction, job)? {
            drop(transaction);
            drop(connection);
            if !is_known {
                fs_err::remove_file(path)?;
            }
            return Ok(false);
        }
        let now = self.clock.now();
        let added = transaction.execute(
            "INSERT INTO result (series, revision, sop_class_uid, sop_uid, made_at)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            params![
                job.id,
                job.revision,
                result.sop_class_uid,
                uid.as_str(),
                now
            ],
        )?;
        if added == 1 {
            let id = transaction.last_insert_rowid();
            for destination in destinations {
                transaction.execute(
                    "INSERT INTO delivery (result, destination, next_try_at) VALUES (?1, ?2, ?3)",
                    params![id, destination, now],
                )?;
            }
        }
        transaction.commit()?;
        Ok(true)
    }

    /// All results of a series are kept; `false` if instances came meanwhile.
    pub(crate) fn conclude(&self, job: &Job) -> Result<bool, QueueError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        let concluded = transaction.execute(
            "UPDATE series SET state = 'predicted', attempts = 0
             WHERE id = ?1 AND revision = ?2 AND state = 'complete'",
            params![job.id, job.revision],
        )?;
        super::deliveries::finish_series(&transaction, self.clock.now())?;
        transaction.commit()?;
        Ok(concluded == 1)
    }

    fn knows_result(&self, uid: &Uid) -> Result<bool, QueueError> {
        let known = self.connection().query_row(
            "SELECT EXISTS (SELECT 1 FROM result WHERE sop_uid = ?1)",
            [uid.as_str()],
            |row| row.get(0),
        )?;
        Ok(known)
    }
}

fn is_current(connection: &Connection, job: &Job) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM series
           WHERE id = ?1 AND revision = ?2 AND state = 'complete')",
        params![job.id, job.revision],
        |row| row.get(0),
    )
}
