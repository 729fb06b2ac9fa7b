//! Answers as Parquet files in a folder, part by part.

use std::cell::RefCell;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;

use hilum_arrow::{AnswerFolder, Beside, Columns, PartWriter, Record};
use hilum_core::ClassName;
use hilum_experiment::settings::MachineSettings;
use hilum_experiment::{
    Doubtful, Features, FileAnswer, FileCounts, GivenAnswer, HeatRequest, Listing, Model, Predict,
    Session, Thoroughness, Wishes, answer_parts,
};
use serde_json::json;

use super::{of_printing, refused_and_unreadable};
use crate::error::{ArgumentError, CommandError};
use crate::screen::Screen;

/// Errors that are shown; all of them are in the files.
const SHOWN: usize = 20;

/// A part that is missing: its number, and its files in the listing.
type Part = (usize, Range<usize>);

/// What is written, and where.
pub(super) struct ParquetAnswers<'a> {
    /// The folder.
    pub(super) folder: &'a Path,
    /// Files of a part.
    pub(super) part_size: NonZeroUsize,
    /// Whether what the head of the network reads has a column,
    pub(super) features: bool,
    /// and whether heat has.
    pub(super) heat: bool,
    /// What the model was opened on.
    pub(super) machine: MachineSettings,
}

impl ParquetAnswers<'_> {
    /// Answers those parts that are not there, and writes each when it is done.
    ///
    /// # Errors
    /// [`CommandError::Findings`] if a file could not be read; its row says so all the same.
    pub(super) fn write(
        &self,
        model: &mut Model,
        request: &Predict,
        session: &Session<'_>,
        screen: &Screen,
    ) -> Result<(), CommandError> {
        screen.note(request.policy);
        let listing = Listing::of(request, session)?;
        let record = self.record(model, request, &listing)?;
        let mut columns = Columns::new(&model.file.classes);
        columns.features = self.features;
        columns.heat = self.heat;
        let folder = AnswerFolder::open(self.folder, record, columns)?;
        let missing = folder.missing();
        let (all, shown) = (folder.part_count(), self.folder.display());
        let count = listing.len();
        if missing.is_empty() {
            screen.note(format_args!(
                "nothing is left to do: the answers of all {count} files are in `{shown}`"
            ));
            return Ok(());
        }
        if missing.len() < all {
            let done = all - missing.len();
            screen.note(format_args!("goes on after {done} of {all} parts"));
        }
        let mut told = Vec::new();
        let see = |error: &str| {
            if told.len() < SHOWN {
                told.push(error.to_owned());
            }
        };
        let parts = (&folder, missing);
        let counts = self.answer(model, request, (&listing, parts), session, see)?;
        screen.note(format_args!(
            "wrote the answers of {count} files into `{shown}`"
        ));
        tell(counts, &told, screen)
    }

    fn answer(
        &self,
        model: &mut Model,
        request: &Predict,
        (listing, (folder, missing)): (&Listing, (&AnswerFolder, Vec<Part>)),
        session: &Session<'_>,
        mut see: impl FnMut(&str),
    ) -> Result<FileCounts, CommandError> {
        let wishes = Wishes {
            heat: self.heat.then(|| HeatRequest {
                sanity: Thoroughness::Off,
                ..HeatRequest::default()
            }),
            features: if self.features {
                Features::Given
            } else {
                Features::LeftOut
            },
            ..Wishes::default()
        };
        let (numbers, ranges): (Vec<usize>, Vec<Range<usize>>) = missing.into_iter().unzip();
        // The part that is being written, by its position among those that are missing.
        let open: RefCell<(usize, Option<PartWriter>)> = RefCell::default();
        let with_writer = |work: &mut dyn FnMut(&mut PartWriter) -> io::Result<()>| {
            let (position, writer) = &mut *open.borrow_mut();
            let begun = match writer.take() {
                Some(begun) => begun,
                None => folder.begin(numbers[*position]).map_err(io::Error::other)?,
            };
            work(writer.insert(begun))
        };
        let mut take = |given: GivenAnswer| {
            let GivenAnswer::Slice {
                answer,
                heat,
                features,
            } = given
            else {
                return Ok(());
            };
            if let FileAnswer::Unreadable { error, .. } = &answer {
                see(error);
            }
            with_writer(&mut |writer| {
                let beside = Beside {
                    features: features.as_deref(),
                    heat: heat.as_deref(),
                };
                let pushed = writer.push(&answer, beside);
                pushed.map_err(io::Error::other)
            })
        };
        // A part whose files have no answers is there all the same.
        let mut ended = |position: usize| {
            with_writer(&mut |_| Ok(()))?;
            let writer = open.replace((position + 1, None)).1;
            let written = writer.map(PartWriter::finish).transpose();
            written.map(|_| ()).map_err(io::Error::other)
        };
        let listed = (listing, &ranges[..]);
        let asked = (request, &wishes);
        answer_parts(model, asked, listed, session, &mut take, &mut ended).map_err(of_printing)
    }

    fn record(
        &self,
        model: &Model,
        request: &Predict,
        listing: &Listing,
    ) -> Result<Record, CommandError> {
        let gone = || ArgumentError::ModelGone {
            model: model.origin.to_string(),
        };
        let names = model.file.classes.names().iter();
        Ok(Record {
            hilum: env!("CARGO_PKG_VERSION").to_owned(),
            model: model.origin.to_string(),
            model_blake3: model.origin.digest().ok_or_else(gone)?,
            classes: names.map(ClassName::to_string).collect(),
            settings: json!({
                "answers": request.policy,
                "device": self.machine.device,
                "features": self.features,
                "frames": request.frames.to_string(),
                "heat": self.heat,
                "max_pixels": request.limits.max_pixels,
                "precision": self.machine.precision,
                "strict": request.doubtful == Doubtful::Refuse,
            }),
            shard: request.shard.number(),
            shards: request.shard.of(),
            part_size: self.part_size.get(),
            files: listing.len(),
            listing: listing.digest(),
        })
    }
}

/// What could not be read, as far as it is told here.
fn tell(counts: FileCounts, told: &[String], screen: &Screen) -> Result<(), CommandError> {
    if told.is_empty() {
        return Ok(());
    }
    for error in told {
        screen.warn(error);
    }
    let more = (counts.unreadable + counts.refused).saturating_sub(told.len());
    if more > 0 {
        screen.warn(format_args!("and {more} more, in the column `error`"));
    }
    refused_and_unreadable(counts, screen)
}
