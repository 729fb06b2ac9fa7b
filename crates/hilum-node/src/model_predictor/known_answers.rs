//! What was said of instances before their series was complete.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use hilum_experiment::FileAnswer;

use crate::SeriesFiles;

/// Answers that are kept; beyond, all are forgotten, and made again when they are needed.
const MOST: usize = 20_000;

/// Answers by the file that they are of.
#[derive(Default)]
pub(super) struct KnownAnswers {
    files: HashMap<PathBuf, Vec<FileAnswer>>,
    count: usize,
}

impl KnownAnswers {
    pub(super) fn add(&mut self, instances: SeriesFiles<'_>, answers: Vec<FileAnswer>) {
        if self.count + answers.len() > MOST {
            *self = Self::default();
        }
        self.count += answers.len();
        for file in instances.files {
            self.files.insert(file.clone(), Vec::new());
        }
        for answer in answers {
            let path = path_of(&answer).to_owned();
            self.files.entry(path).or_default().push(answer);
        }
    }

    /// What is known of a series, which is forgotten, and the files that nothing is known of.
    pub(super) fn take(&mut self, series: SeriesFiles<'_>) -> (Vec<FileAnswer>, Vec<PathBuf>) {
        let (mut answers, mut rest) = (Vec::new(), Vec::new());
        for file in series.files {
            match self.files.remove(file) {
                Some(known) => answers.extend(known),
                None => rest.push(file.clone()),
            }
        }
        self.count = self.count.saturating_sub(answers.len());
        (answers, rest)
    }
}

/// Whether each answer is what it would be if all files had been judged together: nothing is said
/// of a slice beside the others where each has a place and a number of its own.
pub(super) fn stand_alone(answers: &[FileAnswer]) -> bool {
    let mut places = BTreeSet::new();
    let mut numbers: HashMap<i64, &Path> = HashMap::new();
    answers.iter().all(|answer| match answer {
        FileAnswer::Unreadable { .. } => true,
        FileAnswer::Predicted(prediction) => {
            let path = prediction.path.as_path();
            let number = prediction.instance_number;
            // To a hundredth of a millimetre, as the order of slices is told.
            let place = prediction
                .position_mm
                .map(|place| (place * 100.0).round() as i64);
            place.is_some_and(|place| places.insert(place))
                && number.is_none_or(|number| *numbers.entry(number).or_insert(path) == path)
        }
    })
}

fn path_of(answer: &FileAnswer) -> &Path {
    match answer {
        FileAnswer::Predicted(prediction) => &prediction.path,
        FileAnswer::Unreadable { path, .. } => path,
    }
}
