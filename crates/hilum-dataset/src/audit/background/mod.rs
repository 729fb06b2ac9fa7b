//! What a classifier makes of slices whose bodies are cut out, and whether that could be luck.

mod confusion;
mod forest;
mod held_out;
mod luck;
mod table;

pub(super) use confusion::Confusion;
pub(super) use held_out::HeldOut;
pub(super) use luck::{Luck, luck};
pub(super) use table::{CELLS, Table};
