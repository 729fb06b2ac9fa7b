//! Audits a folder and prints what it finds: `cargo run --example audit_folder -- DATA [PAGE
//! [CACHE]]`; `PAGE` is a folder for the HTML page, `CACHE` a file for what a second run need not
//! look at again.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example for the terminal"
)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use hilum_core::Cancel;
use hilum_dataset::audit::{AuditSettings, audit, mend, write_page};
use hilum_dataset::{ClassSets, Dataset, ReadSettings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("give a folder or a manifest")?;
    let settings = ReadSettings {
        class_sets: ClassSets::MayDiffer,
        ..ReadSettings::default()
    };
    let dataset = Dataset::read(Path::new(&path), &settings)?;
    let settings = AuditSettings {
        cache: std::env::args().nth(3).map(PathBuf::from),
        ..AuditSettings::default()
    };
    let start = Instant::now();
    let audit = audit(&dataset, &settings, &|_| {}, &Cancel::default())?;
    eprintln!(
        "{} files in {:.2?}",
        dataset.samples().len(),
        start.elapsed()
    );
    print!("{}", audit.to_text());
    let groups: std::collections::BTreeSet<_> = audit
        .similarity_groups(&dataset)
        .into_iter()
        .flatten()
        .collect();
    println!(
        "{} groups of slices that look like one scan (inferred)\n",
        groups.len()
    );
    if let Some(folder) = std::env::args().nth(2) {
        let page = write_page(Path::new(&folder), &dataset, &audit)?;
        eprintln!("{}", page.display());
    }
    print!("{}", mend(&dataset, &audit).audit.to_text());
    Ok(())
}
