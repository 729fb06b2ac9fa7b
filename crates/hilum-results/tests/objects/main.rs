//! What is written about series, read back.

mod capture;
mod identity;
mod report;
mod series;
