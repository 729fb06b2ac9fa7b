//! Which frames of files that hold several are wanted.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use thiserror::Error;

/// Frames, from 1; of a file with one slice, that slice is always wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frames {
    /// Empty for all.
    ranges: Vec<RangeInclusive<usize>>,
}

impl Frames {
    /// The indices, from 0, of those wanted of a file with `count` slices.
    pub(super) fn of(&self, count: usize) -> Vec<usize> {
        let is_wanted = |index: &usize| {
            count == 1
                || self.ranges.is_empty()
                || self.ranges.iter().any(|range| range.contains(&(index + 1)))
        };
        (0..count).filter(is_wanted).collect()
    }
}

/// Text that names no frames.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` names no frames\nhint: numbers from 1 and ranges of them, such as `1,5-9`")]
pub struct FramesError {
    /// What was given.
    pub text: String,
}

impl FromStr for Frames {
    type Err = FramesError;

    fn from_str(text: &str) -> Result<Self, FramesError> {
        let error = || FramesError {
            text: text.to_owned(),
        };
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let first = first.trim().parse::<usize>().ok()?;
            let last = last.trim().parse::<usize>().ok()?;
            (first >= 1 && first <= last).then_some(first..=last)
        };
        let ranges = text.split(',').map(range).collect::<Option<_>>();
        Ok(Self {
            ranges: ranges.ok_or_else(error)?,
        })
    }
}

impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ranges.is_empty() {
            return f.write_str("all");
        }
        for (index, range) in self.ranges.iter().enumerate() {
            let separator = if index > 0 { "," } else { "" };
            write!(f, "{separator}{}", range.start())?;
            if range.start() < range.end() {
                write!(f, "-{}", range.end())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_are_counted_from_one() {
        let frames: Frames = "1,5-9, 3".parse().unwrap();
        assert_eq!(frames.of(6), [0, 2, 4, 5]);
        assert_eq!(frames.to_string(), "1,5-9,3");
        assert_eq!(frames.of(1), [0], "a file of one slice has no frames");
        assert_eq!("7".parse::<Frames>().unwrap().of(6), Vec::<usize>::new());
        assert_eq!(Frames::default().of(2), [0, 1]);
    }

    #[test]
    fn what_names_no_frames_is_refused() {
        for text in ["", "0", "3-1", "1,,2", "a", "1-", "-3", "1;2"] {
            let error = text.parse::<Frames>().unwrap_err();
            assert!(error.to_string().contains("hint: "), "of {text}");
        }
    }
}
