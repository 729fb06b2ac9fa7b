//! `hilum train` from pre-trained weights, with frozen layers, and on all that is not test.

use hilum_imaging::Views;
use hilum_weights::ModelFile;
use toml::Value;

use crate::workplace::{Finished, QUICK, Workplace};

/// A first model in `runs/first`, and a run called `second` from its weights.
fn train_on(workplace: &Workplace, more: &[&str]) -> Finished {
    let weights = workplace.model();
    let mut arguments = vec!["train", "slices", "--name", "second", "--weights"];
    arguments.push(weights.to_str().expect("a path of letters"));
    // All but `--augment none`, which the recipe has its own word for.
    arguments.extend(&QUICK[..6]);
    arguments.extend(more);
    workplace.hilum(&arguments)
}

fn settings(workplace: &Workplace) -> Value {
    let text = std::fs::read_to_string(workplace.path("runs/second/settings.toml"));
    let text = text.expect("settings");
    toml::from_str(&text).expect("TOML")
}

#[test]
fn pre_trained_weights_bring_a_recipe_of_their_own() {
    let workplace = Workplace::new();
    train_on(&workplace, &["--epochs", "2"]).succeeds();
    let settings = settings(&workplace);
    let training = &settings["training"];
    assert_eq!(training["update"]["rule"].as_str(), Some("adam_w"));
    assert_eq!(training["schedule"]["kind"].as_str(), Some("one-cycle"));
    assert_eq!(training["class_weights"].as_str(), Some("balanced"));
    assert_eq!(training["keep"].as_str(), Some("last"));
    assert!(training.get("early_stopping").is_none());
    let augmentation = &training["augmentation"];
    assert_eq!(augmentation["vertical_flip"].as_bool(), Some(false));
    let model = ModelFile::read(&workplace.path("runs/second/model.safetensors")).unwrap();
    assert_eq!(model.recipe.views, Views::MirroredIfUnsure);
    let validation = model.validation.unwrap();
    assert_eq!(validation.epoch, Some(2), "the last epoch is kept");
}

#[test]
fn flags_change_one_thing_each_in_that_recipe() {
    let workplace = Workplace::new();
    let flags = [
        "--epochs",
        "1",
        "--schedule",
        "constant",
        "--averaging",
        "0",
    ];
    let more = [
        "--views",
        "single",
        "--rotation",
        "3",
        "--optimizer",
        "adam",
    ];
    train_on(&workplace, &[flags, more].concat()).succeeds();
    let settings = settings(&workplace);
    let training = &settings["training"];
    assert_eq!(training["schedule"]["kind"].as_str(), Some("constant"));
    assert_eq!(training["update"]["rule"].as_str(), Some("adam"));
    assert!(training.get("averaging").is_none());
    let augmentation = &training["augmentation"];
    assert_eq!(augmentation["rotation_range"].as_float(), Some(3.0));
    assert_eq!(augmentation["horizontal_flip"].as_bool(), Some(true));
    assert_eq!(settings["recipe"]["views"].as_str(), Some("single"));
    assert_eq!(training["class_weights"].as_str(), Some("balanced"));
}

#[test]
fn kept_features_give_the_model_that_none_give() {
    let workplace = Workplace::new();
    let flags = ["--freeze", "backbone", "--epochs", "3", "--augment", "none"];
    let kept = train_on(&workplace, &flags);
    kept.succeeds();
    let anew = [&flags[..], &["--kept-variations", "0"]].concat();
    train_on(&workplace, &anew).succeeds();
    let weights = |run: &str| {
        let path = workplace.path(&format!("runs/{run}/model.safetensors"));
        ModelFile::read(&path).unwrap().parameters
    };
    // A taken name gets a number.
    assert_eq!(weights("second"), weights("second-2"));
}

#[test]
fn a_layer_can_be_the_first_to_learn() {
    let workplace = Workplace::new();
    let nowhere = train_on(&workplace, &["--epochs", "1", "--freeze", "stage9"]);
    assert_eq!(nowhere.code, 1, "{}", nowhere.stderr);
    assert!(
        nowhere.stderr.contains("has no layer `stage9`"),
        "{}",
        nowhere.stderr
    );
    let head = train_on(&workplace, &["--epochs", "2", "--freeze", "stage3"]);
    head.succeeds();
    let read = |run: &str| {
        let path = workplace.path(&format!("runs/{run}/model.safetensors"));
        ModelFile::read(&path).unwrap().parameters
    };
    let (before, after) = (read("first"), read("second"));
    let moved: Vec<&str> = after
        .iter()
        .filter(|(name, tensor)| before.get(name) != Some(tensor))
        .map(|(name, _)| name)
        .collect();
    let is_frozen = |name: &&str| {
        ["stem", "stage1", "stage2"]
            .iter()
            .any(|part| name.starts_with(part))
    };
    assert!(
        !moved.is_empty() && !moved.iter().any(is_frozen),
        "{moved:?}"
    );
}

#[test]
fn a_final_model_takes_the_validation_slices_if_nothing_is_chosen_by_them() {
    let workplace = Workplace::new();
    let chosen = train_on(
        &workplace,
        &["--epochs", "1", "--keep", "best", "--train-on-valid"],
    );
    assert_eq!(chosen.code, 1);
    assert!(chosen.stderr.contains("--keep last"), "{}", chosen.stderr);
    let finished = train_on(&workplace, &["--epochs", "1", "--train-on-valid"]);
    finished.succeeds();
    let said = "training on 27 slices, validating on 0";
    assert!(finished.stderr.contains(said), "{}", finished.stderr);
    let model = ModelFile::read(&workplace.path("runs/second/model.safetensors")).unwrap();
    let validation = model.validation.unwrap();
    assert_eq!(validation.scores.accuracy, None);

    let model = "runs/second/model.safetensors";
    for (split, is_marked) in [("valid", true), ("test", false)] {
        let place = ["--split", split, "--force"];
        let evaluate = [&["evaluate", "slices", "--model", model], &place[..]].concat();
        let judged = workplace.hilum(&evaluate);
        judged.succeeds();
        let metrics = workplace.path("runs/second/evaluation/metrics.json");
        let metrics = std::fs::read_to_string(metrics).expect("metrics");
        assert_eq!(metrics.contains("trained-on-split"), is_marked, "{metrics}");
    }
}
