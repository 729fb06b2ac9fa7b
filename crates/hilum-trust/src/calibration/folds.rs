//! Slices dealt into folds, groups whole.

use crate::held_out::HeldOut;

/// The fold of each group, below `fold_count`.
///
/// Groups are dealt by the class of their first slice, the larger ones first, each to the fold that
/// has the fewest slices of that class: every fold sees every class where groups allow. Nothing is
/// drawn.
pub(super) fn of_groups(held_out: &HeldOut, fold_count: usize) -> Vec<usize> {
    let mut groups: Vec<(usize, usize, usize)> = Vec::new();
    for slice in held_out.slices() {
        if slice.group == groups.len() {
            groups.push((slice.truth.get(), 0, slice.group));
        }
        groups[slice.group].1 += 1;
    }
    groups.sort_by(|one, other| {
        let by_size = other.1.cmp(&one.1);
        one.0.cmp(&other.0).then(by_size).then(one.2.cmp(&other.2))
    });
    let mut folds = vec![0; groups.len()];
    let mut slices = vec![vec![0_usize; fold_count]; held_out.class_count()];
    let mut all = vec![0_usize; fold_count];
    for (class, size, group) in groups {
        let load = |fold: &usize| (slices[class][*fold], all[*fold]);
        let fold = (0..fold_count).min_by_key(load).unwrap_or(0);
        slices[class][fold] += size;
        all[fold] += size;
        folds[group] = fold;
    }
    folds
}
