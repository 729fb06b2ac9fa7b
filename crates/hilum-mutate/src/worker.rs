//! A process that runs one reader over its share of the cases.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{ExitCode, exit};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::mutation::mutate;
use crate::readers::{READERS, Read, Reader};
use crate::{ALLOCATOR, Arguments, MEMORY_LIMIT};

/// The longest that a reader may take for a file.
const WATCH: Duration = Duration::from_secs(5);

/// The status of a process that took too long; any other but 0 is a process that died.
pub(crate) const TOO_SLOW: i32 = 75;

/// When the case began that is read just now, in milliseconds from the process's beginning.
static BEGAN_MS: AtomicU64 = AtomicU64::new(u64::MAX);

/// Runs the cases `first`, `first + step`, ... of the one reader that is named.
///
/// A line of standard output for each: its number before it is read, and `panic` behind it.
pub(crate) fn run(arguments: &Arguments, first: u64, step: u64) -> ExitCode {
    let named = |reader: &&Reader| {
        arguments
            .readers
            .first()
            .is_some_and(|name| name == reader.name)
    };
    let Some(reader) = READERS.iter().find(named) else {
        return ExitCode::FAILURE;
    };
    let seeds = reader.seeds(&arguments.crates);
    let Ok(folder) = tempfile::tempdir() else {
        return ExitCode::FAILURE;
    };
    let path = folder.path().join("case");
    if ALLOCATOR.set_limit(MEMORY_LIMIT).is_err() {
        return ExitCode::FAILURE;
    }
    std::panic::set_hook(Box::new(|_| {}));
    let beginning = Instant::now();
    thread::spawn(move || watch(beginning));
    let mut out = std::io::stdout().lock();
    let mut case = first;
    while case < arguments.count {
        if writeln!(out, "{case}").and_then(|()| out.flush()).is_err() {
            return ExitCode::FAILURE;
        }
        let bytes = file_of(reader, &seeds, arguments.seed, case);
        BEGAN_MS.store(beginning.elapsed().as_millis() as u64, Ordering::Relaxed);
        let read = catch_unwind(AssertUnwindSafe(|| read(reader, bytes, &path)));
        BEGAN_MS.store(u64::MAX, Ordering::Relaxed);
        if read.is_err() && writeln!(out, "panic").is_err() {
            return ExitCode::FAILURE;
        }
        case += step;
    }
    let peak = ALLOCATOR.max_allocated();
    match writeln!(out, "peak {peak}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The file of a case.
pub(crate) fn file_of(reader: &Reader, seeds: &[Vec<u8>], seed: u64, case: u64) -> Vec<u8> {
    let name = reader.name.bytes().fold(seed, |hash, byte| {
        hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
    });
    let mut random = ChaCha8Rng::seed_from_u64(name.wrapping_add(case.wrapping_mul(0x9e37_79b9)));
    let mut bytes = seeds[random.random_range(0..seeds.len())].clone();
    let other = &seeds[random.random_range(0..seeds.len())];
    mutate(&mut bytes, other, &mut random);
    (reader.finish)(bytes)
}

fn read(reader: &Reader, bytes: Vec<u8>, path: &Path) {
    match reader.read {
        Read::Bytes(read) => read(bytes),
        Read::File(read) => {
            if fs_err::write(path, bytes).is_ok() {
                read(path);
            }
        }
    }
}

/// Ends the process if a case takes too long.
fn watch(beginning: Instant) {
    loop {
        thread::sleep(Duration::from_millis(100));
        let now = beginning.elapsed().as_millis() as u64;
        let began = BEGAN_MS.load(Ordering::Relaxed);
        if now.saturating_sub(began) > WATCH.as_millis() as u64 {
            exit(TOO_SLOW);
        }
    }
}
