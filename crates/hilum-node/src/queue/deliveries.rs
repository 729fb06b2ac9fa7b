//! Results on their way out.

use rusqlite::{Connection, params};

use super::{Queue, ResultFile};
use crate::QueueError;
use crate::uid::Uid;

/// A result to send to one destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// The result's.
    pub(crate) id: i64,
    /// Tries so far.
    pub(crate) attempts: u32,
    pub(crate) file: ResultFile,
}

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeliveryEnd<'a> {
    Sent,
    Refused(&'a str),
}

impl Queue {
    /// The deliveries to a destination that are due, the oldest results first.
    pub(crate) fn due(&self, destination: &str, most: usize) -> Result<Vec<Delivery>, QueueError> {
        let connection = self.connection();
        let mut statement = connection.prepare(
            "SELECT result.id, delivery.attempts, sop_class_uid, sop_uid, study_uid, series_uid
             FROM delivery JOIN result ON result.id = delivery.result
               JOIN series ON series.id = result.series
             WHERE destination = ?1 AND delivery.state = 'pending' AND delivery.next_try_at <= ?2
             ORDER BY result.id LIMIT ?3",
        )?;
        let rows =
            statement.query_map(params![destination, self.clock.now(), most as i64], |row| {
                let uids: [String; 3] = [row.get(3)?, row.get(4)?, row.get(5)?];
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, uids))
            })?;
        let mut due = Vec::new();
        for row in rows {
            let (id, attempts, sop_class_uid, [sop_uid, study, series]) = row?;
            let uid = |text: &str| Uid::parse(text).ok_or(rusqlite::Error::InvalidQuery);
            let (study, series, instance) = (uid(&study)?, uid(&series)?, uid(&sop_uid)?);
            due.push(Delivery {
                id,
                attempts,
                file: ResultFile {
                    sop_class_uid,
                    path: self.folder.result(&study, &series, &instance),
                    sop_instance_uid: sop_uid,
                },
            });
        }
        Ok(due)
    }

    /// Milliseconds until something is due for a destination; `None` if nothing waits.
    pub(crate) fn next_due(&self, destination: &str) -> Result<Option<i64>, QueueError> {
        let next: Option<i64> = self.connection().query_row(
            "SELECT min(next_try_at) FROM delivery WHERE destination = ?1 AND state = 'pending'",
            [destination],
            |row| row.get(0),
        )?;
        Ok(next.map(|next| (next - self.clock.now()).max(0)))
    }

    /// A delivery ended; when this returns, that outlasts a power cut.
    pub(crate) fn end_delivery(
        &self,
        result: i64,
        destination: &str,
        end: DeliveryEnd<'_>,
    ) -> Result<(), QueueError> {
        let (state, said) = match end {
            DeliveryEnd::Sent => ("sent", None),
            DeliveryEnd::Refused(said) => ("refused", Some(said)),
        };
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        let now = self.clock.now();
        transaction.execute(
            "UPDATE delivery SET state = ?3, said = ?4, ended_at = ?5, attempts = attempts + 1
             WHERE result = ?1 AND destination = ?2 AND state = 'pending'",
            params![result, destination, state, said, now],
        )?;
        finish_series(&transaction, now)?;
        Ok(transaction.commit()?)
    }

    /// One delivery could not be made, and is tried again.
    pub(crate) fn retry_delivery(
        &self,
        result: i64,
        destination: &str,
        said: &str,
        milliseconds: i64,
    ) -> Result<(), QueueError> {
        self.connection().execute(
            "UPDATE delivery SET attempts = attempts + 1, next_try_at = ?3, said = ?4
             WHERE result = ?1 AND destination = ?2 AND state = 'pending'",
            params![result, destination, self.clock.now() + milliseconds, said],
        )?;
        Ok(())
    }

    /// A destination cannot be reached: all that is due for it waits.
    pub(crate) fn retry_destination(
        &self,
        destination: &str,
        said: &str,
        milliseconds: i64,
    ) -> Result<(), QueueError> {
        let now = self.clock.now();
        self.connection().execute(
            "UPDATE delivery SET attempts = attempts + 1, next_try_at = ?2, said = ?3
             WHERE destination = ?1 AND state = 'pending' AND next_try_at <= ?4",
            params![destination, now + milliseconds, said, now],
        )?;
        Ok(())
    }

    /// A destination takes results again: nothing has to wait for it longer.
    pub(crate) fn hurry(&self, destination: &str) -> Result<(), QueueError> {
        let now = self.clock.now();
        self.connection().execute(
            "UPDATE delivery SET next_try_at = ?2
             WHERE destination = ?1 AND state = 'pending' AND next_try_at > ?2",
            params![destination, now],
        )?;
        Ok(())
    }

    /// Gives up what was made `milliseconds` ago or earlier and is still not sent: UID and destination
    /// of each.
    pub(crate) fn give_up(&self, milliseconds: i64) -> Result<Vec<(String, String)>, QueueError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        let now = self.clock.now();
        let given_up = {
            let mut statement = transaction.prepare(
                "UPDATE delivery SET state = 'given_up', ended_at = ?1
                 WHERE state = 'pending'
                   AND result IN (SELECT id FROM result WHERE made_at <= ?2)
                 RETURNING (SELECT sop_uid FROM result WHERE id = delivery.result), destination",
            )?;
            let rows = statement.query_map(params![now, now - milliseconds], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            rows.collect::<Result<Vec<_>, _>>()?
        };
        finish_series(&transaction, now)?;
        transaction.commit()?;
        Ok(given_up)
    }

    /// Destinations that results wait for, and how many.
    pub(crate) fn pending(&self) -> Result<Vec<(String, u64)>, QueueError> {
        let connection = self.connection();
        let mut statement = connection.prepare(
            "SELECT destination, count(*) FROM delivery WHERE state = 'pending'
             GROUP BY destination",
        )?;
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Predicted series with nothing left to send are done.
pub(super) fn finish_series(connection: &Connection, now: i64) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE series SET state = 'done', ended_at = ?1
         WHERE state = 'predicted' AND NOT EXISTS (
           SELECT 1 FROM result JOIN delivery ON delivery.result = result.id
           WHERE result.series = series.id AND delivery.state = 'pending')",
        [now],
    )?;
    Ok(())
}
