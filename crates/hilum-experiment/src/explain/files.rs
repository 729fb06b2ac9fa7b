//! Pictures, maps and pages of explained slices.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hilum_explain::sanity::Placement;
use hilum_explain::{
    Caption, Method, SeriesSlice, Thumbnail, View, figure, npy, series_page, sheets,
};
use hilum_files::write_atomically;
use hilum_imaging::{encode_png, write_png};
use rayon::prelude::*;

use super::heat::{Heat, HeatPlan, Subject};
use super::{Explain, Explanation, FileExplanation};
use crate::judging::Judging;
use crate::predict::JudgedFile;
use crate::slice_names::SliceNames;
use crate::{ExperimentError, FileAnswer, Prediction};

/// Slices of pages, at most: their thumbnails stay in memory.
const MOST_ON_PAGES: usize = 1200;

/// What was written so far.
pub(super) struct Files {
    folder: PathBuf,
    method: Method,
    layer: Option<String>,
    views: Vec<View>,
    /// Whether every slice is asked for one class.
    has_one_class: bool,
    names: SliceNames,
    all: Vec<Thumbnail>,
    series: BTreeMap<String, Vec<SeriesSlice>>,
    classes: BTreeSet<String>,
}

impl Files {
    pub(super) fn new(request: &Explain, plan: &HeatPlan, folder: PathBuf) -> Self {
        Self {
            folder,
            method: request.heat.method,
            layer: plan.layer.clone(),
            views: request.views.clone(),
            has_one_class: request.class.is_some(),
            names: SliceNames::default(),
            all: Vec::new(),
            series: BTreeMap::new(),
            classes: BTreeSet::new(),
        }
    }

    pub(super) fn into_folder(self) -> PathBuf {
        self.folder
    }

    /// Writes the pictures and maps of judged files, and says what they show, in their order.
    pub(super) fn write(
        &mut self,
        model: &Judging<'_>,
        judged: &[JudgedFile],
        subjects: &[Subject<'_>],
        heat: &[Heat],
    ) -> Result<Vec<FileExplanation>, ExperimentError> {
        let (file, workers) = (model.file(), model.readers());
        let mut found = subjects.iter().zip(heat);
        let mut explanations = Vec::with_capacity(judged.len());
        let mut pictured = Vec::new();
        for file_of in judged {
            match &file_of.answer {
                FileAnswer::Unreadable { path, frame, error } => {
                    explanations.push(FileExplanation::Unreadable {
                        path: path.clone(),
                        frame: *frame,
                        error: error.clone(),
                    });
                }
                FileAnswer::Predicted(prediction) => {
                    let (subject, heat) = found.next().expect("heat of every judged slice");
                    let class = file.classes.name(subject.class).clone();
                    let name = self.names.of(prediction);
                    let explanation = Explanation {
                        path: prediction.path.clone(),
                        frame: prediction.frame,
                        probability: prediction.probabilities[&class],
                        class,
                        answer: prediction.class.clone(),
                        abstained: prediction.abstained,
                        reason: prediction.reason,
                        model: prediction.model.clone(),
                        method: self.method,
                        layer: self.layer.clone(),
                        signal: heat.map.signal(),
                        placement: heat.placement.clone(),
                        sanity: heat.checks.clone(),
                        picture: self.folder.join(format!("{name}.png")),
                        map: self.folder.join(format!("{name}.npy")),
                        warnings: prediction.warnings.clone(),
                    };
                    pictured.push((explanation.clone(), prediction, subject, heat));
                    explanations.push(FileExplanation::Explained(Box::new(explanation)));
                }
            }
        }
        let views = &self.views;
        let drawn: Vec<Result<Thumbnail, ExperimentError>> = workers.install(|| {
            pictured
                .par_iter()
                .map(|(explanation, _, subject, heat)| draw(explanation, views, subject, heat))
                .collect()
        });
        for (thumbnail, (explanation, prediction, ..)) in drawn.into_iter().zip(pictured) {
            self.keep(thumbnail?, &explanation, prediction);
        }
        Ok(explanations)
    }

    fn keep(&mut self, thumbnail: Thumbnail, explanation: &Explanation, prediction: &Prediction) {
        if self.all.len() >= MOST_ON_PAGES {
            return;
        }
        self.classes.insert(explanation.class.to_string());
        if let Some(uid) = &prediction.series_uid {
            let slices = self.series.entry(uid.clone()).or_default();
            slices.push(SeriesSlice {
                thumbnail: thumbnail.clone(),
                instance_number: prediction.instance_number,
                position_mm: prediction.position_mm,
                probability: Some(explanation.probability),
            });
        }
        self.all.push(thumbnail);
    }

    /// A sheet of all slices where there are several, and a page of each series.
    pub(super) fn write_pages(&mut self) -> Result<Vec<PathBuf>, ExperimentError> {
        let mut written = Vec::new();
        if self.all.len() < 2 {
            return Ok(written);
        }
        let single: Vec<&String> = self
            .series
            .iter()
            .filter(|(_, slices)| slices.len() > 1)
            .map(|(uid, _)| uid)
            .collect();
        let covered = single.len() == 1
            && self.series.values().map(Vec::len).sum::<usize>() == self.all.len();
        if !covered {
            let caption = self.caption(None);
            for (number, page) in (1..).zip(sheets(&caption, &self.all)) {
                let path = self.free(&format!("sheet-{number}"));
                write_png(&path, &page)?;
                written.push(path);
            }
        }
        for (number, slices) in (1..).zip(self.series.values().filter(|slices| slices.len() > 1)) {
            let caption = self.caption(Some("the slices of a series in the order of the body"));
            let path = self.free(&format!("series-{number}"));
            write_png(&path, &series_page(&caption, slices))?;
            written.push(path);
        }
        Ok(written)
    }

    /// A page's name that no slice has.
    fn free(&self, name: &str) -> PathBuf {
        let mut unique = name.to_owned();
        while self.names.contains(&unique) {
            unique.push('-');
        }
        self.folder.join(format!("{unique}.png"))
    }

    fn caption(&self, line: Option<&str>) -> Caption {
        let class = match self.classes.first() {
            Some(class) if self.has_one_class || self.classes.len() == 1 => class.as_str(),
            _ => "the most likely class",
        };
        let mut caption = Caption::new(class, None, self.method.title(), self.layer.as_deref());
        class.clone_into(&mut caption.title);
        caption.lines.extend(line.map(str::to_owned));
        caption
    }
}

/// Writes the picture and the map of one slice.
fn draw(
    explanation: &Explanation,
    views: &[View],
    subject: &Subject<'_>,
    heat: &Heat,
) -> Result<Thumbnail, ExperimentError> {
    let class = explanation.class.to_string();
    let (probability, layer) = (Some(explanation.probability), explanation.layer.as_deref());
    let method = explanation.method.title();
    let mut caption = Caption::new(&class, probability, method, layer);
    if let Some(reason) = explanation.reason {
        caption.lines.push(format!(
            "the answer is \u{201c}I don't know\u{201d}: {reason}"
        ));
    }
    caption.lines.extend(places(&explanation.placement));
    caption.problems.clone_from(&explanation.sanity.failed);
    caption.problems.extend(explanation.placement.concern());
    let picture = figure(views, subject.decoded, &heat.map, &caption);
    // A tenth of the time of `write_png`, and pictures are most of what is written.
    let bytes = encode_png(&picture);
    write_atomically(&explanation.picture, |file| file.write_all(&bytes))?;
    let bytes = npy(&heat.raw);
    write_atomically(&explanation.map, |file| file.write_all(&bytes))?;
    let words = format!("{class} {:.2}", explanation.probability);
    let name = file_name(&explanation.path);
    let mut thumbnail = Thumbnail::new(subject.decoded, &heat.map, &name, &words);
    thumbnail.problem_count = caption.problems.len();
    Ok(thumbnail)
}

/// How much of the heat lies where, in a line.
fn places(placement: &Placement) -> Option<String> {
    let share = |share: Option<f64>, place: &str| {
        share.map(|share| format!("{:.0}% {place}", 100.0 * share))
    };
    let shares = [
        share(placement.inside_lungs, "of the heat in the lungs"),
        share(placement.outside_body, "outside of the body"),
        share(placement.on_lesion, "on the lesion and its margin"),
    ];
    let shares: Vec<String> = shares.into_iter().flatten().collect();
    (!shares.is_empty()).then(|| shares.join(", "))
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
