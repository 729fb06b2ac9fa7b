//! What is kept of series that are done, and what goes.

use std::sync::PoisonError;

use rusqlite::params;

use super::Queue;
use crate::QueueError;
use crate::folder::remove_folder;
use crate::uid::Uid;

/// A series that may go.
struct Old {
    id: i64,
    study: Uid,
    series: Uid,
    bytes: u64,
}

impl Queue {
    /// Forgets series that ended `milliseconds` ago or earlier: how many.
    ///
    /// Their files go first: what is interrupted is gone on with.
    pub(crate) fn forget(&self, milliseconds: i64) -> Result<usize, QueueError> {
        let _removed = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let old = self.ended("ended_at <= ?1", self.clock.now() - milliseconds)?;
        for one in &old {
            remove_folder(&self.folder.instances(&one.study, &one.series))?;
            remove_folder(&self.folder.results(&one.study, &one.series))?;
            let connection = self.connection();
            connection.execute("DELETE FROM series WHERE id = ?1", [one.id])?;
        }
        Ok(old.len())
    }

    /// Removes instances of the series that ended first, until those that are left take `limit` bytes
    /// or less: of how many series. That they were there stays known.
    pub(crate) fn shrink(&self, limit: u64) -> Result<usize, QueueError> {
        let _removed = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let total: i64 = self.connection().query_row(
            "SELECT coalesce(sum(bytes), 0) FROM series",
            [],
            |row| row.get(0),
        )?;
        let mut surplus = (total as u64).saturating_sub(limit);
        if surplus == 0 {
            return Ok(0);
        }
        let mut count = 0;
        for one in self.ended("bytes > ?1", 0)? {
            if surplus == 0 {
                break;
            }
            remove_folder(&self.folder.instances(&one.study, &one.series))?;
            let connection = self.connection();
            connection.execute("UPDATE series SET bytes = 0 WHERE id = ?1", [one.id])?;
            surplus = surplus.saturating_sub(one.bytes);
            count += 1;
        }
        Ok(count)
    }

    /// Series that ended, the first first.
    fn ended(&self, which: &str, value: i64) -> Result<Vec<Old>, QueueError> {
        let connection = self.connection();
        let mut statement = connection.prepare(&format!(
            "SELECT id, study_uid, series_uid, bytes FROM series
             WHERE state IN ('done', 'failed') AND {which} ORDER BY ended_at"
        ))?;
        let rows = statement.query_map(params![value], |row| {
            let uids: (String, String) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, uids, row.get::<_, i64>(3)? as u64))
        })?;
        let mut old = Vec::new();
        for row in rows {
            let (id, (study, series), bytes) = row?;
            let (Some(study), Some(series)) = (Uid::parse(&study), Uid::parse(&series)) else {
                return Err(rusqlite::Error::InvalidQuery.into());
            };
            old.push(Old {
                id,
                study,
                series,
                bytes,
            });
        }
        Ok(old)
    }
}
