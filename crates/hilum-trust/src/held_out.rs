//! What a network says of slices that it did not learn from.

use std::collections::BTreeMap;

use hilum_core::ClassIndex;

/// What a network says of slices of known class that it did not learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    class_count: usize,
    slices: Vec<HeldOutSlice>,
    group_count: usize,
}

/// One slice that a network did not learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOutSlice {
    /// One value a class, up to a constant that all share; finite.
    pub logits: Vec<f64>,
    /// What the slice is.
    pub truth: ClassIndex,
    /// Slices of one group are of one patient or scan; any numbers.
    pub group: usize,
}

impl HeldOut {
    /// Groups are numbered anew, in the order in which they come.
    ///
    /// # Panics
    /// If a slice has not one finite logit a class, or its truth is no class.
    pub fn new(class_count: usize, slices: Vec<HeldOutSlice>) -> Self {
        let mut slices = slices;
        let mut numbers = BTreeMap::new();
        for slice in &mut slices {
            assert_eq!(slice.logits.len(), class_count, "a logit for each class");
            let are_finite = slice.logits.iter().all(|logit| logit.is_finite());
            assert!(are_finite, "logits are finite");
            assert!(slice.truth.get() < class_count, "a truth is a class");
            let next = numbers.len();
            slice.group = *numbers.entry(slice.group).or_insert(next);
        }
        Self {
            class_count,
            group_count: numbers.len(),
            slices,
        }
    }

    /// How many classes there are.
    pub fn class_count(&self) -> usize {
        self.class_count
    }

    /// The slices.
    pub fn slices(&self) -> &[HeldOutSlice] {
        &self.slices
    }

    /// How many groups they are of; each has a number below that.
    pub fn group_count(&self) -> usize {
        self.group_count
    }

    /// Those of which `keep` holds.
    pub(crate) fn subset(&self, keep: impl Fn(&HeldOutSlice) -> bool) -> Self {
        let slices = self.slices.iter().filter(|slice| keep(slice)).cloned();
        Self::new(self.class_count, slices.collect())
    }

    /// How many slices are of each class.
    pub(crate) fn support(&self) -> Vec<usize> {
        let mut support = vec![0; self.class_count];
        for slice in &self.slices {
            support[slice.truth.get()] += 1;
        }
        support
    }
}
