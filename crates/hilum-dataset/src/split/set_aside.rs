//! A validation split for data that has none, cut from what is trained on.

use hilum_core::{GroupId, Split};

use super::folds::{Divisible, FoldsError, hold_out};
use crate::Dataset;

/// `dataset` with a `share` of its training samples for validation: as much of every class, groups
/// whole. No sample changes its place.
///
/// The same data, groups and seed give the same split.
///
/// # Errors
/// [`FoldsError`] if train or validation would lack a class.
///
/// # Panics
/// If there are more or fewer `groups` than samples.
pub fn set_aside_valid(
    dataset: &Dataset,
    groups: &[Option<GroupId>],
    share: f64,
    seed: u64,
) -> Result<Dataset, FoldsError> {
    assert_eq!(groups.len(), dataset.samples.len(), "one group a sample");
    let train: Vec<usize> = dataset.of(Split::Train).map(|(index, _)| index).collect();
    let truth: Vec<_> = train
        .iter()
        .map(|index| dataset.samples[*index].class)
        .collect();
    let own_groups: Vec<_> = train.iter().map(|index| groups[*index].clone()).collect();
    let samples = Divisible {
        truth: &truth,
        groups: &own_groups,
        classes: dataset.classes(),
    };
    let held = hold_out(samples, share, seed)?;
    let mut divided = dataset.clone();
    for (index, _) in train.iter().zip(held).filter(|(_, held)| *held) {
        divided.samples[*index].split = Split::Valid;
    }
    Ok(divided)
}
