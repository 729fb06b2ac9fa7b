//! Pictures that are no slices as a network learned them: slices turned, inverted or cut up, and
//! what a program draws. A detector learns from them what its training data is not.
//!
//! Outliers that are made, not gathered, teach it nothing of any collection (outlier exposure,
//! Hendrycks et al., ICLR 2019; dead leaves in place of photographs, Baradad et al., NeurIPS 2021).

mod body;
mod canvas;
mod drawing;
mod misplaced;
mod shown;

pub use drawing::{Drawing, draw};
pub use misplaced::Misplacement;
pub use shown::Showing;
