//! Instances on their way in.

use std::io;
use std::path::Path;
use std::sync::PoisonError;

use hilum_files::move_into_place;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::Queue;
use crate::QueueError;
use crate::uid::Uid;

/// An instance that lies in the folder of incoming ones.
#[derive(Debug)]
pub(crate) struct Received<'a> {
    pub(crate) study: Uid,
    pub(crate) series: Uid,
    pub(crate) instance: Uid,
    pub(crate) file: &'a Path,
    pub(crate) bytes: u64,
    /// How many instances the series has, if the sender says so.
    pub(crate) expected: Option<i64>,
    /// Kept only if somebody asked for that.
    pub(crate) patient_name: Option<String>,
}

/// What became of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TakenIn {
    /// Its series.
    pub(crate) series: i64,
    /// Whether it was there before.
    pub(crate) is_known: bool,
}

impl Queue {
    /// Takes an instance in: its file gets its place, then the queue knows it. When this returns, both
    /// outlast a power cut.
    pub(crate) fn take_in(&self, received: &Received<'_>) -> Result<TakenIn, QueueError> {
        let Received { study, series, .. } = received;
        // Nothing is removed while the file has its place and the queue does not know it.
        let _added = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let known = known(&self.connection(), received)?;
        if let Some(known) = known {
            return self.seen_again(known);
        }
        let folder = self.folder.instances(study, series);
        self.folder.create(&folder)?;
        let place = self.folder.instance(study, series, &received.instance);
        move_into_place(received.file, &place)?;
        // If this fails, the file stays: another association may just be recording the same one. It
        // is overwritten when it is sent again, and goes with its series.
        self.record(received)
    }

    fn record(&self, received: &Received<'_>) -> Result<TakenIn, QueueError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        let now = self.clock.now();
        transaction.execute(
            "INSERT INTO series (study_uid, series_uid, received_at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
            params![received.study.as_str(), received.series.as_str(), now],
        )?;
        // What comes after a series was complete makes it another one.
        let (series, revision): (i64, i64) = transaction.query_row(
            "UPDATE series SET
               revision = revision + (state <> 'waiting'), attempts = 0, next_try_at = 0,
               state = 'waiting', cut_off = 1, ended_at = NULL, said = NULL,
               expected = coalesce(?3, expected), patient_name = coalesce(?4, patient_name),
               bytes = bytes + ?5, received_at = ?6
             WHERE study_uid = ?1 AND series_uid = ?2 RETURNING id, revision",
            params![
                received.study.as_str(),
                received.series.as_str(),
                received.expected,
                received.patient_name,
                received.bytes as i64,
                now,
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let added = transaction.execute(
            "INSERT INTO instance (series, sop_uid, revision, bytes) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![
                series,
                received.instance.as_str(),
                revision,
                received.bytes as i64
            ],
        )?;
        if added == 0 {
            // Another association brought it at the same time, and the same bytes lie there.
            transaction.rollback()?;
            drop(connection);
            return self.seen_again(series);
        }
        transaction.commit()?;
        Ok(TakenIn {
            series,
            is_known: false,
        })
    }

    /// A series that is sent again is still on its way, unless it was complete already.
    fn seen_again(&self, series: i64) -> Result<TakenIn, QueueError> {
        self.connection().execute(
            "UPDATE series SET cut_off = 1 WHERE id = ?1 AND state = 'waiting' AND cut_off = 0",
            [series],
        )?;
        Ok(TakenIn {
            series,
            is_known: true,
        })
    }

    /// An association that brought these series ended as it should.
    pub(crate) fn released(&self, series: &[i64]) -> Result<(), QueueError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        for series in series {
            transaction.execute("UPDATE series SET cut_off = 0 WHERE id = ?1", [series])?;
        }
        Ok(transaction.commit()?)
    }

    /// Whether there is room for `bytes` more among instances that may take `limit`.
    pub(crate) fn has_room(&self, bytes: u64, limit: u64) -> Result<bool, QueueError> {
        let unfinished: i64 = self.connection().query_row(
            "SELECT coalesce(sum(bytes), 0) FROM series WHERE state NOT IN ('done', 'failed')",
            [],
            |row| row.get(0),
        )?;
        Ok((unfinished as u64).saturating_add(bytes) <= limit)
    }
}

/// The series of an instance that is there.
fn known(connection: &Connection, received: &Received<'_>) -> Result<Option<i64>, QueueError> {
    let found = connection.query_row(
        "SELECT series.id FROM series JOIN instance ON instance.series = series.id
         WHERE study_uid = ?1 AND series_uid = ?2 AND sop_uid = ?3",
        params![
            received.study.as_str(),
            received.series.as_str(),
            received.instance.as_str()
        ],
        |row| row.get(0),
    );
    Ok(found.optional()?)
}

/// Whether an error says that there is no room left.
pub(crate) fn is_full(error: &QueueError) -> bool {
    match error {
        QueueError::Disk(error) => is_disk_full(error),
        QueueError::Database(rusqlite::Error::SqliteFailure(error, _)) => {
            error.code == rusqlite::ErrorCode::DiskFull
        }
        _ => false,
    }
}

pub(crate) fn is_disk_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}
