//! What the sections of a page are filled with: made-up flow of data, changes, maps and slices.

use hilum_core::{ClassIndex, ClassName, Classes, Probabilities};
use hilum_metrics::{Bootstrap, GroupedPart, Looks, Stress, StressTable, Stressed};
use hilum_report::{
    Case, Cases, ClassFlow, DataFlow, Exclusion, Fact, FlowStage, HeatRow, HeatSection, Picture,
    Prediction, Provenance, SplitFlow,
};

/// Pictures of this size are what a page of slices holds.
const SIDE: usize = 200;

/// Two dark lungs in a grey body; with `heat`, a warm spot over one of them.
pub(crate) fn drawn(heat: bool, text: &str, caption: &str) -> Picture {
    let inside = |x: f64, y: f64, (cx, cy, rx, ry): (f64, f64, f64, f64)| {
        ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2) < 1.0
    };
    let lungs = [(0.33, 0.5, 0.14, 0.26), (0.67, 0.5, 0.14, 0.26)];
    let pixel = |at: usize| {
        let (x, y) = (
            (at % SIDE) as f64 / SIDE as f64,
            (at / SIDE) as f64 / SIDE as f64,
        );
        let level = if !inside(x, y, (0.5, 0.5, 0.42, 0.36)) {
            4.0
        } else if lungs.iter().any(|lung| inside(x, y, *lung)) {
            36.0
        } else {
            150.0
        };
        let away = (x - 0.62).powi(2) + (y - 0.42).powi(2);
        let warm = if heat { (-away / 0.008).exp() } else { 0.0 };
        let mix = |full: f64| (level + warm * (full - level)).round() as u8;
        [mix(250.0), mix(190.0), mix(40.0)]
    };
    let colors: Vec<u8> = (0..SIDE * SIDE).flat_map(pixel).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, SIDE as u32, SIDE as u32);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("memory takes it");
    writer.write_image_data(&colors).expect("as many as said");
    drop(writer);
    Picture {
        png: file,
        width: SIDE,
        height: SIDE,
        text: text.to_owned(),
        caption: caption.to_owned(),
    }
}

pub(crate) fn heat(classes: &Classes) -> HeatSection {
    let row = |(at, name): (usize, &ClassName)| HeatRow {
        name: name.to_string(),
        count: 15,
        inside_lungs: Some(0.62 - 0.05 * at as f64),
        outside_body: Some(0.02 + 0.11 * at as f64),
        on_lesion: (at != 2).then_some(0.41),
    };
    HeatSection {
        method: "grad-cam".to_owned(),
        layer: "features.18".to_owned(),
        classes: classes.names().iter().enumerate().map(row).collect(),
        remarks: vec![
            "Of the heat of normal slices 24.0% lies outside of the body: the model may know the \
             class by a mark beside the patient."
                .to_owned(),
        ],
        pictures: vec![
            drawn(
                true,
                "Map of test/normal/7.png for normal: 31% in the lungs, 24% outside of the body.",
                "normal, 0.87; 31% in the lungs",
            ),
            drawn(
                true,
                "Map of test/adenocarcinoma/3.png: 62% in the lungs, 2% outside of the body.",
                "adenocarcinoma, 0.91; 62% in the lungs",
            ),
        ],
    }
}

pub(crate) fn cases(classes: &Classes, predictions: &[Prediction]) -> Cases {
    let case = |slice: &Prediction| {
        let predicted = slice.probabilities.most_likely();
        let [truth, called] = [slice.truth, predicted].map(|class| classes.name(class).to_string());
        let name = slice.path.display().to_string();
        let probability = slice.probabilities.of(predicted);
        let text = format!("{name}, {truth} called {called}, probability {probability:.3}");
        Case {
            slice: drawn(false, &text, ""),
            map: Some(drawn(
                true,
                &format!("Map of {name}: 44% in the lungs"),
                "grad-cam, 44% in the lungs",
            )),
            name,
            truth,
            predicted: called,
            probability,
        }
    };
    let right = |slice: &&Prediction| slice.probabilities.most_likely() == slice.truth;
    let hits = predictions.iter().filter(right).take(3).map(case).collect();
    let wrong = predictions.iter().filter(|slice| !right(slice));
    Cases {
        confident_mistakes: wrong.take(4).map(case).collect(),
        unsure_hits: hits,
    }
}

pub(crate) fn data_flow(classes: &Classes, judged: usize, clean: usize) -> DataFlow {
    let count = classes.len();
    let split = |name: &str, slices: usize, judged: Option<usize>| SplitFlow {
        name: name.to_owned(),
        slices,
        groups: Some(slices / 4),
        classes: classes
            .names()
            .iter()
            .map(|name| ClassFlow {
                name: name.to_string(),
                slices: slices / count,
                groups: Some(slices / count / 4),
                clean: judged.map(|clean| clean / count),
            })
            .collect(),
        judged: judged.is_some(),
        left_out: judged.map_or_else(Vec::new, |clean| {
            vec![Exclusion {
                reason: "copies of images in train".to_owned(),
                slices: slices - clean,
                groups: Some(2),
            }]
        }),
    };
    let stage = |name: &str, slices: usize, groups, excluded: &[(&str, usize)]| FlowStage {
        name: name.to_owned(),
        slices,
        groups,
        excluded: excluded
            .iter()
            .map(|(reason, slices)| Exclusion {
                reason: (*reason).to_owned(),
                slices: *slices,
                groups: None,
            })
            .collect(),
    };
    DataFlow {
        stages: vec![
            stage(
                "files found",
                1012,
                None,
                &[("no image: `Thumbs.db`", 4), ("could not be read", 3)],
            ),
            stage("slices read", 1005, Some(241), &[("in no split", 5)]),
            stage("slices in splits", 1000, Some(240), &[]),
        ],
        splits: vec![
            split("train", 612, None),
            split("valid", 72, None),
            split("test", judged, Some(clean)),
        ],
        group_unit: "patient".to_owned(),
    }
}

pub(crate) fn provenance() -> Provenance {
    Provenance {
        settings: vec![
            Fact::new("coverage of sets", "0.9"),
            Fact::new("answers with", "at least 0.5"),
        ],
        fingerprints: vec![
            Fact::new(
                "data",
                "blake3:0f5c1a6e7bd34bb0a2c9b7b8f3f1c6c1d2f9a0a4e1b7c8d9e0f1a2b3c4d5e6f7",
            ),
            Fact::new(
                "model",
                "blake3:9a4e1b7c8d9e0f1a2b3c4d5e6f70f5c1a6e7bd34bb0a2c9b7b8f3f1c6c1d2f9a",
            ),
        ],
        versions: vec![
            Fact::new("model file", "4"),
            Fact::new("engine", "cpu, avx2"),
        ],
        command: Some(
            "hilum evaluate slices/ --model runs/first/model.safetensors --split test --stress \
             --explain grad-cam"
                .to_owned(),
        ),
    }
}

/// What the model would say if a change had drawn each slice `share` of the way to the first class.
fn drawn_to_first(predictions: &[Prediction], share: f64) -> Looks {
    let changed = predictions.iter().map(|slice| {
        let row = slice.probabilities.as_slice().iter().enumerate();
        let row = row.map(|(class, value)| {
            let first = if class == 0 { share } else { 0.0 };
            value * (1.0 - share) + first
        });
        Probabilities::new(row.collect()).expect("a distribution")
    });
    Looks {
        probabilities: changed.collect(),
        abstained: 0,
    }
}

pub(crate) fn stress(classes: &Classes, predictions: &[Prediction]) -> StressTable {
    let truth: Vec<ClassIndex> = predictions.iter().map(|slice| slice.truth).collect();
    let groups: Vec<usize> = (0..predictions.len()).collect();
    let before = drawn_to_first(predictions, 0.0);
    let stressed = Stressed {
        classes,
        truth: &truth,
        groups: &groups,
        before: &before,
    };
    let changes = [
        ("brightness", 0.9, "factor", "brightness × 0.9", true, 0.04),
        ("brightness", 1.1, "factor", "brightness × 1.1", true, 0.12),
        ("contrast", 0.8, "factor", "contrast × 0.8", true, 0.25),
        (
            "window_centre",
            40.0,
            "HU",
            "window centre + 40 HU",
            true,
            0.02,
        ),
        (
            "window_width",
            1.25,
            "factor",
            "window width × 1.25",
            false,
            0.08,
        ),
        (
            "noise",
            8.0,
            "grey levels",
            "noise, 8 grey levels",
            false,
            0.3,
        ),
        ("jpeg", 50.0, "quality", "JPEG, quality 50", false, 0.01),
        (
            "size",
            0.75,
            "factor",
            "three quarters of the size",
            false,
            0.0,
        ),
        (
            "rotation",
            5.0,
            "degrees",
            "rotation by 5 degrees",
            true,
            0.06,
        ),
    ];
    let bootstrap = Bootstrap::default();
    let row = |(change, amount, unit, says, small, share): (_, _, _, &str, _, _)| {
        let stress = Stress {
            change,
            amount,
            unit,
            says: says.to_owned(),
            small,
        };
        stressed.row(stress, &drawn_to_first(predictions, share), &bootstrap)
    };
    let rows = changes.into_iter().map(row).collect();
    let count = predictions.len();
    stressed.table(GroupedPart::Clean, count, count / 2, rows)
}
