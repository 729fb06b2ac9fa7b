//! The commands through the real binary: stdout, stderr, exit code and files.

mod aliases;
mod answers;
mod arch;
mod audit;
mod bench;
mod bundled;
mod calibration;
mod configuration;
mod cross_validate;
mod demo;
mod evaluate;
mod export;
mod groups;
mod help;
mod leaks;
mod outside_text;
mod overwriting;
mod predict;
mod report;
mod resume;
mod search;
mod split;
mod train;
mod transfer;
mod weights;
mod workplace;
