//! What is remembered of a file: a few kilobytes, whatever the size of its image.

mod body;
mod file;
mod grey;
mod thumbnail;

pub use body::Body;
pub use file::{DicomFacts, FileFacts, SliceFacts};
pub use grey::{GreyStatistics, HISTOGRAM_BINS, PERCENTILES};
pub use hilum_imaging::{PixelDigest, THUMBNAIL_SIDE};
pub use thumbnail::Thumbnail;
