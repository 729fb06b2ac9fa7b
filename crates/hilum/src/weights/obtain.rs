//! Getting weights: from the disk, the cache, the network or the program.

use std::io;
use std::path::PathBuf;

use hilum_core::Classes;
use hilum_graph::{Architecture, Graph, Parameters};
use hilum_hub::{FetchError, HubSettings, Progress, RemoteWeights, fetch, file_sha256, sha256};
use hilum_weights::read_weights;
use indicatif::ProgressBar;
use thiserror::Error;

use super::WeightsSource;
use crate::bundled;
use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::NetworkSettings;

/// Why weights cannot be the beginning of a run.
#[derive(Debug, Error)]
enum WeightsError {
    #[error(
        "cannot read weights from `{}`\n\
         hint: `--weights` takes a file, `torchvision:NAME`, `hf:OWNER/NAME/FILE`, `https://...`, \
         `bundled` or `none`",
        path.display()
    )]
    Unreadable { path: PathBuf, source: io::Error },
    #[error(
        "`{source_name}` are weights for `{theirs}`, not for `{wanted}`\nhint: add `--arch {theirs}`"
    )]
    OtherNetwork {
        source_name: String,
        theirs: Architecture,
        wanted: Architecture,
    },
    #[error(
        "the weights `{source_name}` are not those that the run began with: their SHA-256 was \
         {recorded}, now it is {found}\n\
         hint: put the former file back, or start a new run"
    )]
    Changed {
        source_name: String,
        recorded: String,
        found: String,
    },
}

/// Brings the weights of a run to this machine, and notes their checksum, or compares it with
/// the one that was noted when the run began.
///
/// # Errors
/// If they are for another network, cannot be had, or changed.
pub(crate) fn prepare(network: &mut NetworkSettings, screen: &Screen) -> Result<(), CommandError> {
    let architecture = network.architecture;
    let Some(weights) = &mut network.weights else {
        return Ok(());
    };
    check_network(&weights.source, architecture)?;
    let found = checksum(&weights.source, screen)?;
    match &weights.sha256 {
        Some(recorded) if *recorded != found => {
            Err(CommandError::bad_input(WeightsError::Changed {
                source_name: weights.source.to_string(),
                recorded: recorded.clone(),
                found,
            }))
        }
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
    screen: &Screen,
) -> Result<Parameters, CommandError> {
    let path = match source {
        WeightsSource::File(path) => path.clone(),
        WeightsSource::Published(weights) => fetched(weights, screen)?.path,
        WeightsSource::Bundled => return from_bundled(graph, classes, screen),
    };
    let file = read_weights(&path).map_err(CommandError::bad_input)?;
    Ok(file.tensors)
}

/// The bundled model's tensors; without its head where that tells other classes apart, though
/// they may be as many.
fn from_bundled(
    graph: &Graph,
    classes: &Classes,
    screen: &Screen,
) -> Result<Parameters, CommandError> {
    let model = bundled::read()?;
    if model.classes == *classes {
        return Ok(model.parameters);
    }
    screen.note("the bundled model tells other classes apart than the data has");
    let specs = graph.parameters();
    let is_head = |name: &str| {
        let mut head = specs.iter().filter(|spec| spec.node >= graph.head());
        head.any(|spec| spec.name == name)
    };
    let tensors = model.parameters.into_iter();
    Ok(tensors.filter(|(name, _)| !is_head(name)).collect())
}

/// Refuses weights whose name says that they are for another network, before they are fetched.
fn check_network(source: &WeightsSource, wanted: Architecture) -> Result<(), CommandError> {
    let theirs = match source {
        WeightsSource::File(_) => return Ok(()),
        WeightsSource::Bundled => bundled::read()?.architecture.name,
        WeightsSource::Published(weights) => {
            let Some(name) = weights.torchvision_network() else {
                return Ok(());
            };
            let fits = |one: &Architecture| one.torchvision_name() == Some(name);
            match Architecture::ALL.into_iter().find(fits) {
                // TensorFlow's variant has the same parameters.
                Some(Architecture::EfficientnetB0) if wanted == Architecture::EfficientnetB0Tf => {
                    wanted
                }
                Some(theirs) => theirs,
                None => return Ok(()),
            }
        }
    };
    if theirs == wanted {
        return Ok(());
    }
    Err(CommandError::bad_input(WeightsError::OtherNetwork {
        source_name: source.to_string(),
        theirs,
        wanted,
    }))
}

fn checksum(source: &WeightsSource, screen: &Screen) -> Result<String, CommandError> {
    match source {
        WeightsSource::File(path) => file_sha256(path).map_err(|source| {
            let path = path.clone();
            CommandError::bad_input(WeightsError::Unreadable { path, source })
        }),
        WeightsSource::Published(weights) => Ok(fetched(weights, screen)?.sha256),
        WeightsSource::Bundled => Ok(sha256(hilum_models::bundled())),
    }
}

fn fetched(
    weights: &RemoteWeights,
    screen: &Screen,
) -> Result<hilum_hub::FetchedWeights, CommandError> {
    let settings = HubSettings::from_environment();
    let mut bar: Option<ProgressBar> = None;
    let outcome = fetch(weights, &settings, &mut |progress| {
        show(&progress, &mut bar, screen);
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    outcome.map_err(|error| match error {
        FetchError::Unreachable { .. }
        | FetchError::Dropped { .. }
        | FetchError::Status { .. }
        | FetchError::Write { .. }
        | FetchError::Read { .. } => CommandError::failure(error),
        _ => CommandError::bad_input(error),
    })
}

fn show(progress: &Progress<'_>, bar: &mut Option<ProgressBar>, screen: &Screen) {
    match progress {
        Progress::Waiting => screen.note("waiting for another hilum that fetches the same weights"),
        Progress::Damaged { path } => screen.warn(format_args!(
            "`{}` is not what it was when it was fetched",
            path.display()
        )),
        Progress::Begins {
            url,
            received,
            total,
        } => {
            screen.note(format_args!("fetching `{url}`"));
            let new = screen.download_bar(*total);
            new.set_position(*received);
            if let Some(old) = bar.replace(new) {
                old.finish_and_clear();
            }
        }
        Progress::Received { received } => {
            if let Some(bar) = bar {
                bar.set_position(*received);
            }
        }
        Progress::TriesAgain { error } => {
            screen.note(format_args!(
                "{}; trying again",
                crate::error::chain(*error)
            ));
        }
    }
}
