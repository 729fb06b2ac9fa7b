//! In which formats plots are written.

use hilum_experiment::PlotFormat;
use hilum_experiment::settings::Word;

use super::words::one_of;

const FORMATS: &[Word] = &[
    Word {
        name: "svg",
        says: "SVG, sharp at any size",
    },
    Word {
        name: "png",
        says: "SVG, and beside it PNG of twice the size, 192 dots per inch",
    },
];

/// In which formats plots are written.
#[derive(Debug, clap::Args)]
pub(crate) struct PlotArguments {
    /// Formats of the plots, for papers and slides
    #[arg(
        long,
        value_name = "FORMAT",
        value_parser = one_of::<PlotFormat>(FORMATS),
        default_value_t,
        help_heading = "Output"
    )]
    pub(crate) plots: PlotFormat,
}
