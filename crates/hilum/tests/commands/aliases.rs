//! Names that users of other tools type.

use toml::Table;

use crate::workplace::{QUICK, Workplace};

fn settings(workplace: &Workplace, run: &str) -> Table {
    let path = workplace.path(run).join("settings.toml");
    let text = std::fs::read_to_string(path).expect("settings");
    text.parse().expect("TOML")
}

#[test]
fn flags_of_other_tools_are_taken() {
    let workplace = Workplace::new();
    workplace.slices();
    let finished = workplace.hilum(&[
        "train",
        "--data",
        "slices",
        "--arch",
        "compact-cnn",
        "--imgsz",
        "32",
        "--batch-size",
        "4",
        "--lr",
        "0.002",
        "--optimizer",
        "adamw",
        "--wd",
        "0.05",
        "--epochs",
        "1",
        "--project",
        "elsewhere",
        "--name",
        "mine",
    ]);
    assert_eq!(
        finished.succeeds().stdout,
        "elsewhere/mine/model.safetensors\n"
    );
    let settings = settings(&workplace, "elsewhere/mine");
    let training = &settings["training"];
    assert_eq!(training["learning_rate"].as_float(), Some(0.002));
    assert_eq!(training["batch_size"].as_integer(), Some(4));
    assert_eq!(training["update"]["weight_decay"].as_float(), Some(0.05));
    assert_eq!(settings["recipe"]["height"].as_integer(), Some(32));
    assert_eq!(settings["data"]["path"].as_str(), Some("slices"));
}

#[test]
fn variables_and_hilum_toml_take_them_too() {
    let workplace = Workplace::new();
    workplace.slices();
    let file = "[train]\ndata = \"slices\"\nbatch-size = 5\nproject = \"there\"\n";
    std::fs::write(workplace.path("hilum.toml"), file).unwrap();
    let mut arguments = vec!["train", "--name", "mine", "--epochs", "1"];
    // All but the batch of the file.
    arguments.extend(QUICK.iter().filter(|word| !["--batch", "4"].contains(word)));
    let finished = workplace.hilum_with(&[("HILUM_LR", "0.003")], &arguments);
    finished.succeeds();
    let settings = settings(&workplace, "there/mine");
    assert_eq!(
        settings["training"]["learning_rate"].as_float(),
        Some(0.003)
    );
    assert_eq!(settings["training"]["batch_size"].as_integer(), Some(5));
}

#[test]
fn data_is_given_once() {
    let workplace = Workplace::new();
    workplace
        .hilum(&["train", "slices", "--data", "others"])
        .refuses(&["given twice", "slices", "others"]);
    workplace.hilum(&["train"]).refuses(&["DATA"]);
    let audited = workplace.hilum(&["audit", "--data", "nowhere"]);
    audited.refuses(&["nowhere"]);
}

#[test]
fn a_flag_that_is_not_there_leads_to_the_one_that_is() {
    let workplace = Workplace::new();
    for (given, meant) in [
        ("--epoch", "did you mean `--epochs`?"),
        ("--learningrate", "did you mean `--learning-rate`?"),
        ("--cos-lr", "--schedule cosine"),
        ("--validation_split", "hilum split"),
        ("--num-workers", "--threads"),
        ("--pretrained", "--weights"),
    ] {
        let finished = workplace.hilum(&["train", "slices", given]);
        finished.refuses(&[given, meant]);
    }
    let nothing = workplace.hilum(&["train", "slices", "--xyzzy"]);
    nothing.refuses(&["--xyzzy"]);
    assert!(!nothing.stderr.contains("tip:"), "{}", nothing.stderr);
}
