//! The tables of the queue.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::QueueError;

/// Of the tables below; a database of another version is not touched.
const VERSION: i64 = 1;

/// Times are milliseconds since 1970.
///
/// A series is `waiting` for further instances, `complete` and to be predicted, `predicted` with
/// results that are being sent, `done`, or `failed`. Its revision counts how often instances came
/// after it had been complete.
const TABLES: &str = "
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  study_uid TEXT NOT NULL,
  series_uid TEXT NOT NULL,
  patient_name TEXT,
  state TEXT NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'complete', 'predicted', 'done', 'failed')),
  revision INTEGER NOT NULL DEFAULT 1,
  cut_off INTEGER NOT NULL DEFAULT 1,
  expected INTEGER,
  bytes INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_try_at INTEGER NOT NULL DEFAULT 0,
  received_at INTEGER NOT NULL,
  ended_at INTEGER,
  said TEXT,
  UNIQUE (study_uid, series_uid)
) STRICT;
CREATE INDEX series_by_state ON series (state, next_try_at);
CREATE TABLE instance (
  series INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
  sop_uid TEXT NOT NULL,
  revision INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (series, sop_uid)
) STRICT, WITHOUT ROWID;
CREATE TABLE result (
  id INTEGER PRIMARY KEY,
  series INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
  revision INTEGER NOT NULL,
  sop_class_uid TEXT NOT NULL,
  sop_uid TEXT NOT NULL UNIQUE,
  made_at INTEGER NOT NULL
) STRICT;
CREATE INDEX result_by_series ON result (series);
CREATE TABLE delivery (
  result INTEGER NOT NULL REFERENCES result ON DELETE CASCADE,
  destination TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'sent', 'refused', 'given_up')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_try_at INTEGER NOT NULL,
  ended_at INTEGER,
  said TEXT,
  PRIMARY KEY (result, destination)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (destination, state, next_try_at);
";

/// Opens the database, and makes the tables if it is new.
pub(super) fn open(path: &Path) -> Result<Connection, QueueError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    // What is committed outlasts a power cut: the log is synced with every transaction.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is overwritten.
    connection.pragma_update(None, "secure_delete", true)?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match found {
        0 => {
            let transaction = connection.transaction()?;
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
            transaction.commit()?;
        }
        VERSION => {}
        _ => {
            let known = VERSION;
            return Err(QueueError::Version { found, known });
        }
    }
    Ok(connection)
}
