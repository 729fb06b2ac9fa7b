//! A slice for a viewer, so that a browser needs no reader of DICOM.
//!
//! The answer is a safetensors file: eight bytes of length, that much JSON, and the values of one
//! tensor `pixels`, which any of its libraries reads. What the file says of the slice is JSON under
//! `slice` of its `__metadata__`.

use std::num::NonZeroUsize;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hilum_imaging::{
    Channels, DecodeLimits, DecodeProblem, DicomInfo, FileWindow, Hounsfield, SliceFile, Window,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::IntoParams;

use super::files::receive;
use super::predict::Files;
use crate::context::Context;
use crate::refusal::Refusal;

/// A safetensors header is padded to this, so that what follows is aligned.
const ALIGNMENT: usize = 8;

/// Which slice of a file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// From 1, as answers count frames, pages and planes.
    #[serde(default = "first")]
    #[param(value_type = Option<u32>, minimum = 1)]
    frame: NonZeroUsize,
}

const fn first() -> NonZeroUsize {
    NonZeroUsize::MIN
}

/// The values of one slice, before any window where its file has them.
#[utoipa::path(
    post,
    path = "/api/pixels",
    tag = "hilum",
    params(Wanted),
    request_body(
        description = "a form with one part `file`, or one file",
        content((Files = "multipart/form-data"), ("application/octet-stream")),
    ),
    responses((
        status = 200,
        description = "a safetensors file: the tensor `pixels`, and what the file says of it",
        content_type = "application/octet-stream",
    )),
)]
pub(crate) async fn pixels(
    State(context): State<Context>,
    query: Result<Query<Wanted>, QueryRejection>,
    request: Request,
) -> Result<SlicePixels, Refusal> {
    let Query(Wanted { frame }) =
        query.map_err(|error| Refusal::malformed(error.body_text()).hint("`frame` is from 1"))?;
    let limits = context.settings().limits;
    let permit = context.admission().admit()?;
    let (mut files, permit) = receive(request, permit, &limits).await?;
    let (Some(file), true) = (files.pop(), files.is_empty()) else {
        return Err(Refusal::malformed("there are several files").hint("send one at a time"));
    };
    let read = move |_| {
        SlicePixels::read(file.bytes.to_vec(), frame.get(), limits.decode)
            .map_err(|problem| refused(&problem))
    };
    context.work(permit, read).await
}

/// `422`, with the hint of the problem where there is one.
fn refused(problem: &DecodeProblem) -> Refusal {
    let said = problem.to_string();
    let (error, hint) = said.split_once("\nhint: ").unwrap_or((&said, ""));
    let refusal = Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error);
    if hint.is_empty() {
        refusal
    } else {
        refusal.hint(hint)
    }
}

/// What a file says of a slice, beside its values.
#[derive(Debug, Default, PartialEq, Serialize)]
struct SliceInfo {
    /// `HU`, or `grey` for values of 0 to 255, of which nobody knows what they stand for.
    unit: &'static str,
    /// Which slice of its file, from 1,
    frame: usize,
    /// of how many.
    frames: usize,
    /// Between rows, then between columns.
    spacing_mm: Option<[f64; 2]>,
    thickness_mm: Option<f64>,
    /// The centre of the first pixel, as DICOM's axes lie.
    position_mm: Option<[f64; 3]>,
    /// Direction of a row, then of a column.
    orientation: Option<[f64; 6]>,
    instance_number: Option<i64>,
    photometric: Option<String>,
    /// Those that the file names, the first to be shown first.
    windows: Vec<FileWindow>,
}

/// A slice with its values as they are sent, little-endian.
#[derive(Debug, PartialEq)]
pub(crate) struct SlicePixels {
    info: SliceInfo,
    /// `I16` or `U8`.
    kind: &'static str,
    /// Rows, columns, and three where there are colours.
    shape: Vec<usize>,
    values: Vec<u8>,
}

impl SlicePixels {
    /// The slice of number `frame`, from 1, of a file that was read whole.
    ///
    /// # Errors
    /// [`DecodeProblem`] for a file that is no image, and a frame that it does not have.
    pub(super) fn read(
        bytes: Vec<u8>,
        frame: usize,
        limits: DecodeLimits,
    ) -> Result<Self, DecodeProblem> {
        let file = SliceFile::new(bytes, &limits)?;
        let frames = file.count();
        let index = frame.checked_sub(1).filter(|index| *index < frames);
        let index = index.ok_or_else(|| DecodeProblem::NoSuchFrame {
            count: frames,
            wanted: frame.to_string(),
        })?;
        let info = SliceInfo {
            frame,
            frames,
            ..SliceInfo::default()
        };
        match file.measured(index)? {
            Some(slice) => {
                let info = SliceInfo {
                    spacing_mm: slice.spacing_mm,
                    ..info
                };
                Ok(Self::hounsfield(
                    &info,
                    &slice.hounsfield,
                    slice.dicom.as_deref(),
                ))
            }
            None => Self::grey(info, &file, index),
        }
    }

    fn hounsfield(info: &SliceInfo, slice: &Hounsfield, said: Option<&DicomInfo>) -> Self {
        let said = said.cloned().unwrap_or_default();
        // A cast from a float saturates and makes zero of what is no number.
        let values = slice.values_hu.iter().map(|value| value.round() as i16);
        Self {
            info: SliceInfo {
                unit: "HU",
                thickness_mm: said.slice_thickness_mm,
                position_mm: said.position_mm,
                orientation: said.orientation,
                instance_number: said.instance_number,
                photometric: Some(said.photometric_interpretation).filter(|text| !text.is_empty()),
                windows: said.windows,
                ..*info
            },
            kind: "I16",
            shape: vec![slice.height, slice.width],
            values: values.flat_map(i16::to_le_bytes).collect(),
        }
    }

    fn grey(info: SliceInfo, file: &SliceFile, index: usize) -> Result<Self, DecodeProblem> {
        let pixels = file.decode(index, Window::LUNG)?.pixels;
        let mut shape = vec![pixels.height(), pixels.width()];
        if pixels.channels() == Channels::Rgb {
            shape.push(pixels.channels().count());
        }
        Ok(Self {
            info: SliceInfo {
                unit: "grey",
                ..info
            },
            kind: "U8",
            shape,
            values: pixels.into_data(),
        })
    }

    /// As a safetensors file.
    fn into_bytes(self) -> Vec<u8> {
        let info = serde_json::to_string(&self.info).expect("numbers and text");
        let header = json!({
            "__metadata__": { "slice": info },
            "pixels": {
                "dtype": self.kind,
                "shape": self.shape,
                "data_offsets": [0, self.values.len()],
            },
        });
        let mut header = header.to_string();
        while !header.len().is_multiple_of(ALIGNMENT) {
            header.push(' ');
        }
        let mut bytes = Vec::with_capacity(ALIGNMENT + header.len() + self.values.len());
        bytes.extend((header.len() as u64).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(self.values);
        bytes
    }
}

impl IntoResponse for SlicePixels {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
        (kind, self.into_bytes()).into_response()
    }
}
