//! A model of another program as one of hilum's.

mod classes;
mod error;
mod pixels;

use std::path::{Path, PathBuf};

use hilum_core::{AuditSummary, Classes};
use hilum_graph::{Architecture, Graph, NetworkName, Parameters, Shape, Summary, summarise};
use hilum_imaging::{Channels, Interpolation, Recipe};
use hilum_keras::{KerasModel, Wishes, read_keras};
use hilum_weights::{
    ArchitectureDescription, INTENDED_USE, ImportRecord, ModelFile, TrainingRecord,
};
use serde::Serialize;

use crate::ExperimentError;

pub use classes::ClassNames;
pub use error::ImportError;
pub use pixels::PixelRange;

/// What is imported, and what its file does not say.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The file, of Keras: `.h5` or `.keras`.
    pub file: PathBuf,
    /// Where the model is written.
    pub out: PathBuf,
    /// What the outputs stand for; an error says how many there are if it is absent.
    pub classes: Option<ClassNames>,
    /// In which range the network reads pixels; if absent `0..=255` where it rescales them itself,
    /// `0.0..=1.0` where it does not.
    pub pixels: Option<PixelRange>,
    /// The side of the images, where the network reads any.
    pub image_size: Option<usize>,
    /// How its images were resized.
    pub interpolation: Interpolation,
    /// Under which terms the model may be used, if anybody said.
    pub licence: Option<String>,
    /// Whether a file that is there already is replaced.
    pub replaces: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Imported {
    /// The model.
    pub model: PathBuf,
    /// Which program wrote the file.
    pub written_by: String,
    /// The network's name; `imported` if hilum has none for it.
    pub architecture: NetworkName,
    /// The image that it reads.
    pub input: Shape,
    /// Trained values.
    pub parameters: usize,
    /// Running means and variances.
    pub statistics: usize,
    /// What its outputs stand for.
    pub classes: Classes,
    /// In which range it reads pixels.
    pub pixels: PixelRange,
    /// Whether nobody said so.
    pub pixels_are_a_guess: bool,
    /// What of the file was left out.
    pub left_out: Vec<String>,
}

/// Reads a model of Keras and writes it as hilum's.
///
/// # Errors
/// [`ExperimentError`] if the file cannot be read or holds what hilum does not have, something that
/// it does not say is missing, or the model cannot be written.
pub fn import(request: &Import) -> Result<Imported, ExperimentError> {
    check_place(&request.out, request.replaces)?;
    let wishes = Wishes {
        image_size: request.image_size,
    };
    let keras = read_keras(&request.file, &wishes).map_err(ImportError::from)?;
    let count = keras.graph.class_count();
    let names = request.classes.as_ref();
    let names = names.ok_or(ImportError::NoClasses { count })?.read()?;
    let (classes, order) = classes::in_order(&names, count)?;
    let guessed = PixelRange::of_network(keras.scaling.is_some());
    let pixels = request.pixels.unwrap_or(guessed);
    let summary = summarise(&keras.graph);
    let left_out: Vec<String> = keras.left_out.iter().map(ToString::to_string).collect();
    let written_by = keras.written_by.clone();
    let source = ImportRecord {
        file: file_name(&request.file),
        written_by: written_by.clone(),
        left_out: left_out.clone(),
    };
    let file = ModelFile {
        licence: request.licence.clone(),
        ..model(
            keras,
            classes,
            &order,
            pixels,
            request.interpolation,
            source,
        )?
    };
    file.write(&request.out)?;
    Ok(imported(
        request, &file, &summary, pixels, written_by, left_out,
    ))
}

fn imported(
    request: &Import,
    file: &ModelFile,
    summary: &Summary,
    pixels: PixelRange,
    written_by: String,
    left_out: Vec<String>,
) -> Imported {
    Imported {
        model: request.out.clone(),
        written_by,
        architecture: file.architecture.name,
        input: file.architecture.input,
        parameters: summary.parameters,
        statistics: summary.statistics,
        classes: file.classes.clone(),
        pixels,
        pixels_are_a_guess: request.pixels.is_none(),
        left_out,
    }
}

/// The model file, with the outputs in the order of `classes`.
fn model(
    mut keras: KerasModel,
    classes: Classes,
    order: &[usize],
    pixels: PixelRange,
    interpolation: Interpolation,
    source: ImportRecord,
) -> Result<ModelFile, ExperimentError> {
    classes::reorder_outputs(&keras.graph, &mut keras.parameters, order)?;
    let normalisation = pixels::normalisation(&mut keras, pixels)?;
    let input = keras.graph.input_shape();
    let recipe = Recipe {
        height: input.height,
        width: input.width,
        channels: match input.channels {
            1 => Channels::Grey,
            _ => Channels::Rgb,
        },
        interpolation,
        normalisation,
        ..Recipe::reference()
    };
    recipe.validate()?;
    let Network {
        description,
        imported,
        parameters,
    } = network(keras.graph, keras.parameters);
    Ok(ModelFile {
        architecture: description,
        imported,
        classes,
        recipe,
        training: TrainingRecord::imported(env!("CARGO_PKG_VERSION"), source),
        known_slices: None,
        audit: AuditSummary::NotAudited,
        validation: None,
        calibration: None,
        detector: None,
        rounding: None,
        licence: None,
        intended_use: INTENDED_USE.to_owned(),
        parameters,
    })
}

struct Network {
    description: ArchitectureDescription,
    imported: Option<Graph>,
    parameters: Parameters,
}

/// The network under its name here, or with its graph.
fn network(graph: Graph, parameters: Parameters) -> Network {
    let described = |name, dropout| ArchitectureDescription {
        name,
        input: graph.input_shape(),
        class_count: graph.class_count(),
        dropout,
    };
    match Architecture::recognise(&graph) {
        Some(known) => Network {
            description: described(known.architecture.into(), known.dropout),
            parameters: known.renamed(&graph, parameters),
            imported: None,
        },
        None => Network {
            description: described(NetworkName::Imported, None),
            imported: Some(graph),
            parameters,
        },
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// A name of another format is refused, and a file that is there already.
fn check_place(out: &Path, replaces: bool) -> Result<(), ImportError> {
    let extension = out.extension();
    if extension.is_some_and(|extension| !extension.eq_ignore_ascii_case("safetensors")) {
        let path = out.to_owned();
        return Err(ImportError::Extension { path });
    }
    if out.exists() && !replaces {
        let path = out.to_owned();
        return Err(ImportError::Exists { path });
    }
    Ok(())
}
