//! What somebody may have meant by a name that is not known.

/// How alike names must be to be suggested: slips of the hand stay well above, names that share
/// nothing but some letters below.
const LEAST_SIMILARITY: f64 = 0.75;

/// Shorter than this, a part of a name says nothing.
const LEAST_PART: usize = 3;

/// A name is no slip of another that is more than this many times as long: `wd` has the letters of
/// `window`, and is not meant as one.
const MOST_TIMES_AS_LONG: usize = 2;

/// The candidate that `wanted` was most likely meant to be, for "did you mean"; `None` if none is
/// alike enough to be worth saying.
///
/// The measure is that of Jaro and Winkler (Winkler, 1990), whatever the case; from 0.75 on it
/// is alike enough, as is any candidate that contains `wanted`.
///
/// ```
/// use hilum_core::closest;
///
/// let names = ["near-duplicate", "label-conflict", "reference-cnn"];
/// assert_eq!(closest("near-dupliacte", names), Some("near-duplicate"));
/// assert_eq!(closest("cnn", names), Some("reference-cnn"));
/// assert_eq!(closest("unheard-of", names), None);
/// ```
pub fn closest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest(wanted, candidates)
        .filter(|(similarity, _)| *similarity > LEAST_SIMILARITY)
        .map(|(_, candidate)| candidate)
}

/// The candidate that is most like `wanted` by the measure of [`closest`], however unlike; `None`
/// if there is no candidate.
pub fn most_similar<'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    nearest(wanted, candidates).map(|(_, candidate)| candidate)
}

/// Whether one slip of the hand makes one name of the other: a letter added, left out or replaced,
/// or two neighbours swapped (Damerau, 1964).
///
/// For what must be refused and not only advised on: a column `splt` is none that somebody
/// invented.
pub fn is_one_slip(wanted: &str, candidate: &str) -> bool {
    strsim::damerau_levenshtein(wanted, candidate) == 1
}

fn nearest<'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<(f64, &'a str)> {
    let wanted = wanted.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (similarity(&wanted, candidate), candidate))
        .max_by(|left, right| left.0.total_cmp(&right.0))
}

/// `wanted` is in lower case.
fn similarity(wanted: &str, candidate: &str) -> f64 {
    let candidate = candidate.to_lowercase();
    // `cnn` is a part of a name more than it is like any.
    let (length, other) = (wanted.chars().count(), candidate.chars().count());
    let is_part = length >= LEAST_PART && candidate.contains(wanted);
    let is_slip = length.max(other) <= MOST_TIMES_AS_LONG * length.min(other);
    let alike = strsim::jaro_winkler(wanted, &candidate);
    match (is_part, is_slip) {
        (true, _) => 1.0 + alike,
        (false, true) => alike,
        (false, false) => alike * LEAST_SIMILARITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_several_is_suggested_whatever_the_case() {
        let names = ["learning-rate", "learning-decay", "batch-size"];
        assert_eq!(closest("Learning-Rat", names), Some("learning-rate"));
        assert_eq!(closest("batchsize", names), Some("batch-size"));
        assert_eq!(closest("size", names), Some("batch-size"));
    }

    #[test]
    fn nothing_is_suggested_for_what_is_like_nothing() {
        let names = ["momentum", "dropout"];
        assert_eq!(closest("xyz", names), None);
        assert_eq!(
            closest("o", names),
            None,
            "a letter is a part of every name"
        );
        assert_eq!(closest("wd", ["window", "weight-decay"]), None);
        assert_eq!(closest("lr", ["layer-rate", "learning-rate"]), None);
        assert!(most_similar("xyz", names).is_some());
        assert_eq!(most_similar("xyz", []), None);
    }

    #[test]
    fn a_slip_is_one_letter_or_two_neighbours() {
        for slip in ["splt", "spliit", "sqlit", "slpit"] {
            assert!(is_one_slip(slip, "split"), "{slip}");
        }
        for other in ["split", "spl", "path"] {
            assert!(!is_one_slip(other, "split"), "{other}");
        }
    }
}
