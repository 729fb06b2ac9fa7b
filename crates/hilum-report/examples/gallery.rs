//! Writes every plot and report of made-up results into a folder, to be looked at:
//! `cargo run -p hilum-report --example gallery -- /tmp/gallery`.

#[path = "../tests/report/compared.rs"]
mod compared;
#[path = "../tests/report/fixture.rs"]
mod fixture;
#[path = "../tests/report/sections.rs"]
mod sections;

use std::path::Path;

use hilum_core::{Severity, Split};
use hilum_metrics::Leaked;
use hilum_report::{Evaluated, PlotFormat, write_curves, write_evaluation};

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
        write_evaluation(&folder, &evaluated, PlotFormat::Png)?;
        write_curves(
            &folder.join("curves.svg"),
            &history,
            &context,
            PlotFormat::Png,
        )?;
    }
    compared::write("second", &folder.join("compared"));
    whole(&folder.join("whole"))
}

/// A page with every section that there is.
fn whole(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 160);
    let (mut report, predictions) = fixture::calibrated(&classes, &predictions, false);
    let clean: Vec<usize> = (0..140).collect();
    report.split = Split::Test;
    let (of_clean, _) = fixture::calibrated(&classes, &predictions[..140], false);
    report.clean = Some(of_clean.as_is);
    report.audit = fixture::audited(
        &[
            ("duplicate-across-splits", Severity::Error, 20),
            ("near-duplicate", Severity::Warning, 12),
        ],
        &[],
    );
    report.leaked = Some(Leaked {
        count: 0,
        of: 160,
        files: Vec::new(),
    });
    report.stress = Some(sections::stress(&classes, &predictions[..140]));
    let (history, context) = (fixture::history(40), fixture::context());
    let flow = sections::data_flow(&classes, 160, 140);
    let heat = sections::heat(&classes);
    let cases = sections::cases(&classes, &predictions);
    let provenance = sections::provenance();
    let evaluated = Evaluated {
        clean: Some(&clean),
        training: Some((&history, &context)),
        data_flow: Some(&flow),
        heat: Some(&heat),
        cases: Some(&cases),
        provenance: Some(&provenance),
        ..fixture::evaluated(&report, &predictions)
    };
    write_evaluation(folder, &evaluated, PlotFormat::Png)?;
    Ok(())
}
