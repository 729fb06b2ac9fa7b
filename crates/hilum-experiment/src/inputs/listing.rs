//! What a request asks for, listed once, to be answered part by part.

use std::sync::Arc;

use blake3::Hasher;

use super::input::Input;
use super::list::list;
use crate::session::Session;
use crate::{ExperimentError, Predict};

/// What a request asks for: files, members of archives and objects, in order; those of its shard.
#[derive(Debug, Clone)]
pub struct Listing {
    pub(crate) inputs: Arc<[Input]>,
}

impl Listing {
    /// Lists what `request` asks for.
    ///
    /// # Errors
    /// As [`predict`](crate::predict()), of paths.
    pub fn of(request: &Predict, session: &Session<'_>) -> Result<Self, ExperimentError> {
        let mut inputs = list(request, session)?;
        let shard = request.shard;
        inputs.retain(|input| shard.holds(&input.name()));
        Ok(Self {
            inputs: inputs.into(),
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Whether there are none, as in a shard that nothing fell into.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// `blake3:` and the digest of all paths, in order, each with the group that a manifest names.
    /// What is in the files does not count.
    pub fn digest(&self) -> String {
        let mut hasher = Hasher::new();
        let mut add = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        for input in self.inputs.iter() {
            add(input.path.as_os_str().as_encoded_bytes());
            let group = input.group().map_or("", |group| group.0.as_str());
            add(group.as_bytes());
        }
        format!("blake3:{}", hasher.finalize().to_hex())
    }
}
