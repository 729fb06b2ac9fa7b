//! What is known of a judged slice beside its file and its truth.

/// What is known of a judged slice beside its file and its truth: by this, evaluations of several
/// models on the same slices are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedSlice {
    /// The number of its group, from 0 without gaps; a slice that belongs to no other has one to
    /// itself.
    pub group: usize,
    /// Whether it is one of the clean slices.
    pub is_clean: bool,
    /// A digest of its pixels, as hexadecimal digits; `None` where nobody made one.
    pub content: Option<String>,
}
