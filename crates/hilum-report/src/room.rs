//! How much room a drawing has.

/// How much room a drawing has: a page is read on a desk and on a telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// As wide as it comes out; legends stand beside.
    Wide,
    /// [`NARROW_WIDTH`], if the number of classes allows it; everything stands below each other.
    Narrow,
}

/// What a telephone of 360 points leaves between the margins.
pub(crate) const NARROW_WIDTH: f64 = 320.0;
