//! How many bits a value takes in a file.

use std::collections::BTreeMap;
use std::path::Path;

use half::f16;
use safetensors::Dtype;

use hilum_graph::{Parameters, Tensor};

use super::error::TensorFileError;

/// How many bits a value takes in a file; in memory it is always an f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// IEEE 754 binary32, safetensors' `F32`.
    #[default]
    Full,
    /// IEEE 754 binary16, safetensors' `F16`: half the size, 11 significant bits, up to 65504.
    Half,
}

impl Precision {
    pub(super) fn element_type(self) -> Dtype {
        match self {
            Self::Full => Dtype::F32,
            Self::Half => Dtype::F16,
        }
    }

    /// Bytes of one value.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Full => 4,
            Self::Half => 2,
        }
    }

    /// The values as a file of this precision gives them back; `None` if they are what they were.
    pub(super) fn rounded(
        self,
        path: &Path,
        tensors: &BTreeMap<&str, &Tensor>,
    ) -> Result<Option<Parameters>, TensorFileError> {
        match self {
            Self::Full => Ok(None),
            Self::Half => tensors
                .iter()
                .map(|(name, tensor)| Ok(((*name).to_owned(), halved(path, name, tensor)?)))
                .collect::<Result<_, _>>()
                .map(Some),
        }
    }
}

fn halved(path: &Path, name: &str, tensor: &Tensor) -> Result<Tensor, TensorFileError> {
    let half = |value: &f32| f16::from_f32(*value).to_f32();
    let data: Vec<f32> = tensor.data.iter().map(half).collect();
    if let Some(position) = data.iter().position(|value| !value.is_finite()) {
        return Err(TensorFileError::BeyondHalf {
            path: path.to_owned(),
            name: name.to_owned(),
            position,
            value: tensor.data[position],
        });
    }
    Ok(Tensor::new(tensor.shape.clone(), data))
}
