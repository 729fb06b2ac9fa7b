//! Drawings, report and files of made-up evaluations.

mod compared;
mod comparison;
mod drawings;
mod evaluation_files;
mod fixture;
mod model_card;
mod page;
mod sections;
mod written;
