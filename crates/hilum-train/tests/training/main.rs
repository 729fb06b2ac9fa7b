//! Whole runs of a tiny network.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bench;
mod learning;
mod refusing;
mod resuming;
#[path = "../tiny/mod.rs"]
mod tiny;
mod transfer;
