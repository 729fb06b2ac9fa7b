//! How long reading and augmenting take: `cargo bench -p hilum-imaging [-- FOLDER]`.
//!
//! Without a folder, 512 x 512 phantoms in PNG are made for the occasion. One JSON object a line,
//! the best of three rounds; `cpu_ms` adds up all threads and is null where the system does not
//! tell. `scripts/bench_loader.py` times Pillow and Keras on the same files.

#![expect(clippy::print_stdout, reason = "a benchmark speaks to a person")]

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hilum_imaging::{
    Augmentation, DatasetSettings, DecodeError, DecodeLimits, PhantomFormat, Pixels, Recipe,
    decode_file, write_dataset,
};

const ROUNDS: usize = 3;
/// The least that a round takes.
const ROUND: Duration = Duration::from_millis(400);

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo passes `--bench`.
    let folder = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let made = tempfile::tempdir()?;
    let folder = match folder {
        Some(folder) => PathBuf::from(folder),
        None => phantoms(made.path())?,
    };
    let mut files = Vec::new();
    find(&folder, &mut files)?;
    let limits = DecodeLimits::default();
    let window = Recipe::reference().window;
    let decoded = files.iter().map(|path| decode_file(path, window, &limits));
    let decoded: Vec<Pixels> = decoded
        .map(|slice| Ok(slice?.pixels))
        .collect::<Result<_, DecodeError>>()?;
    for threads in [1, 2] {
        report("decode", "any", threads, files.len(), |index, _| {
            black_box(decode_file(&files[index], window, &limits).is_ok());
        });
    }
    for (name, recipe) in [
        ("200x200x1", Recipe::reference()),
        ("224x224x3", Recipe::imagenet(224)),
    ] {
        measure(name, &recipe, &files, &decoded);
    }
    Ok(())
}

/// Each stage of one recipe, then all of them.
fn measure(name: &str, recipe: &Recipe, files: &[PathBuf], decoded: &[Pixels]) {
    let limits = DecodeLimits::default();
    let prepared: Vec<Pixels> = decoded
        .iter()
        .map(|pixels| recipe.prepare(pixels))
        .collect();
    let plain = Augmentation::reference();
    let toned = Augmentation {
        brightness_range: Some([0.8, 1.2]),
        contrast_range: Some([0.8, 1.2]),
        ..Augmentation::reference()
    };
    let augment = |augmentation: &Augmentation, index: usize, pixels: &Pixels, out: &mut [f32]| {
        let transform = augmentation.draw(32, 1, index, recipe.height, recipe.width);
        recipe.normalise_varied(pixels, &transform, out);
    };
    let count = files.len();
    for threads in [1, 2] {
        report("prepare", name, threads, count, |index, _| {
            black_box(recipe.prepare(&decoded[index]));
        });
        report("normalise", name, threads, count, |index, buffer| {
            buffer.resize(recipe.value_count(), 0.0);
            recipe.normalise(&prepared[index], buffer);
        });
        for (stage, augmentation) in [("augment", &plain), ("augment, tones", &toned)] {
            report(stage, name, threads, count, |index, buffer| {
                buffer.resize(recipe.value_count(), 0.0);
                augment(augmentation, index, &prepared[index], buffer);
            });
        }
        report(
            "file to augmented",
            name,
            threads,
            count,
            |index, buffer| {
                buffer.resize(recipe.value_count(), 0.0);
                let slice = recipe.read_file(&files[index], &limits);
                let pixels = slice.expect("it was read before").pixels;
                augment(&plain, index, &pixels, buffer);
            },
        );
    }
}

/// What `threads` threads need for one image, in whole passes over all of them.
fn report(
    stage: &str,
    input: &str,
    threads: usize,
    images: usize,
    work: impl Fn(usize, &mut Vec<f32>) + Sync,
) {
    // Warms up, and says how many passes fill a round.
    let first = pass(images, threads, &work).wall;
    let passes = (ROUND.as_secs_f64() / first.as_secs_f64()).ceil() as usize;
    let count = images * passes.max(1);
    let rounds =
        (0..ROUNDS).map(|_| pass(count, threads, |index, buffer| work(index % images, buffer)));
    let rounds: Vec<Pass> = rounds.collect();
    let per_image = |time: Duration| 1e3 * time.as_secs_f64() / count as f64;
    let wall_ms = rounds.iter().map(|round| per_image(round.wall));
    let wall_ms = wall_ms.fold(f64::INFINITY, f64::min);
    let cpu_ms = rounds.iter().map(|round| round.cpu.map(per_image));
    let cpu_ms = cpu_ms.reduce(|best, next| Some(best?.min(next?))).flatten();
    let cpu_ms = cpu_ms.map_or("null".to_owned(), |value| format!("{value:.4}"));
    println!(
        "{{\"stage\": \"{stage}\", \"input\": \"{input}\", \"threads\": {threads}, \
         \"images\": {images}, \"wall_ms\": {wall_ms:.4}, \"cpu_ms\": {cpu_ms}}}"
    );
}

/// What a pass took, by the clock and of all threads together.
struct Pass {
    wall: Duration,
    cpu: Option<Duration>,
}

fn pass(count: usize, threads: usize, work: impl Fn(usize, &mut Vec<f32>) + Sync) -> Pass {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let run = || {
        let before = cpu_time();
        let mut buffer = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return cpu_time()?.checked_sub(before?);
            }
            work(index, &mut buffer);
            black_box(&buffer);
        }
    };
    let cpu = thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let ended = started.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .map(|used| used.expect("the work does not panic"))
            .sum()
    });
    Pass {
        wall: start.elapsed(),
        cpu,
    }
}

/// The time that this thread has had a core, where Linux says.
fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn phantoms(root: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let root = root.join("phantoms");
    let settings = DatasetSettings {
        train_per_class: 10,
        valid_per_class: 0,
        test_per_class: 0,
        slices_per_patient: 2,
        size: 512,
        seed: 32,
        format: PhantomFormat::Png,
    };
    write_dataset(&root, &settings, |_, _| {})?;
    Ok(root)
}

/// Every file below `folder`, in the order of the paths.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = fs_err::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            find(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
