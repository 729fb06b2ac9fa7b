//! Which slice of one evaluation is which of another.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use hilum_core::Classes;
use hilum_metrics::{Drawn, PairedBy};

use super::error::CompareError;
use super::evaluation_folder::JudgedRow;
use super::side::Side;

/// The slices that all sides share.
pub(super) struct Shared {
    /// For each slice, its position in the rows of each side.
    pub(super) positions: Vec<Vec<usize>>,
    /// How they were found.
    pub(super) by: PairedBy,
    /// The number of each slice's group, from 0 without gaps.
    pub(super) groups: Vec<usize>,
    /// What is drawn for intervals.
    pub(super) drawn: Drawn,
    /// Whether each slice is clean for every model; `None` where one of them does not say.
    pub(super) is_clean: Vec<Option<bool>>,
}

/// Finds the slices that all `sides`, called `names`, share.
///
/// # Errors
/// [`CompareError`] if classes or truths differ, if no slice is shared, or if a side has others
/// besides and `on_shared` is not asked for.
pub(super) fn pair(
    sides: &[Side],
    names: &[String],
    on_shared: bool,
) -> Result<Shared, CompareError> {
    check_classes(sides, names)?;
    let rows: Vec<&[JudgedRow]> = sides.iter().map(|side| side.rows.as_slice()).collect();
    let (positions, by) = found(&rows);
    let has_others = rows.iter().any(|rows| rows.len() != positions.len());
    if positions.is_empty() || (has_others && !on_shared) {
        let count = |side: &Side| format!("{} slices of `{}`", side.rows.len(), side.report.split);
        let counts = names.iter().zip(sides);
        return Err(CompareError::Slices {
            shared: positions.len(),
            counts: counts
                .map(|(name, side)| (name.clone(), count(side)))
                .collect(),
        });
    }
    check_truth(sides, names, &positions)?;
    let (groups, drawn) = groups(sides, &positions);
    let is_clean = positions.iter().map(|at| {
        let each = rows.iter().zip(at).map(|(rows, at)| rows[*at].is_clean);
        let each: Vec<Option<bool>> = each.collect();
        if each.contains(&Some(false)) {
            Some(false)
        } else {
            (!each.contains(&None)).then_some(true)
        }
    });
    Ok(Shared {
        is_clean: is_clean.collect(),
        positions,
        by,
        groups,
        drawn,
    })
}

fn check_classes(sides: &[Side], names: &[String]) -> Result<(), CompareError> {
    let classes = |side: &Side| side.report.as_is.confusion.classes.clone();
    let list = |classes: &Classes| {
        let names = classes.names().iter().map(|name| format!("`{name}`"));
        names.collect::<Vec<_>>().join(", ")
    };
    let first = classes(&sides[0]);
    for (side, name) in sides.iter().zip(names) {
        let other = classes(side);
        if other != first {
            return Err(CompareError::Classes {
                first: names[0].clone(),
                first_classes: list(&first),
                other: name.clone(),
                other_classes: list(&other),
            });
        }
    }
    Ok(())
}

fn check_truth(
    sides: &[Side],
    names: &[String],
    positions: &[Vec<usize>],
) -> Result<(), CompareError> {
    let classes = &sides[0].report.as_is.confusion.classes;
    for at in positions {
        let first = &sides[0].rows[at[0]];
        for (number, side) in sides.iter().enumerate() {
            let other = &side.rows[at[number]];
            if other.truth != first.truth {
                return Err(CompareError::Truth {
                    path: first.path.clone(),
                    first: names[0].clone(),
                    first_truth: classes.name(first.truth).to_string(),
                    other: names[number].clone(),
                    other_truth: classes.name(other.truth).to_string(),
                });
            }
        }
    }
    Ok(())
}

/// Positions of each shared slice in all `rows`, in the order of the first.
fn found(rows: &[&[JudgedRow]]) -> (Vec<Vec<usize>>, PairedBy) {
    let knows_content = |rows: &&[JudgedRow]| rows.iter().all(|row| row.content.is_some());
    if rows.iter().all(knows_content) {
        let keys: Vec<Vec<Key>> = rows.iter().map(|rows| by_content(rows)).collect();
        return (in_all(&keys), PairedBy::Content);
    }
    let whole = |rows: &&[JudgedRow]| keys(rows.iter().map(|row| row.path.clone()));
    let whole = in_all(&rows.iter().map(whole).collect::<Vec<_>>());
    let below = |rows: &&[JudgedRow]| keys(below_common_folder(rows).into_iter());
    let below = in_all(&rows.iter().map(below).collect::<Vec<_>>());
    let more = if below.len() > whole.len() {
        below
    } else {
        whole
    };
    (more, PairedBy::Path)
}

/// What a slice is found by, and how many of the same come before it.
type Key = (PathBuf, usize);

fn by_content(rows: &[JudgedRow]) -> Vec<Key> {
    // Copies are told apart by the order of their names.
    let names = below_common_folder(rows);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|one, other| names[*one].cmp(&names[*other]));
    let content = |at: &usize| PathBuf::from(rows[*at].content.clone().unwrap_or_default());
    let sorted = keys(order.iter().map(content));
    let mut found: Vec<Option<Key>> = vec![None; rows.len()];
    for (at, key) in order.into_iter().zip(sorted) {
        found[at] = Some(key);
    }
    found.into_iter().flatten().collect()
}

fn keys(names: impl Iterator<Item = PathBuf>) -> Vec<Key> {
    let mut counts: HashMap<PathBuf, usize> = HashMap::new();
    let numbered = names.map(|name| {
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        (name, *count)
    });
    numbered.collect()
}

fn in_all(keys: &[Vec<Key>]) -> Vec<Vec<usize>> {
    let places: Vec<HashMap<&Key, usize>> = keys
        .iter()
        .map(|keys| keys.iter().enumerate().map(|(at, key)| (key, at)).collect())
        .collect();
    let of = |key: &Key| {
        places
            .iter()
            .map(|places| places.get(key).copied())
            .collect()
    };
    keys[0].iter().filter_map(of).collect()
}

/// Paths without the folders that all have in common: data that was moved keeps these names.
fn below_common_folder(rows: &[JudgedRow]) -> Vec<PathBuf> {
    let folder = |row: &JudgedRow| row.path.parent().map(Path::to_owned).unwrap_or_default();
    let mut common: Option<PathBuf> = None;
    for row in rows {
        let folder = folder(row);
        common = Some(match common {
            None => folder,
            Some(common) => common
                .components()
                .zip(folder.components())
                .take_while(|(one, other)| one == other)
                .map(|(one, _)| one)
                .collect(),
        });
    }
    let common = common.unwrap_or_default();
    let below = |row: &JudgedRow| {
        row.path
            .strip_prefix(&common)
            .unwrap_or(&row.path)
            .to_owned()
    };
    rows.iter().map(below).collect()
}

/// Slices that belong together for any of the sides, and what is drawn then.
fn groups(sides: &[Side], positions: &[Vec<usize>]) -> (Vec<usize>, Drawn) {
    let mut parents: Vec<usize> = (0..positions.len()).collect();
    let mut drawn = Drawn::Slices;
    for (number, side) in sides.iter().enumerate() {
        let group = |at: &Vec<usize>| side.rows[at[number]].group;
        if positions.iter().any(|at| group(at).is_none()) {
            continue;
        }
        drawn = match (drawn, side.report.drawn) {
            (Drawn::InferredGroups, _) | (_, Drawn::InferredGroups) => Drawn::InferredGroups,
            (Drawn::Groups, _) | (_, Drawn::Groups) => Drawn::Groups,
            (Drawn::Slices, Drawn::Slices) => Drawn::Slices,
        };
        let mut first: HashMap<usize, usize> = HashMap::new();
        for (slice, at) in positions.iter().enumerate() {
            let Some(group) = group(at) else { continue };
            let other = *first.entry(group).or_insert(slice);
            let (one, other) = (root(&parents, slice), root(&parents, other));
            parents[one.max(other)] = one.min(other);
        }
    }
    let roots = (0..positions.len()).map(|slice| root(&parents, slice));
    (without_gaps(roots), drawn)
}

fn root(parents: &[usize], mut slice: usize) -> usize {
    while parents[slice] != slice {
        slice = parents[slice];
    }
    slice
}

/// Equal numbers stay equal and are counted from 0.
pub(super) fn without_gaps(numbers: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut known: BTreeMap<usize, usize> = BTreeMap::new();
    let numbered = numbers.map(|number| {
        let next = known.len();
        *known.entry(number).or_insert(next)
    });
    numbered.collect()
}

#[cfg(test)]
mod tests {
    use hilum_core::{ClassIndex, Probabilities};

    use super::*;

    fn row(path: &str, content: Option<&str>) -> JudgedRow {
        JudgedRow {
            path: PathBuf::from(path),
            truth: ClassIndex::new(0),
            probabilities: Probabilities::from_logits(&[0.0, 0.0]),
            group: None,
            is_clean: None,
            content: content.map(str::to_owned),
        }
    }

    #[test]
    fn slices_are_found_by_content_whatever_they_are_called() {
        let one = [row("a/1.png", Some("x")), row("a/2.png", Some("y"))];
        let other = [row("b/9.png", Some("y")), row("b/8.png", Some("x"))];
        let (positions, by) = found(&[&one, &other]);
        assert_eq!(positions, [[0, 1], [1, 0]]);
        assert_eq!(by, PairedBy::Content);
    }

    #[test]
    fn copies_are_told_apart_by_the_order_of_their_names() {
        let one = [row("a/2.png", Some("x")), row("a/1.png", Some("x"))];
        let other = [row("b/1.png", Some("x")), row("b/2.png", Some("x"))];
        assert_eq!(found(&[&one, &other]).0, [[0, 1], [1, 0]]);
    }

    #[test]
    fn data_that_was_moved_is_found_by_its_names() {
        let one = [
            row("/old/valid/a/1.png", None),
            row("/old/valid/b/1.png", None),
        ];
        let other = [
            row("new/valid/b/1.png", None),
            row("new/valid/a/1.png", None),
        ];
        let (positions, by) = found(&[&one, &other]);
        assert_eq!(positions, [[0, 1], [1, 0]]);
        assert_eq!(by, PairedBy::Path);
    }

    #[test]
    fn a_part_is_found_by_whole_paths() {
        let all = [row("v/a/1.png", None), row("v/b/1.png", None)];
        let part = [row("v/b/1.png", None)];
        assert_eq!(found(&[&all, &part]).0, [[1, 0]]);
    }

    #[test]
    fn other_pixels_under_the_same_name_are_another_slice() {
        let one = [row("a/1.png", Some("x"))];
        let other = [row("a/1.png", Some("y"))];
        assert!(found(&[&one, &other]).0.is_empty());
    }
}
