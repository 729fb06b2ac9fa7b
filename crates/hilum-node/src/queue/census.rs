//! How much there is of what.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Queue;
use crate::QueueError;

/// How many series, instances and results there are, by their states. No name is among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Census {
    /// Series that are `waiting` for further instances, `complete`, `predicted` with results to be
    /// sent, `done`, or `failed`.
    pub series: BTreeMap<String, u64>,
    /// Instances that were acknowledged and are known.
    pub instances: u64,
    /// Bytes of those that are kept.
    pub bytes: u64,
    /// Results by destination: `pending`, `sent`, `refused` or `given_up`.
    pub results: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Queue {
    pub(crate) fn census(&self) -> Result<Census, QueueError> {
        let connection = self.connection();
        let mut series: BTreeMap<String, u64> =
            ["waiting", "complete", "predicted", "done", "failed"]
                .map(|state| (state.to_owned(), 0))
                .into();
        let mut by_state =
            connection.prepare("SELECT state, count(*) FROM series GROUP BY state")?;
        let rows = by_state.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        for row in rows {
            let (state, count) = row?;
            series.insert(state, count as u64);
        }
        let mut by_destination = connection.prepare(
            "SELECT destination, state, count(*) FROM delivery GROUP BY destination, state",
        )?;
        let rows = by_destination.query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?))
        })?;
        let mut results: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for row in rows {
            let (destination, state, count) = row?;
            let states = results.entry(destination).or_default();
            states.insert(state, count as u64);
        }
        let (instances, bytes): (i64, i64) = connection.query_row(
            "SELECT (SELECT count(*) FROM instance), (SELECT coalesce(sum(bytes), 0) FROM series)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Census {
            series,
            instances: instances as u64,
            bytes: bytes as u64,
            results,
        })
    }
}
