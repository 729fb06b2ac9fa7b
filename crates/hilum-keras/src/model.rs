//! A Keras file, read.

use std::path::Path;

use hilum_graph::{Graph, Parameters};

use crate::config::Network;
use crate::error::{ContentError, KerasError};
use crate::file::KerasFile;
use crate::left_out::{LeftOut, of_compilation};
use crate::translate::translate;

/// What a file may leave open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes {
    /// The side of the images, where the network reads any.
    pub image_size: Option<usize>,
}

/// A network that Keras saved.
#[derive(Debug, Clone, PartialEq)]
pub struct KerasModel {
    /// Which Keras wrote it, and in which format.
    pub written_by: String,
    /// The network, up to its logits. Two for a network of one output: its own stands for the second
    /// class, a zero for the first.
    pub graph: Graph,
    /// Its weights and statistics, all finite.
    pub parameters: Parameters,
    /// What the network itself does to its images first; `None` if it reads them as they are.
    pub scaling: Option<Scaling>,
    /// What of the file was not needed.
    pub left_out: Vec<LeftOut>,
}

/// `value * factor + summand` for each channel of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// Positive; one a channel.
    pub factors: Vec<f64>,
    /// One a channel.
    pub summands: Vec<f64>,
}

/// Reads a model of `model.save`.
///
/// # Errors
/// [`KerasError`], with the path: the file cannot be read, is none of Keras's, or holds something
/// that hilum does not have. No file makes it panic, and memory stays within a small multiple of
/// the file's size.
pub fn read_keras(path: &Path, wishes: &Wishes) -> Result<KerasModel, KerasError> {
    let file = KerasFile::read(path)?;
    model(&file, wishes).map_err(|source| KerasError::Content {
        path: path.to_owned(),
        source: Box::new(source),
    })
}

fn model(file: &KerasFile, wishes: &Wishes) -> Result<KerasModel, ContentError> {
    let network = Network::parse(&file.config)?;
    let translated = translate(&network, &file.variables, wishes)?;
    translated.parameters.check(&translated.graph)?;
    let mut left_out = of_compilation(&file.compiled);
    left_out.extend(translated.left_out);
    Ok(KerasModel {
        written_by: file.written_by.clone(),
        graph: translated.graph,
        parameters: translated.parameters,
        scaling: translated.scaling,
        left_out,
    })
}
