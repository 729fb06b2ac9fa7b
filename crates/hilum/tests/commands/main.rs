//! The commands through the real binary: stdout, stderr, exit code and files.

mod arch;
mod audit;
mod bench;
mod bundled;
mod demo;
mod evaluate;
mod export;
mod help;
mod predict;
mod resume;
mod split;
mod train;
mod weights;
mod workplace;
