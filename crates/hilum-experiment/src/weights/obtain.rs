//! Getting weights: from the disk, the cache, the network or the program.

use std::io;
use std::path::{Path, PathBuf};

use hilum_core::Classes;
use hilum_graph::{Architecture, Graph, NetworkName, Parameters};
use hilum_hub::{FetchedWeights, RemoteWeights, fetch, file_sha256, sha256};
use hilum_weights::{
    ArchitectureDescription, KnownSlices, ModelFile, NamedBy, onnx_entries, read_weights,
};
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::WeightsSource;
use crate::session::Session;
use crate::settings::NetworkSettings;
use crate::{Event, ExperimentError, bundled};

/// Why weights cannot be the beginning of a run.
#[derive(Debug, Error)]
pub enum StartingWeightsError {
    /// There is no such file.
    #[error(
        "cannot read weights from `{}`\n\
         hint: `--weights` takes a file, `torchvision:NAME`, `hf:OWNER/NAME/FILE`, `https://...`, \
         `bundled` or `none`",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the disk says.
        source: io::Error,
    },
    /// Their name says that they are for another network.
    #[error(
        "`{source_name}` are weights for `{theirs}`, not for `{wanted}`\nhint: add `--arch {theirs}`"
    )]
    OtherNetwork {
        /// What the user calls them.
        source_name: String,
        /// The network that they are for.
        theirs: NetworkName,
        /// The network of the run.
        wanted: NetworkName,
    },
    /// `imported` was named, and no such model.
    #[error(
        "`imported` is the network of a model that was imported, and none was given\n\
         hint: name it with `--weights FILE`, or another network with `--arch`"
    )]
    NothingImported,
    /// They are others than those that the run began with.
    #[error(
        "the weights `{source_name}` are not those that the run began with: their SHA-256 was \
         {recorded}, now it is {found}\n\
         hint: put the former file back, or start a new run"
    )]
    Changed {
        /// What the user calls them.
        source_name: String,
        /// Their checksum when the run began.
        recorded: String,
        /// Their checksum now.
        found: String,
    },
}

/// Brings the weights of a run to this machine, and notes their checksum, or compares it with
/// the one that was noted when the run began.
///
/// # Errors
/// If they are for another network, cannot be had, or changed.
pub(crate) fn prepare(
    network: &mut NetworkSettings,
    session: &Session<'_>,
) -> Result<(), ExperimentError> {
    let architecture = network.architecture;
    let Some(weights) = &mut network.weights else {
        return Ok(());
    };
    check_network(&weights.source, architecture)?;
    let found = checksum(&weights.source, session)?;
    match &weights.sha256 {
        Some(recorded) if *recorded != found => Err(StartingWeightsError::Changed {
            source_name: weights.source.to_string(),
            recorded: recorded.clone(),
            found,
        }
        .into()),
        _ => {
            weights.sha256 = Some(found);
            Ok(())
        }
    }
}

/// The tensors of weights, for `graph` and `classes`; published ones are fetched if need be.
pub(crate) fn read(
    source: &WeightsSource,
    graph: &Graph,
    classes: &Classes,
    session: &Session<'_>,
) -> Result<Parameters, ExperimentError> {
    let path = match source {
        WeightsSource::File(path) => path.clone(),
        WeightsSource::Published(weights) => fetched(weights, session)?.path,
        WeightsSource::Bundled => return from_bundled(graph, classes, session),
    };
    let (tensors, named) = read_weights(&path)?.named_for(graph);
    if let NamedBy::Order { unfolded } = named {
        session.tell(&Event::WeightsInOrder { source, unfolded });
    }
    Ok(tensors)
}

/// What the model knows whose weights a run begins with; `None` if they are of no model.
pub(crate) fn known_slices(
    network: &NetworkSettings,
    session: &Session<'_>,
) -> Result<Option<KnownSlices>, ExperimentError> {
    let Some(weights) = &network.weights else {
        return Ok(None);
    };
    let path = match &weights.source {
        WeightsSource::Bundled => return Ok(bundled::read()?.known_slices),
        WeightsSource::File(path) => path.clone(),
        WeightsSource::Published(weights) => fetched(weights, session)?.path,
    };
    // Weights of other programs are no model, and know nothing.
    Ok(match ModelFile::read(&path) {
        Ok(file) => file.known_slices,
        Err(_) => of_onnx(&path, "hilum.known_slices"),
    })
}

/// The bundled model's tensors; without its head where that tells other classes apart, though
/// they may be as many.
fn from_bundled(
    graph: &Graph,
    classes: &Classes,
    session: &Session<'_>,
) -> Result<Parameters, ExperimentError> {
    let model = bundled::read()?;
    if model.classes == *classes {
        return Ok(model.parameters);
    }
    session.tell(&Event::BundledHeadLeftOut);
    let specs = graph.parameters();
    let is_head = |name: &str| {
        let mut head = specs.iter().filter(|spec| spec.node >= graph.head());
        head.any(|spec| spec.name == name)
    };
    let tensors = model.parameters.into_iter();
    Ok(tensors.filter(|(name, _)| !is_head(name)).collect())
}

/// Refuses weights whose name says that they are for another network, before they are fetched.
fn check_network(source: &WeightsSource, wanted: NetworkName) -> Result<(), ExperimentError> {
    if matches!(source, WeightsSource::File(_)) {
        // What does not fit says so tensor by tensor.
        return Ok(());
    }
    let Some(theirs) = network_of(source)? else {
        return Ok(());
    };
    // TensorFlow's variant has the same parameters.
    let is_variant =
        theirs == Architecture::EfficientnetB0 && wanted == Architecture::EfficientnetB0Tf;
    if theirs == wanted || is_variant {
        return Ok(());
    }
    let source_name = source.to_string();
    Err(StartingWeightsError::OtherNetwork {
        source_name,
        theirs,
        wanted,
    }
    .into())
}

/// The network that weights are for, where their name or their file says so; nothing is fetched.
pub(crate) fn network_of(source: &WeightsSource) -> Result<Option<NetworkName>, ExperimentError> {
    Ok(match source {
        // What cannot be read is said when it is needed.
        WeightsSource::File(path) => {
            let model = ModelFile::read(path);
            let described = model.ok().map(|model| model.architecture);
            let described = described.or_else(|| of_onnx(path, "hilum.architecture"));
            described.map(|described: ArchitectureDescription| described.name)
        }
        WeightsSource::Bundled => Some(bundled::read()?.architecture.name),
        WeightsSource::Published(weights) => weights.torchvision_network().and_then(|name| {
            let fits = |one: &Architecture| one.torchvision_name() == Some(name);
            Architecture::ALL
                .into_iter()
                .find(fits)
                .map(NetworkName::from)
        }),
    })
}

/// The model of `source`, if it came from another program: its recipe is what its network learned
/// from.
pub(crate) fn imported(source: &WeightsSource) -> Option<ModelFile> {
    let WeightsSource::File(path) = source else {
        return None;
    };
    let model = ModelFile::read(path).ok();
    model.filter(|model| model.training.is_imported())
}

/// What an ONNX file that hilum wrote says of its model.
fn of_onnx<T: DeserializeOwned>(path: &Path, key: &str) -> Option<T> {
    serde_json::from_str(onnx_entries(path).get(key)?).ok()
}

fn checksum(source: &WeightsSource, session: &Session<'_>) -> Result<String, ExperimentError> {
    match source {
        WeightsSource::File(path) => file_sha256(path).map_err(|source| {
            let path = path.clone();
            StartingWeightsError::Unreadable { path, source }.into()
        }),
        WeightsSource::Published(weights) => Ok(fetched(weights, session)?.sha256),
        WeightsSource::Bundled => Ok(sha256(hilum_models::bundled())),
    }
}

fn fetched(
    weights: &RemoteWeights,
    session: &Session<'_>,
) -> Result<FetchedWeights, ExperimentError> {
    let mut tell = |progress: hilum_hub::Progress<'_>| session.tell(&Event::Fetch(&progress));
    let fetched = fetch(weights, &session.hub, &mut tell, session.cancel());
    session.tell(&Event::FetchEnds);
    Ok(fetched?)
}
