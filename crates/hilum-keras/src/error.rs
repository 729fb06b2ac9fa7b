//! Why a Keras file does not become a network.

use std::io;
use std::path::PathBuf;

use hilum_graph::{GraphError, ParametersError, Shape};
use thiserror::Error;

/// Why a Keras file cannot be imported.
#[derive(Debug, Error)]
pub enum KerasError {
    /// The file cannot be read from the disk.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        #[source]
        source: io::Error,
    },
    /// The content is of no format that Keras writes.
    #[error(
        "`{}` is no Keras model: it is {found}\n\
         hint: expected what `model.save(\"NAME.keras\")` or `model.save(\"NAME.h5\")` wrote",
        path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// Something in the file cannot be read or cannot be run here.
    #[error("cannot import `{}`", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What.
        #[source]
        source: Box<ContentError>,
    },
}

/// What in a Keras file cannot be read or cannot be run here.
#[derive(Debug, Error)]
pub enum ContentError {
    /// The HDF5 file is damaged, or of a kind that Keras does not write.
    #[error("its HDF5 part cannot be read: {0}")]
    Hdf5(String),
    /// The archive is damaged.
    #[error("its archive cannot be read")]
    Archive(#[from] zip::result::ZipError),
    /// A part of the archive is missing or too large.
    #[error("its part `{part}` {what}")]
    Part {
        /// Its name.
        part: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// The configuration is no JSON.
    #[error("its configuration is no JSON")]
    Json(#[from] serde_json::Error),
    /// The file holds weights alone.
    #[error(
        "it holds weights, but not the network that they are for\n\
         hint: save all of it with `model.save(...)` in place of `save_weights`"
    )]
    WeightsAlone,
    /// The configuration lacks something, or has it in another form.
    #[error("`{layer}` has no readable `{key}` in its configuration")]
    Config {
        /// The layer.
        layer: String,
        /// What is missing.
        key: String,
    },
    /// A layer that hilum does not have.
    #[error("layer `{layer}` is a `{class}`, which hilum does not have\nhint: {hint}")]
    UnknownLayer {
        /// Its name.
        layer: String,
        /// Its class.
        class: String,
        /// What can be done.
        hint: &'static str,
    },
    /// A layer that hilum has, in a way that it does not have.
    #[error("layer `{layer}`: {what}\nhint: {hint}")]
    Unsupported {
        /// Its name.
        layer: String,
        /// Which way.
        what: String,
        /// What can be done.
        hint: &'static str,
    },
    /// The file does not say how large its images are.
    #[error("its network reads images of any size\nhint: choose one with `--image-size`")]
    AnySize,
    /// The file says that images have another size.
    #[error(
        "its network reads images of {expected}, not of {asked} x {asked}\n\
         hint: leave `--image-size` out"
    )]
    OtherSize {
        /// What it reads.
        expected: Shape,
        /// What was asked for.
        asked: usize,
    },
    /// The input is no image.
    #[error("its input has shape `{found}`: no grey or colour image, channels last")]
    NoImage {
        /// As the configuration has it.
        found: String,
    },
    /// A weight is missing.
    #[error("layer `{layer}` has no `{variable}` among the file's weights")]
    NoWeight {
        /// The layer.
        layer: String,
        /// What Keras calls it.
        variable: &'static str,
    },
    /// A weight has a name that several have.
    #[error("layer `{layer}` has several `{variable}` among the file's weights")]
    Ambiguous {
        /// The layer.
        layer: String,
        /// What Keras calls it.
        variable: &'static str,
    },
    /// A weight has another shape than its layer.
    #[error("`{variable}` of layer `{layer}` has shape {found:?}, expected {expected:?}")]
    WeightShape {
        /// The layer.
        layer: String,
        /// What Keras calls it.
        variable: &'static str,
        /// What the layer needs.
        expected: Vec<usize>,
        /// What the file has.
        found: Vec<usize>,
    },
    /// A weight is of integers, say.
    #[error("`{variable}` of layer `{layer}` holds `{found}`, no floating-point numbers")]
    WeightType {
        /// The layer.
        layer: String,
        /// What Keras calls it.
        variable: &'static str,
        /// What HDF5 calls it.
        found: String,
    },
    /// Weights that take more room than the file has.
    #[error("its weights are larger than the file: it is damaged")]
    TooLarge,
    /// The layers make no graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The weights are not finite, say.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
}
