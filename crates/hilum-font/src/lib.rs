//! The font that comes with hilum, as bytes and as lines of text in pixels.
//!
//! Pictures and plots are written in it, so that they look the same on every machine. Where it
//! comes from and what it holds is said in `font/README.md`.
//!
//! ```
//! use hilum_font::{Weight, line};
//!
//! let mask = line("Grad-CAM, p = 0.87", Weight::Regular, 13.0);
//! assert_eq!(mask.coverage.len(), mask.width * mask.height);
//! assert!(mask.coverage.contains(&u8::MAX));
//! ```

mod line;
mod shorten;

pub use line::{LineMask, line, line_height, width};
pub use shorten::{shorten, wrap};

/// The name by which a renderer of SVG finds the font.
pub const FAMILY: &str = "Hilum Sans";

/// The ordinary weight: a TrueType file.
pub const SANS: &[u8] = include_bytes!("../font/HilumSans-Regular.ttf");

/// The bold weight: a TrueType file of the same [family](FAMILY).
pub const SANS_BOLD: &[u8] = include_bytes!("../font/HilumSans-Bold.ttf");

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// For what is read.
    Regular,
    /// For headings.
    Bold,
}
