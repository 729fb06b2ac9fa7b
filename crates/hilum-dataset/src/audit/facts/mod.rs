//! What is remembered of a file: a few kilobytes, whatever the size of its image.

mod digest;
mod file;
mod grey;
mod thumbnail;

pub use digest::PixelDigest;
pub use file::{DicomFacts, FileFacts, SliceFacts};
pub use grey::{GreyStatistics, HISTOGRAM_BINS, PERCENTILES};
pub use thumbnail::{THUMBNAIL_SIDE, Thumbnail};
