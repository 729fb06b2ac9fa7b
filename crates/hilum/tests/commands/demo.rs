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
