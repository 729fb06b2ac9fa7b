//! `hilum explain`: where the model looked, as pictures, with what checks say of them.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgMatches, ValueEnum};
use hilum_core::printable_name;
use hilum_experiment::settings::Word;
use hilum_experiment::{
    Doubtful, ExperimentError, Explain, Explained, Explanation, FileExplanation, Frames, HeatPlace,
    HeatRequest, Method, Model, ModelOrigin, Placement, Predict, Signal, Thoroughness, View,
    bundled, explain_each,
};
use hilum_imaging::DecodeLimits;

use super::predict::{common_folder, name_within, of_printing, tell_unreadable};
use crate::arguments::{
    AnswerArguments, Chosen, DicomWebArguments, Format, OfPrediction, StoreArguments, one_of,
};
use crate::error::CommandError;
use crate::narrator::Narrator;
use crate::screen::{self, Screen, stdout_width};
use crate::summary::Table;
use crate::surroundings::session;

/// What `hilum explain` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A slice NAME gives NAME.png, the slice beside its heat, and NAME.npy, the map as the method gave\nit, both of the file's own size. Several slices are also shown on sheets, a DICOM series on a page.\nEvery map is checked: a check that fails is said under the picture.\n\nExamples:\n  hilum explain slice.png\n  hilum explain series/ --class adenocarcinoma --out heat\n  hilum explain scans/ --method layer-cam --layer features.14 --sanity full --format json"
)]
pub(crate) struct Arguments {
    /// Images, folders, archives, DICOM files and series, in any mix; studies and series of a server
    /// as `dicomweb:https://HOST/PATH/studies/UID`, with `/series/UID`; objects, or all below a
    /// folder of them, as `s3://BUCKET/NAME`, `gs://`, `az://` and `https://HOST/NAME`
    #[arg(required = true)]
    paths: Vec<PathBuf>,

    /// The model, as `hilum train` wrote it, or the one that comes with hilum
    #[arg(long, value_name = "FILE", default_value = bundled::CHOICE)]
    model: ModelOrigin,

    /// Folder of the pictures, empty or not there yet; if left out, `heat-maps` here, with a number
    /// where that is taken
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Write among what the folder of `--out` holds, over files of the same names
    #[arg(long, requires = "out")]
    force: bool,

    /// How heat is found
    #[arg(long, value_name = "METHOD", value_parser = one_of::<Method>(METHODS), default_value_t = Method::GradCam)]
    method: Method,

    /// The layer that is read, or a block, of which the last is; `hilum arch NAME` lists them. The
    /// last one with places, if left out
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,

    /// The class that heat speaks for; each slice's most likely one, if left out
    #[arg(long, value_name = "NAME")]
    class: Option<String>,

    /// How far maps are checked
    #[arg(long, value_name = "HOW", value_parser = one_of::<Thoroughness>(CHECKS), default_value_t = Thoroughness::default())]
    sanity: Thoroughness,

    /// What a slice's picture shows
    #[arg(long, value_enum, default_value_t = Picture::All)]
    picture: Picture,

    /// Where lesions lie: a table `path,center_x,center_y,radius` in pixels of the files, its paths
    /// relative to its folder; heat on each and on its margin of one radius is then counted
    #[arg(long, value_name = "FILE")]
    lesions: Option<PathBuf>,

    /// `text` is a table; `json` is an object a line
    #[arg(long, value_parser = Format::text_or_json(), value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Slices that go through the network at once
    #[arg(
        long,
        visible_alias = "batch-size",
        value_name = "COUNT",
        default_value = "16"
    )]
    batch: NonZeroUsize,

    /// Frames of files that hold several, from 1, such as `1,5-9`; all of them by default
    #[arg(long, value_name = "LIST")]
    frames: Option<Frames>,

    /// Refuse DICOM slices whose header speaks of no axial slice of a chest, instead of warning
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    answers: AnswerArguments,

    #[command(flatten)]
    dicomweb: DicomWebArguments,

    #[command(flatten)]
    stores: StoreArguments,

    #[command(flatten)]
    chosen: Chosen<OfPrediction>,
}

const METHODS: &[Word] = &[
    Word {
        name: Method::GradCam.name(),
        says: "A layer's channels, by the mean of their gradient",
    },
    Word {
        name: Method::GradCamPlusPlus.name(),
        says: "The same, small regions weighed up",
    },
    Word {
        name: Method::HiresCam.name(),
        says: "Each place of a layer, by its own gradient",
    },
    Word {
        name: Method::LayerCam.name(),
        says: "The same with positive gradients alone, good for early layers",
    },
    Word {
        name: Method::EigenCam.name(),
        says: "A layer's first principal component, whatever the class",
    },
    Word {
        name: Method::ScoreCam.name(),
        says: "A layer's channels, by the image that each lets through; slow",
    },
    Word {
        name: Method::Occlusion.name(),
        says: "What the class loses when a window is blacked out; slow",
    },
    Word {
        name: Method::IntegratedGradients.name(),
        says: "Gradients on the way from a black image; slow",
    },
    Word {
        name: Method::SmoothGrad.name(),
        says: "The mean gradient of copies with noise; slow",
    },
];

const CHECKS: &[Word] = &[
    Word {
        name: Thoroughness::Off.name(),
        says: "Not at all",
    },
    Word {
        name: Thoroughness::Fast.name(),
        says: "Weights drawn anew in two stages; hot places taken out and left alone",
    },
    Word {
        name: Thoroughness::Full.name(),
        says: "Weights drawn anew block by block, more shares, and ROAD",
    },
];

/// What a slice's picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Picture {
    /// The slice, its heat, and lines of equal heat, side by side
    All,
    /// The heat over the slice
    Overlay,
    /// Lines of equal heat over the slice
    Contour,
}

impl Picture {
    fn views(self) -> Vec<View> {
        match self {
            Self::All => View::ALL.to_vec(),
            Self::Overlay => vec![View::Overlay],
            Self::Contour => vec![View::Contour],
        }
    }
}

/// Opens the model, explains every file, and says what was found.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let policy = arguments.answers.policy().map_err(ExperimentError::from)?;
    let narrator = Narrator::new(screen);
    let session = session(&narrator)?;
    let choices = &arguments.chosen.choices;
    let mut model = Model::open(&arguments.model, &choices.machine(), &session)?;
    let mut request = Explain {
        predict: Predict {
            batch: arguments.batch,
            limits: DecodeLimits {
                max_pixels: choices.max_pixels(),
            },
            frames: arguments.frames.clone().unwrap_or_default(),
            doubtful: if arguments.strict {
                Doubtful::Refuse
            } else {
                Doubtful::Warn
            },
            policy,
            ..Predict::new(&arguments.paths)
        },
        heat: HeatRequest {
            method: arguments.method,
            layer: arguments.layer.clone(),
            sanity: arguments.sanity,
        },
        class: arguments.class.clone(),
        views: arguments.picture.views(),
        lesions: arguments.lesions.clone(),
        place: match (arguments.out.clone(), arguments.force) {
            (None, _) => HeatPlace::Fresh("heat-maps".into()),
            (Some(out), true) => HeatPlace::Over(out),
            (Some(out), false) => HeatPlace::At(out),
        },
    };
    arguments.dicomweb.fetch(&mut request.predict, &session)?;
    arguments.stores.attach(&mut request.predict, &session)?;
    let mut explanations: Vec<Explanation> = Vec::new();
    let mut unreadable = Vec::new();
    let explained = explain_each(&mut model, &request, &session, &mut |found| {
        if arguments.format == Format::Json {
            screen::print_json(&serde_json::to_string(&found)?)?;
        }
        match found {
            FileExplanation::Explained(found) if arguments.format == Format::Text => {
                explanations.push(*found);
            }
            FileExplanation::Explained(_) => {}
            FileExplanation::Unreadable { error, .. } => unreadable.push(error),
        }
        Ok(())
    });
    let Explained { counts, .. } = explained.map_err(of_printing)?;
    if arguments.format == Format::Text && !explanations.is_empty() {
        tell(&explanations)?;
    }
    tell_unreadable(counts, &unreadable, screen)
}

/// The table of all slices, and what checks found.
fn tell(explanations: &[Explanation]) -> Result<(), CommandError> {
    let first = &explanations[0];
    let layer = first.layer.as_deref();
    let place = layer.map_or_else(String::new, |layer| format!(" at `{layer}`"));
    screen::print(format_args!("{} heat{place}", first.method.title()))?;
    let folder = common_folder(explanations.iter().map(|one| one.path.as_path()));
    let has_lesions = explanations
        .iter()
        .any(|one| one.placement.on_lesion.is_some());
    let mut header = vec!["slice", "heat for", "likely", "in\nlungs", "off\nbody"];
    header.extend(has_lesions.then_some("on\nlesion"));
    header.push("checks");
    let mut table = Table::new(header, 2);
    for one in explanations {
        let name = name_within(&one.path, folder);
        let name = match one.frame {
            Some(frame) => format!("{name} frame {frame}"),
            None => name,
        };
        let place = &one.placement;
        let mut cells = vec![
            name,
            one.class.to_string(),
            format!("{:.3}", one.probability),
            percent(place.inside_lungs),
            percent(place.outside_body),
        ];
        cells.extend(has_lesions.then(|| percent(place.on_lesion)));
        cells.push(verdict(one));
        table.row(cells);
    }
    if let Some(folder) = folder {
        let folder = printable_name(&folder.display().to_string()).into_owned();
        screen::print(format_args!("files in {folder}:"))?;
    }
    screen::print(table.within(stdout_width()))?;
    for line in findings(explanations) {
        screen::print(line)?;
    }
    Ok(())
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.0}%", 100.0 * share))
}

fn verdict(one: &Explanation) -> String {
    match (one.signal, one.sanity.mode) {
        (Signal::Flat | Signal::NotFinite, _) => "no signal".to_owned(),
        (Signal::Present, Thoroughness::Off) => "–".to_owned(),
        (Signal::Present, _) if one.sanity.failed.is_empty() => "passed".to_owned(),
        (Signal::Present, _) => format!("{} failed", one.sanity.failed.len()),
    }
}

/// Each check that failed, with how many slices it failed on.
fn findings(explanations: &[Explanation]) -> Vec<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for failed in explanations.iter().flat_map(|one| &one.sanity.failed) {
        // Without the figure of one slice.
        let failed = failed.split(" (rank").next().unwrap_or(failed).to_owned();
        match counts.iter_mut().find(|(known, _)| *known == failed) {
            Some((_, count)) => *count += 1,
            None => counts.push((failed, 1)),
        }
    }
    let of = explanations.len();
    let said = explanations.iter().map(|one| one.placement.clone());
    let concern = Placement::mean(&said.collect::<Vec<_>>()).concern();
    let concern = concern.map(|concern| format!("over all slices {concern}"));
    let say = |(failed, count): (String, usize)| format!("failed on {count} of {of}: {failed}");
    counts.into_iter().map(say).chain(concern).collect()
}
