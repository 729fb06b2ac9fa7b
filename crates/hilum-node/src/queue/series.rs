//! Series: when they are complete, and which is predicted next.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Queue;
use crate::QueueError;
use crate::uid::Uid;

/// Predictions of a series that ended with the process, after which it is left aside.
const MOST_ATTEMPTS: i64 = 100;
/// After so many, it waits for a process that has lived for some time: seconds by their number, up to
/// a minute. A series that ends every process leaves others that time; one that was killed by chance
/// comes soon, and is not left aside before processes that lived for over an hour altogether were
/// each ended just while it was predicted.
const PATIENT_AFTER: i64 = 5;

/// A series that may be complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) id: i64,
    /// Whether the association that brought it has not ended as it should; true while it lasts.
    pub(crate) is_cut_off: bool,
    /// Whether all instances are there that its sender spoke of.
    pub(crate) has_all: bool,
}

/// A series to predict.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: i64,
    pub(crate) study: Uid,
    pub(crate) series: Uid,
    pub(crate) revision: i64,
    /// In the order of their UIDs.
    pub(crate) files: Vec<PathBuf>,
    /// Results that are kept already: a process ended before it had made all.
    pub(crate) kept: Vec<String>,
    /// Whether it has ended the process too often to be tried again.
    pub(crate) is_hopeless: bool,
}

impl Queue {
    /// Series that further instances may come of.
    pub(crate) fn waiting(&self) -> Result<Vec<Waiting>, QueueError> {
        let connection = self.connection();
        let mut statement = connection.prepare(
            "SELECT id, cut_off, expected IS NOT NULL AND expected > 0 AND expected <=
               (SELECT count(*) FROM instance WHERE instance.series = series.id)
             FROM series WHERE state = 'waiting'",
        )?;
        let waiting = statement.query_map([], |row| {
            Ok(Waiting {
                id: row.get(0)?,
                is_cut_off: row.get(1)?,
                has_all: row.get(2)?,
            })
        })?;
        Ok(waiting.collect::<Result<_, _>>()?)
    }

    /// Says that a series is complete: its UID, instances and revision; `None` if it was not waiting.
    pub(crate) fn complete(&self, id: i64) -> Result<Option<(String, usize, i64)>, QueueError> {
        let completed = self.connection().query_row(
            "UPDATE series SET state = 'complete' WHERE id = ?1 AND state = 'waiting'
             RETURNING series_uid, revision,
               (SELECT count(*) FROM instance WHERE instance.series = series.id)",
            [id],
            |row| Ok((row.get(0)?, row.get::<_, i64>(2)? as usize, row.get(1)?)),
        );
        Ok(completed.optional()?)
    }

    /// The complete series that was tried least and has waited longest; that it is tried is on the
    /// disk before it is. `age` is that of the process.
    pub(crate) fn claim(&self, age: Duration) -> Result<Option<Job>, QueueError> {
        let most = match age.as_secs() {
            60.. => i64::MAX,
            seconds => (seconds as i64).max(PATIENT_AFTER),
        };
        let connection = self.connection();
        let claimed = connection.query_row(
            "UPDATE series SET attempts = attempts + 1 WHERE id = (
               SELECT id FROM series
               WHERE state = 'complete' AND next_try_at <= ?1 AND attempts < ?2
               ORDER BY attempts, received_at LIMIT 1)
             RETURNING id, study_uid, series_uid, revision, attempts",
            [self.clock.now(), most],
            |row| {
                let uids: (String, String) = (row.get(1)?, row.get(2)?);
                Ok((row.get(0)?, uids, row.get(3)?, row.get(4)?))
            },
        );
        let Some((id, (study, series), revision, attempts)) = claimed.optional()? else {
            return Ok(None);
        };
        let attempts: i64 = attempts;
        let (Some(study), Some(series)) = (Uid::parse(&study), Uid::parse(&series)) else {
            return Err(rusqlite::Error::InvalidQuery.into());
        };
        Ok(Some(Job {
            id,
            kept: kept(&connection, id, revision)?,
            files: self.files_of(&connection, id, &study, &series)?,
            study,
            series,
            revision,
            is_hopeless: attempts > MOST_ATTEMPTS,
        }))
    }

    /// Whether a series is complete and not predicted.
    pub(crate) fn has_complete(&self) -> Result<bool, QueueError> {
        let exists = "SELECT EXISTS (SELECT 1 FROM series WHERE state = 'complete')";
        let found = self.connection().query_row(exists, [], |row| row.get(0));
        Ok(found?)
    }

    fn files_of(
        &self,
        connection: &Connection,
        id: i64,
        study: &Uid,
        series: &Uid,
    ) -> Result<Vec<PathBuf>, QueueError> {
        let mut statement = connection
            .prepare("SELECT sop_uid FROM instance WHERE series = ?1 ORDER BY sop_uid")?;
        let uids = statement.query_map([id], |row| row.get::<_, String>(0))?;
        let mut files = Vec::new();
        for uid in uids {
            let uid = Uid::parse(&uid?).ok_or(rusqlite::Error::InvalidQuery)?;
            let file = self.folder.instance(study, series, &uid);
            // Instances of a series that was done may have made room for others.
            if file.is_file() {
                files.push(file);
            }
        }
        Ok(files)
    }

    /// A series will have no results; `said` is kept.
    pub(crate) fn fail(&self, job: &Job, said: &str) -> Result<(), QueueError> {
        self.connection().execute(
            "UPDATE series SET state = 'failed', ended_at = ?3, said = ?4
             WHERE id = ?1 AND revision = ?2 AND state = 'complete'",
            params![job.id, job.revision, self.clock.now(), said],
        )?;
        Ok(())
    }

    /// A series could not be predicted now, for a reason outside it.
    pub(crate) fn postpone(&self, job: &Job, milliseconds: i64) -> Result<(), QueueError> {
        self.connection().execute(
            "UPDATE series SET attempts = max(attempts - 1, 0), next_try_at = ?3
             WHERE id = ?1 AND revision = ?2 AND state = 'complete'",
            params![job.id, job.revision, self.clock.now() + milliseconds],
        )?;
        Ok(())
    }
}

/// The UIDs of a revision's results.
fn kept(connection: &Connection, series: i64, revision: i64) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare("SELECT sop_uid FROM result WHERE series = ?1 AND revision = ?2")?;
    let uids = statement.query_map([series, revision], |row| row.get(0))?;
    uids.collect()
}
