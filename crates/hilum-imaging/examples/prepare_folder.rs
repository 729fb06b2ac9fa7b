//! How long decoding and preparing take on one thread: `prepare_folder FOLDER`.

#![expect(clippy::print_stdout, reason = "an example speaks to a person")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hilum_imaging::{DecodeLimits, Recipe, decode};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("usage: prepare_folder FOLDER")?;
    let mut paths = Vec::new();
    collect(Path::new(&folder), &mut paths)?;
    let recipe = Recipe::reference();
    let limits = DecodeLimits::default();
    let (mut reading, mut decoding, mut preparing) =
        (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut prepared_count = 0_u32;
    let mut values = vec![0.0; recipe.value_count()];
    for path in &paths {
        let start = Instant::now();
        let bytes = fs_err::read(path)?;
        let read = Instant::now();
        match decode(&bytes, recipe.window, &limits) {
            Ok(slice) => {
                let decoded = Instant::now();
                recipe.normalise(&recipe.prepare(&slice.pixels), &mut values);
                reading += read - start;
                decoding += decoded - read;
                preparing += decoded.elapsed();
                prepared_count += 1;
            }
            Err(problem) => println!("{}: {problem}", path.display()),
        }
    }
    let per_file = |time: Duration| 1e3 * time.as_secs_f64() / f64::from(prepared_count.max(1));
    println!(
        "{prepared_count} of {} files, ms per file: read {:.2}, decode {:.2}, prepare {:.2}",
        paths.len(),
        per_file(reading),
        per_file(decoding),
        per_file(preparing)
    );
    Ok(())
}

/// Every file below `folder`.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
