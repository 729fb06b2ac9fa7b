//! Where the model looked on the judged slices: figures over all, pictures of a few.

use std::collections::BTreeMap;

use hilum_core::{ClassIndex, Classes};
use hilum_explain::sanity::{Placement, Thoroughness};
use hilum_explain::{Caption, HeatMap, Method, Scale, Signal, Thumbnail, overlay, sheets};
use hilum_imaging::{DecodeError, DecodeLimits, Interpolation, Pixels, decode_file, encode_png};
use hilum_metrics::{HeatShares, HeatTable};
use hilum_report::{HeatSection, Picture};
use rayon::prelude::*;

use super::cases::{chosen, size_on_page};
use super::{Evaluate, Judged, shown};
use crate::explain::{Heat, HeatPlan, HeatRequest, Subject};
use crate::session::Session;
use crate::{ExperimentError, Model, Task};

/// Maps of each class on the sheet.
const MAPS_PER_CLASS: usize = 4;
/// Slices that are decoded at once.
const CHUNK: usize = 64;

/// What was seen.
#[derive(Default)]
pub(super) struct Sights {
    pub(super) table: Option<HeatTable>,
    pub(super) section: Option<HeatSection>,
    /// Of the slices that are shown as cases, by their position.
    pub(super) maps: BTreeMap<usize, Picture>,
}

/// A slice that was looked at.
struct Seen {
    class: ClassIndex,
    placement: Placement,
    signal: Signal,
}

/// The heat of the slices that the figures stand for, if the request asks for it.
///
/// # Errors
/// [`ExperimentError`] if a file cannot be read any more, the engine fails or somebody cancels.
pub(super) fn sights(
    model: &mut Model,
    judged: &Judged,
    request: &Evaluate,
    session: &Session<'_>,
) -> Result<Sights, ExperimentError> {
    let Some(method) = request.explain else {
        return Ok(Sights::default());
    };
    let plan = plan(model, method, request)?;
    let (_, shown) = shown(judged);
    let classes = model.file.classes.clone();
    let chosen = chosen(judged);
    let cases = [&chosen.confident_mistakes[..], &chosen.unsure_hits].concat();
    let sheet = on_sheet(judged, &shown, &classes);
    let mut seen = Vec::with_capacity(shown.len());
    let mut maps = BTreeMap::new();
    let mut thumbnails = BTreeMap::new();
    session.counted(Task::Explain, shown.len(), |told| {
        for part in shown.chunks(CHUNK) {
            let slices = read(model, judged, part, request)?;
            let subjects = subjects(judged, part, &slices);
            let heat = plan.of(model.network(), &subjects, &[], session.cancel())?;
            for ((at, subject), heat) in part.iter().zip(&subjects).zip(heat) {
                if cases.contains(at) {
                    maps.insert(*at, case_map(subject, &heat, &classes));
                }
                if sheet.contains(at) {
                    let thumbnail = thumbnail(judged, *at, &classes, subject.decoded, &heat.map);
                    thumbnails.insert(*at, thumbnail);
                }
                seen.push(Seen {
                    class: subject.class,
                    signal: heat.map.signal(),
                    placement: heat.placement,
                });
            }
            told(seen.len());
        }
        Ok::<_, ExperimentError>(())
    })?;
    let table = table(&seen, &classes, method, plan.layer);
    let thumbnails: Vec<Thumbnail> = sheet
        .iter()
        .filter_map(|at| thumbnails.remove(at))
        .collect();
    let section = section(&table, method, &thumbnails);
    Ok(Sights {
        table: Some(table),
        section: Some(section),
        maps,
    })
}

fn plan(model: &Model, method: Method, request: &Evaluate) -> Result<HeatPlan, ExperimentError> {
    let graph = model.file.graph()?;
    let heat = HeatRequest {
        method,
        sanity: Thoroughness::Off,
        ..HeatRequest::default()
    };
    Ok(HeatPlan::new(
        &heat,
        &graph,
        &model.file.recipe,
        request.batch.get(),
    )?)
}

/// The surest slices of each class, class by class.
fn on_sheet(judged: &Judged, shown: &[usize], classes: &Classes) -> Vec<usize> {
    let mut sheet = Vec::new();
    for class in classes.indices() {
        let most_likely = |at: &usize| judged.predictions[*at].probabilities.most_likely();
        let mut own: Vec<usize> = shown
            .iter()
            .copied()
            .filter(|at| most_likely(at) == class)
            .collect();
        let sure = |at: &usize| judged.predictions[*at].probabilities.of(class);
        own.sort_by(|one, other| sure(other).total_cmp(&sure(one)));
        sheet.extend(own.into_iter().take(MAPS_PER_CLASS));
    }
    sheet
}

/// Slices as their files hold them, and as the network sees them.
fn read(
    model: &Model,
    judged: &Judged,
    part: &[usize],
    request: &Evaluate,
) -> Result<Vec<(Pixels, Pixels)>, DecodeError> {
    let limits = DecodeLimits {
        max_pixels: request.data.max_pixels,
    };
    let recipe = &model.file.recipe;
    let open = |at: &usize| {
        let slice = decode_file(&judged.predictions[*at].path, recipe, &limits)?;
        let prepared = recipe.prepare(&slice.pixels);
        Ok((slice.pixels, prepared))
    };
    model
        .workers
        .install(|| part.par_iter().map(open).collect())
}

fn subjects<'a>(
    judged: &Judged,
    part: &[usize],
    slices: &'a [(Pixels, Pixels)],
) -> Vec<Subject<'a>> {
    let pairs = part.iter().zip(slices);
    let subject = |(at, (decoded, prepared)): (&usize, &'a (Pixels, Pixels))| Subject {
        decoded,
        prepared,
        class: judged.predictions[*at].probabilities.most_likely(),
    };
    pairs.map(subject).collect()
}

fn table(seen: &[Seen], classes: &Classes, method: Method, layer: Option<String>) -> HeatTable {
    let shares = |of: &dyn Fn(&Seen) -> bool| {
        let own: Vec<&Seen> = seen.iter().filter(|one| of(one)).collect();
        let placements: Vec<Placement> = own.iter().map(|one| one.placement.clone()).collect();
        let mean = Placement::mean(&placements);
        let silent = own.iter().filter(|one| one.signal != Signal::Present);
        HeatShares {
            count: own.len(),
            without_signal: silent.count(),
            inside_lungs: mean.inside_lungs,
            inside_lungs_by_chance: mean.inside_lungs_by_chance,
            outside_body: mean.outside_body,
            outside_body_by_chance: mean.outside_body_by_chance,
        }
    };
    let of_class = |class| {
        (
            classes.name(class).to_string(),
            shares(&|one| one.class == class),
        )
    };
    let placements: Vec<Placement> = seen.iter().map(|one| one.placement.clone()).collect();
    HeatTable {
        method: method.name().to_owned(),
        layer,
        all: shares(&|_| true),
        per_class: classes.indices().map(of_class).collect(),
        concern: Placement::mean(&placements).concern(),
    }
}

fn section(table: &HeatTable, method: Method, thumbnails: &[Thumbnail]) -> HeatSection {
    let mut caption = Caption::new(
        "the most likely class",
        None,
        method.title(),
        table.layer.as_deref(),
    );
    "the surest slices of each class".clone_into(&mut caption.title);
    let pages = if thumbnails.is_empty() {
        Vec::new()
    } else {
        sheets(&caption, thumbnails)
    };
    let names: Vec<&str> = thumbnails.iter().map(|one| one.words.as_str()).collect();
    let text = format!(
        "heat over {} slices: {}",
        thumbnails.len(),
        names.join(", ")
    );
    let pictures = pages.iter();
    HeatSection {
        pictures: pictures
            .map(|page| picture(page, text.clone(), String::new()))
            .collect(),
        ..HeatSection::from(table)
    }
}

fn thumbnail(
    judged: &Judged,
    at: usize,
    classes: &Classes,
    decoded: &Pixels,
    map: &HeatMap,
) -> Thumbnail {
    let prediction = &judged.predictions[at];
    let class = prediction.probabilities.most_likely();
    let words = format!(
        "{} {:.2}",
        classes.name(class),
        prediction.probabilities.of(class)
    );
    Thumbnail::new(decoded, map, &name(judged, at), &words)
}

fn name(judged: &Judged, at: usize) -> String {
    let path = &judged.predictions[at].path;
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// A case's slice with its heat over it.
fn case_map(subject: &Subject<'_>, heat: &Heat, classes: &Classes) -> Picture {
    let (width, height) = size_on_page(subject.decoded.width(), subject.decoded.height());
    let slice = subject.decoded.to_grey();
    let slice = slice.resize(width, height, Interpolation::Bilinear);
    let map = heat.map.resized(width, height);
    let class = classes.name(subject.class);
    let (pixels, says) = match Scale::of(&map) {
        Ok(scale) => (overlay(&slice, &map, &scale), ""),
        Err(_) => (slice.clone(), ", which has no signal"),
    };
    let inside = heat.placement.inside_lungs;
    let inside = inside.map(|share| format!(", {:.0}% of it in the lungs", 100.0 * share));
    let text = format!("The heat for {class}{}{says}.", inside.unwrap_or_default());
    picture(&pixels, text, String::new())
}

fn picture(pixels: &Pixels, text: String, caption: String) -> Picture {
    Picture {
        png: encode_png(pixels),
        width: pixels.width(),
        height: pixels.height(),
        text,
        caption,
    }
}
