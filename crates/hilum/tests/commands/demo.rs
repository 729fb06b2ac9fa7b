//! `hilum demo`.

use crate::workplace::Workplace;

#[test]
fn the_demo_goes_the_whole_way_and_says_where_to_look() {
    let workplace = Workplace::new();
    let finished = workplace.hilum(&["demo", "--slices", "4", "--epochs", "1"]);
    finished.succeeds();
    for path in [
        "hilum-demo/slices/train/adenocarcinoma",
        "hilum-demo/dicom",
        "hilum-demo/runs/demo/model.safetensors",
        "hilum-demo/runs/demo/curves.svg",
        "hilum-demo/runs/demo/evaluation/report.html",
        "hilum-demo/runs/demo/evaluation/metrics.json",
    ] {
        assert!(workplace.path(path).exists(), "{path}");
    }
    assert!(
        finished.stderr.contains("where to look"),
        "{}",
        finished.stderr
    );
    assert_eq!(
        finished.stdout.matches(".dcm").count(),
        4,
        "{}",
        finished.stdout
    );
}

#[test]
fn series_of_the_demo_get_an_answer_each() {
    let workplace = Workplace::new();
    let finished = workplace.hilum(&["demo", "--slices", "4", "--epochs", "1", "--series", "3"]);
    finished.succeeds();
    let written = fs_err::read_to_string(workplace.path("hilum-demo/lesions.csv"));
    let written = written.expect("the places of the lesions");
    assert_eq!(written.matches("dicom/test").count(), 9, "{written}");
    assert!(finished.stdout.contains("3 slices"), "{}", finished.stdout);
}
