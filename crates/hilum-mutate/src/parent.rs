//! Starts workers, and counts what they say and how they end.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::thread;

use crate::Arguments;
use crate::readers::{READERS, Reader};
use crate::worker::{TOO_SLOW, file_of};

/// What came of a reader's cases.
#[derive(Debug, Default)]
struct Counts {
    cases: u64,
    panics: u64,
    /// Processes that died: out of memory, or of stack.
    deaths: u64,
    slow: u64,
    peak_bytes: u64,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let is_named = |reader: &&Reader| {
        arguments.readers.is_empty() || arguments.readers.iter().any(|name| name == reader.name)
    };
    let readers: Vec<&Reader> = READERS.iter().filter(is_named).collect();
    let mut arguments = arguments.clone();
    arguments.count = arguments.count.div_ceil(readers.len().max(1) as u64);
    let mut found = 0;
    let mut out = io::stdout();
    let _ = writeln!(out, "reader        files     panics  died  slow  peak MB");
    for reader in readers {
        let counts = match all_cases(&arguments, reader) {
            Ok(counts) => counts,
            Err(error) => {
                let _ = writeln!(out, "{}: {error}", reader.name);
                return ExitCode::FAILURE;
            }
        };
        let Counts {
            cases,
            panics,
            deaths,
            slow,
            peak_bytes,
        } = counts;
        let _ = writeln!(
            out,
            "{:<12} {cases:>8} {panics:>7} {deaths:>5} {slow:>5} {:>8}",
            reader.name,
            peak_bytes / 1_000_000
        );
        found += panics + deaths + slow;
    }
    if found == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn all_cases(arguments: &Arguments, reader: &Reader) -> io::Result<Counts> {
    let seeds = reader.seeds(&arguments.crates);
    if seeds.is_empty() {
        return Err(io::Error::other(
            "no files to begin from; is `--crates` right?",
        ));
    }
    let counts = Mutex::new(Counts::default());
    let keep = |case: u64, why: &str| -> io::Result<()> {
        fs_err::create_dir_all(&arguments.out)?;
        let name = format!("{}-{case}-{why}", reader.name);
        let bytes = file_of(reader, &seeds, arguments.seed, case);
        fs_err::write(arguments.out.join(name), bytes)
    };
    let share = |first: u64| -> io::Result<()> {
        let mut next = first;
        while next < arguments.count {
            next = one_worker(arguments, reader, next, &counts, &keep)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..arguments.processes)
            .map(|first| scope.spawn(move || share(first)))
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .map_err(|_| io::Error::other("a thread died"))?
        })
    })?;
    counts
        .into_inner()
        .map_err(|_| io::Error::other("a thread died"))
}

/// Runs a worker until it is done or dies; gives the case to go on with.
fn one_worker(
    arguments: &Arguments,
    reader: &Reader,
    first: u64,
    counts: &Mutex<Counts>,
    keep: &(dyn Fn(u64, &str) -> io::Result<()> + Sync),
) -> io::Result<u64> {
    let mut worker = Command::new(std::env::current_exe()?)
        .args(["--reader", reader.name])
        .args(["--count", &arguments.count.to_string()])
        .args(["--seed", &arguments.seed.to_string()])
        .arg("--crates")
        .arg(&arguments.crates)
        .args([
            "--work",
            &first.to_string(),
            &arguments.processes.to_string(),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let output = worker
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("no output"))?;
    let (mut case, mut mine) = (first, Counts::default());
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Ok(number) = line.parse() {
            (case, mine.cases) = (number, mine.cases + 1);
        } else if line == "panic" {
            mine.panics += 1;
            keep(case, "panic")?;
        } else if let Some(peak) = line.strip_prefix("peak ") {
            mine.peak_bytes = peak.parse().unwrap_or_default();
        }
    }
    let status = worker.wait()?;
    if status.code() == Some(TOO_SLOW) {
        mine.slow += 1;
        keep(case, "slow")?;
    } else if !status.success() {
        mine.deaths += 1;
        keep(case, "died")?;
    }
    let mut counts = counts
        .lock()
        .map_err(|_| io::Error::other("a thread died"))?;
    counts.cases += mine.cases;
    counts.panics += mine.panics;
    counts.deaths += mine.deaths;
    counts.slow += mine.slow;
    counts.peak_bytes = counts.peak_bytes.max(mine.peak_bytes);
    Ok(case + arguments.processes)
}
