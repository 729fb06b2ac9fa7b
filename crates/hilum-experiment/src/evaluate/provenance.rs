//! What it takes to make an evaluation again.

use std::env::consts::{ARCH, OS};

use blake3::Hasher;
use hilum_core::Split;
use hilum_graph::DeviceName;
use hilum_imaging::{Normalisation, Recipe};
use hilum_metrics::{Bootstrap, EvaluationReport};
use hilum_report::{Fact, PlotFormat, Provenance};
use hilum_trust::Policy;
use serde_json::Value;

use super::{Evaluate, Judged};
use crate::settings::{Choices, MAX_PIXELS, flags, quoted};
use crate::{Model, ModelOrigin, Predict, StressGrid};

/// Settings, fingerprints, versions and the command of an evaluation.
pub(super) fn provenance(
    model: &Model,
    judged: &Judged,
    request: &Evaluate,
    plots: PlotFormat,
) -> Provenance {
    let report = &judged.report;
    let detail = |name: &str| report.details.get(name).cloned().unwrap_or_default();
    let training = &model.file.training;
    let trained_by = training.settings.hilum_version.clone();
    let fingerprints = [
        ("model file, BLAKE3", model.origin.digest()),
        ("judged slices, BLAKE3", digest_of_slices(judged)),
        ("slices of the training", training.data_fingerprint.clone()),
    ];
    let known = |(name, value): (&str, Option<String>)| Some(Fact::new(name, value?));
    Provenance {
        settings: settings(model, request, report),
        fingerprints: fingerprints.into_iter().filter_map(known).collect(),
        versions: [
            ("hilum", Some(env!("CARGO_PKG_VERSION").to_owned())),
            ("hilum that trained the model", trained_by),
            ("engine", Some(detail("engine"))),
            ("system", Some(format!("{OS}, {ARCH}"))),
        ]
        .into_iter()
        .filter_map(known)
        .collect(),
        command: Some(command(model, request, plots)),
    }
}

fn settings(model: &Model, request: &Evaluate, report: &EvaluationReport) -> Vec<Fact> {
    let detail = |name: &str| report.details.get(name).cloned().unwrap_or_default();
    let stress = match &report.stress {
        Some(table) => format!(
            "{}, {} changes of {} slices",
            request.stress,
            table.rows.len(),
            table.count
        ),
        None => StressGrid::Off.to_string(),
    };
    [
        ("data", detail("data")),
        ("split", request.split.to_string()),
        ("division", detail("division")),
        ("model", report.model.clone()),
        ("architecture", detail("architecture")),
        ("recipe", recipe(&model.file.recipe)),
        ("answers", detail("answers")),
        ("bootstrap", detail("bootstrap")),
        ("changes of the pictures", stress),
        ("batch", request.batch.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| Fact::new(name, value))
    .collect()
}

/// `height 224, width 224, channels rgb, ...`, in the words of the model file.
fn recipe(recipe: &Recipe) -> String {
    let Ok(Value::Object(fields)) = serde_json::to_value(recipe) else {
        return String::new();
    };
    let text = |name: &str, value: &Value| match (name, value) {
        ("window", _) => recipe.window.to_string(),
        ("normalisation", _) => match &recipe.normalisation {
            Normalisation::Scale => "scale".to_owned(),
            Normalisation::MeanStd { mean, std } => format!("mean {mean:?}, deviation {std:?}"),
        },
        (_, Value::String(word)) => word.clone(),
        (_, Value::Null) => "none".to_owned(),
        (_, value) => value.to_string(),
    };
    let fields = fields.iter();
    let said: Vec<String> = fields
        .map(|(name, value)| format!("{name} {}", text(name, value)))
        .collect();
    said.join(", ")
}

/// Over what each judged slice shows and what it is, in an order of their own: files may be moved and
/// renamed. `None` where a slice has no digest.
fn digest_of_slices(judged: &Judged) -> Option<String> {
    let classes = &judged.report.as_is.confusion.classes;
    let slices = judged.slices.iter().zip(&judged.predictions);
    let mut contents: Vec<(&str, &str)> = slices
        .map(|(slice, prediction)| {
            let content = slice.content.as_deref()?;
            Some((content, classes.name(prediction.truth).as_str()))
        })
        .collect::<Option<_>>()?;
    contents.sort_unstable();
    let mut hasher = Hasher::new();
    for (content, class) in contents {
        for text in [content, class] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    Some(hasher.finalize().to_hex().to_string())
}

/// `hilum evaluate ...` as a shell takes it; what is as it is by default is left out, but for the
/// threads, which decide the last bits.
fn command(model: &Model, request: &Evaluate, plots: PlotFormat) -> String {
    let mut words = vec!["hilum evaluate".to_owned()];
    let mut word = |text: &str| words.push(quoted(text));
    word(&request.data.path.display().to_string());
    if let ModelOrigin::File(path) = &model.origin {
        word("--model");
        word(&path.display().to_string());
    }
    let mut flag = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            // It may stand alone, so that a method stands behind `=`.
            let between = if name == "explain" { '=' } else { ' ' };
            words.push(format!("--{name}{between}{}", quoted(&value)));
        }
    };
    let differs = |is: bool, value: &dyn ToString| is.then(|| value.to_string());
    flag(
        "split",
        differs(request.split != Split::Test, &request.split),
    );
    flag(
        "batch",
        differs(request.batch != Predict::BATCH, &request.batch),
    );
    let seed = request.bootstrap.seed;
    flag("seed", differs(seed != Bootstrap::default().seed, &seed));
    let is_other = request.stress != StressGrid::default();
    flag("stress", differs(is_other, &request.stress));
    flag("explain", request.explain.map(|method| method.to_string()));
    flag("plots", differs(plots != PlotFormat::default(), &plots));
    let (policy, usual) = (&request.policy, Policy::default());
    flag(
        "abstain",
        differs(policy.abstain != usual.abstain, &policy.abstain),
    );
    flag("threshold", policy.threshold.map(|value| value.to_string()));
    flag(
        "margin",
        differs(policy.margin != usual.margin, &policy.margin),
    );
    flag("ood-share", policy.ood_share.map(|value| value.to_string()));
    flag(
        "coverage",
        differs(policy.coverage != usual.coverage, &policy.coverage),
    );
    flag("sets", differs(policy.sets != usual.sets, &policy.sets));
    words.push(flags(&choices(model, request)));
    words.join(" ")
}

/// How the data was read, and what the model ran on.
fn choices(model: &Model, request: &Evaluate) -> Choices {
    let data = &request.data;
    let given = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    let device = model.machine.device;
    Choices {
        class_map: given(&data.class_map),
        allow: given(&data.allow),
        split_seed: request.split_seed,
        max_pixels: (data.max_pixels != MAX_PIXELS).then_some(data.max_pixels),
        device: (device != DeviceName::default()).then_some(device),
        threads: Some(model.machine.threads.get()),
        ..Choices::default()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use hilum_trust::{Abstain, SetMethod};

    use super::*;
    use crate::{Method, Session};

    fn model() -> Model {
        let machine = Choices {
            threads: Some(2),
            ..Choices::default()
        };
        Model::open(
            &ModelOrigin::Bundled,
            &machine.machine(),
            &Session::default(),
        )
        .unwrap()
    }

    #[test]
    fn the_command_names_what_differs_from_what_is_usual_and_quotes_it() {
        let model = model();
        let usual = Evaluate::new(Choices::default().data("slices".as_ref()), &model.origin);
        assert_eq!(
            command(&model, &usual, PlotFormat::Svg),
            "hilum evaluate slices --threads 2"
        );
        let chosen = Choices {
            class_map: Some(vec!["old name=normal".to_owned()]),
            allow: Some(vec!["unreadable-file".to_owned()]),
            max_pixels: Some(1000),
            ..Choices::default()
        };
        let request = Evaluate {
            split: Split::Valid,
            split_seed: Some(7),
            batch: NonZeroUsize::MIN,
            bootstrap: Bootstrap {
                seed: 8,
                ..Bootstrap::default()
            },
            policy: Policy {
                abstain: Abstain::Never,
                margin: 0.25,
                ood_share: Some(0.5),
                coverage: 0.8,
                sets: SetMethod::Aps,
                ..Policy::default()
            },
            stress: StressGrid::Off,
            explain: Some(Method::HiresCam),
            ..Evaluate::new(chosen.data("my slices".as_ref()), &model.origin)
        };
        assert_eq!(
            command(&model, &request, PlotFormat::Png),
            "hilum evaluate 'my slices' --split valid --batch 1 --seed 8 --stress off \
             --explain=hires-cam --plots png --abstain never --margin 0.25 --ood-share 0.5 --coverage 0.8 --sets aps \
             --class-map 'old name=normal' --split-seed 7 --max-pixels 1000 \
             --allow unreadable-file --threads 2"
        );
    }

    #[test]
    fn the_recipe_is_said_in_the_words_of_the_model_file() {
        let said = recipe(&model().file.recipe);
        for words in [
            "height 224",
            "width 224",
            "channels rgb",
            "window lung",
            "clahe none",
            "mean [0.485, 0.456, 0.406]",
            "views mirrored",
        ] {
            assert!(said.contains(words), "no `{words}` in {said}");
        }
    }
}
