//! Nodes, and peers that behave and misbehave.

#![expect(
    clippy::unwrap_used,
    reason = "setting up peers, files and folders is part of a test"
)]

mod chaos;
mod double;
mod hostile;
mod mutated;
mod predicting;
mod receiver;
mod receiving;
mod scanner;
mod sending;
mod surviving;
mod tls;
mod waiting;
mod web;
