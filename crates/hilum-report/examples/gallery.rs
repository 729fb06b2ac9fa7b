//! Writes every plot and report of made-up results into a folder, to be looked at:
//! `cargo run -p hilum-report --example gallery -- /tmp/gallery`.

#[path = "../tests/report/fixture.rs"]
mod fixture;

use std::path::Path;

use hilum_core::Severity;
use hilum_metrics::Leaked;
use hilum_report::{Evaluated, write_curves, write_evaluation};

/// Folder, class names, which of them have slices, how many slices, how many epochs.
type Case<'a> = (&'a str, &'a [&'a str], &'a [usize], usize, usize);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("where to? name a folder")?;
    let folder = Path::new(&folder);
    let numbered: Vec<String> = (1..=20)
        .map(|at| format!("lung.lesion.type.{at:02}"))
        .collect();
    let twenty: Vec<&str> = numbered.iter().map(String::as_str).collect();
    let all: Vec<usize> = (0..20).collect();
    let cases: [Case<'_>; 5] = [
        ("four-classes", &fixture::CHEST, &all[..4], 72, 50),
        ("two-classes", &fixture::CHEST[1..3], &all[..2], 9, 3),
        ("twelve-classes", &fixture::TWELVE, &all[..12], 1200, 12),
        ("twenty-classes", &twenty, &all, 3000, 200),
        ("absent-class", &fixture::CHEST, &[0, 2], 30, 1),
    ];
    for (name, names, present, slice_count, epoch_count) in cases {
        let classes = fixture::classes(names);
        let predictions = fixture::predictions(classes.len(), present, slice_count);
        let mut report = fixture::report(&classes, &predictions);
        if name == "four-classes" {
            report.clean = Some(fixture::evaluation(&classes, &predictions[..60]));
            report.audit = fixture::audited(
                &[
                    ("duplicate-across-splits", Severity::Error, 46),
                    ("brightness-predicts-class", Severity::Warning, 1),
                    ("near-duplicate", Severity::Warning, 12),
                ],
                &["`adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib` read as `adenocarcinoma`"],
            );
        } else if name == "two-classes" {
            report.audit = fixture::audited(&[], &[]);
        }
        if name == "twelve-classes" {
            let count = slice_count;
            report.clean = None;
            report.leaked = Some(Leaked {
                count,
                of: count,
                files: Vec::new(),
            });
            report.audit = fixture::audited(&[], &[]);
        }
        let (mut report, mut predictions) = (report, predictions);
        if name == "absent-class" || name == "twelve-classes" {
            let alarm = name == "absent-class";
            let (own, slices) = fixture::calibrated(&classes, &predictions, alarm);
            report.answers = own.answers;
            report.as_is = own.as_is;
            predictions = slices;
        }
        let history = fixture::history(epoch_count);
        let folder = folder.join(name);
        let context = fixture::context();
        let clean: Vec<usize> = (0..60).collect();
        let evaluated = Evaluated {
            clean: (name == "four-classes").then_some(clean.as_slice()),
            training: Some((&history, &context)),
            ..fixture::evaluated(&report, &predictions)
        };
        write_evaluation(&folder, &evaluated)?;
        write_curves(&folder.join("curves.svg"), &history, &context)?;
    }
    Ok(())
}
