//! Results of series.

use std::path::PathBuf;

use hilum_files::write_atomically;
use rusqlite::params;

use super::{Job, Queue, now};
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
    /// Keeps the results of a series, each to be sent to every destination; `false` if instances
    /// came meanwhile, which make it another series: nothing is kept then.
    ///
    /// A result whose UID is known is the same one, and is not sent again.
    pub(crate) fn keep_results(
        &self,
        job: &Job,
        results: &[(Uid, ResultObject)],
        destinations: &[String],
    ) -> Result<bool, QueueError> {
        let folder = self.folder.results(&job.study, &job.series);
        self.folder.create(&folder)?;
        for (uid, result) in results {
            if !self.knows_result(uid)? {
                let path = self.folder.result(&job.study, &job.series, uid);
                write_atomically(&path, |file| file.write_all(&result.file))?;
            }
        }
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        let now = now();
        let concluded = transaction.execute(
            "UPDATE series SET state = 'predicted', attempts = 0
             WHERE id = ?1 AND revision = ?2 AND state = 'complete'",
            params![job.id, job.revision],
        )?;
        if concluded == 0 {
            drop(transaction);
            drop(connection);
            self.remove_unknown(job, results)?;
            return Ok(false);
        }
        for (uid, result) in results {
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
            if added == 0 {
                continue;
            }
            let id = transaction.last_insert_rowid();
            for destination in destinations {
                transaction.execute(
                    "INSERT INTO delivery (result, destination, next_try_at) VALUES (?1, ?2, ?3)",
                    params![id, destination, now],
                )?;
            }
        }
        super::deliveries::finish_series(&transaction, now)?;
        transaction.commit()?;
        Ok(true)
    }

    /// Removes files that were written for nothing.
    fn remove_unknown(&self, job: &Job, results: &[(Uid, ResultObject)]) -> Result<(), QueueError> {
        for (uid, _) in results {
            if !self.knows_result(uid)? {
                fs_err::remove_file(self.folder.result(&job.study, &job.series, uid))?;
            }
        }
        Ok(())
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
