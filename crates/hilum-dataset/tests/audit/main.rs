//! Every rule on phantoms with one planted fault, and its silence on their clean twins.

#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod background;
mod dicom_faults;
mod faults;
#[path = "../folder/mod.rs"]
mod folder;
mod groups;
mod mending;
mod output;
mod phantoms;
mod second_run;
