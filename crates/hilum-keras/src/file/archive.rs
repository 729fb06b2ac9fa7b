//! `.keras`: a ZIP of the configuration and the weights.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use super::MAX_CONFIG_BYTES;
use crate::error::ContentError;

pub(super) const CONFIG: &str = "config.json";
pub(super) const METADATA: &str = "metadata.json";
pub(super) const WEIGHTS: &str = "model.weights.h5";

/// The same for what a ZIP holds.
const MAX_CONFIG: u64 = MAX_CONFIG_BYTES as u64;

/// How many times larger than the archive its weights may be; Keras stores them as they are.
const MAX_RATIO: u64 = 4;

/// The parts of a `.keras` file.
pub(super) struct Parts {
    pub(super) config: Vec<u8>,
    /// Which Keras wrote it, and when.
    pub(super) metadata: Option<Vec<u8>>,
    pub(super) weights: Vec<u8>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Parts, ContentError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let room = (bytes.len() as u64).saturating_mul(MAX_RATIO).max(1 << 20);
    let config = part(&mut archive, CONFIG, MAX_CONFIG)?;
    let config = config.ok_or(ContentError::Part {
        part: CONFIG,
        what: "is missing",
    })?;
    let metadata = part(&mut archive, METADATA, 1 << 20)?;
    let weights = part(&mut archive, WEIGHTS, room)?;
    let weights = weights.ok_or(ContentError::Part {
        part: WEIGHTS,
        what: "is missing; weights in several files are not read",
    })?;
    Ok(Parts {
        config,
        metadata,
        weights,
    })
}

/// The part called `name`, if there is one, of at most `limit` bytes.
fn part(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &'static str,
    limit: u64,
) -> Result<Option<Vec<u8>>, ContentError> {
    let file = match archive.by_name(name) {
        Ok(file) => file,
        Err(zip::result::ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut content = Vec::new();
    let read = file.take(limit + 1).read_to_end(&mut content);
    read.map_err(zip::result::ZipError::Io)?;
    if content.len() as u64 > limit {
        return Err(ContentError::Part {
            part: name,
            what: "is too large",
        });
    }
    Ok(Some(content))
}
