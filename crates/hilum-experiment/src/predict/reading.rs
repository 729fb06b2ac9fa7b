//! From a file to slices that are ready for the network, and what there is to doubt about them.

use hilum_imaging::{DecodeError, DecodeProblem, DicomInfo, SliceFile, SliceFingerprint};
use hilum_weights::{Acquaintance, ModelFile};

use super::Predict;
use super::slice_order::{Read, ReadSlice};
use crate::inputs::Input;

/// A file that was looked at; one of several slices is read when its turn comes, so that no chunk
/// holds more than one of them.
pub(super) enum Opened {
    One(Box<Read>),
    Several,
}

impl Opened {
    pub(super) fn of(
        input: &Input,
        file: Result<SliceFile, DecodeError>,
        model: &ModelFile,
        request: &Predict,
        keeps_pixels: bool,
    ) -> Self {
        match file {
            Ok(file) if file.count() > 1 => Self::Several,
            Ok(file) if request.frames.of(1).is_empty() => {
                Self::One(Box::new(Err(no_such_frame(input, &file, request))))
            }
            Ok(file) => Self::One(Box::new(read_slice(input, &file, 0, model, keeps_pixels))),
            Err(error) => Self::One(Box::new(Err(error))),
        }
    }
}

/// None of the frames that are wanted is in the file.
pub(super) fn no_such_frame(input: &Input, file: &SliceFile, request: &Predict) -> DecodeError {
    let (count, wanted) = (file.count(), request.frames.to_string());
    DecodeError {
        path: input.path().clone(),
        problem: DecodeProblem::NoSuchFrame { count, wanted },
    }
}

/// A slice of a file, prepared, and what there is to doubt about it.
pub(super) fn read_slice(
    input: &Input,
    file: &SliceFile,
    index: usize,
    model: &ModelFile,
    keeps_pixels: bool,
) -> Read {
    let (path, recipe) = (input.path(), &model.recipe);
    let slice = file.decode_in_fewest_channels(index, recipe);
    let slice = slice.map_err(|problem| DecodeError {
        path: path.clone(),
        problem,
    })?;
    let known = model.known_slices.as_ref();
    let known = known.and_then(|known| known.knows(&SliceFingerprint::of(&slice.pixels)));
    let decoded = keeps_pixels.then(|| slice.pixels.clone());
    let slice = recipe.prepared(slice);
    let concerns = slice.info.dicom.as_deref().map(DicomInfo::concerns);
    let concerns = concerns.unwrap_or_default();
    let concerns = concerns.iter().map(ToString::to_string);
    let notes = slice.info.notes.iter().map(ToString::to_string);
    Ok(ReadSlice {
        path: path.clone(),
        frame: (file.count() > 1).then_some(index + 1),
        warnings: concerns.chain(notes).chain(known.map(remembered)).collect(),
        slice,
        known,
        decoded,
    })
}

/// What an answer about a known slice is worth.
fn remembered(known: Acquaintance) -> String {
    match known {
        Acquaintance::Learned => {
            "the model learned from this slice: its answer is remembered, not judged".to_owned()
        }
        Acquaintance::ChosenBy => {
            "the model's training was watched on this slice: its answer may flatter".to_owned()
        }
    }
}
