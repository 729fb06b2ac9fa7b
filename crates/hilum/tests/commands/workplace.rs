//! A folder of its own for each test, and the binary to run in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use hilum_imaging::{Channels, Pixels, write_png};
use tempfile::TempDir;

/// A temporary folder.
pub(crate) struct Workplace {
    folder: TempDir,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The classes of [`Workplace::slices`], in order.
pub(crate) const CLASSES: [&str; 3] = ["adenocarcinoma", "normal", "squamous.cell.carcinoma"];

/// Flags that make training as quick as it can be.
pub(crate) const QUICK: [&str; 8] = [
    "--arch",
    "compact-cnn",
    "--image-size",
    "32",
    "--batch",
    "4",
    "--augment",
    "none",
];

impl Workplace {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Runs `hilum` here, to its end.
    pub(crate) fn hilum(&self, arguments: &[&str]) -> Finished {
        self.hilum_with(&[], arguments)
    }

    /// The same with environment variables.
    pub(crate) fn hilum_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Finished {
        let mut command = self.command(arguments);
        let output = command
            .envs(variables.iter().copied())
            .output()
            .expect("the binary starts");
        Finished {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts `hilum` here and goes on.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts")
    }

    /// Starts `hilum` here, keeps what it says, and goes on.
    pub(crate) fn start_piped(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hilum"));
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .stdin(Stdio::null());
        // A setting of the machine must not change a test; two threads are the same everywhere.
        let is_setting = |name: &str| {
            let name = name.to_uppercase();
            name.starts_with("HILUM_") || name.starts_with("HF_") || name.ends_with("_PROXY")
        };
        for (name, _) in std::env::vars().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        command.env("HILUM_THREADS", "2");
        // What one test reads of its slices must not be taken for another's.
        command.env("XDG_CACHE_HOME", self.folder.path().join("cache"));
        command
    }

    /// `slices/{train,valid,test}/CLASS/*.png`, small and easy to tell apart.
    pub(crate) fn slices(&self) -> PathBuf {
        let splits = [("train", 6), ("valid", 3), ("test", 3)];
        for (split_index, (split, count)) in splits.into_iter().enumerate() {
            for (class, class_name) in CLASSES.iter().enumerate() {
                for number in 0..count {
                    let seed = class * 1000 + number * 10 + split_index;
                    let name = format!("slices/{split}/{class_name}/{number}.png");
                    self.write_slice(&name, class, seed);
                }
            }
        }
        self.path("slices")
    }

    /// A slice of a class: dark, bright, or striped, with noise.
    pub(crate) fn write_slice(&self, relative: &str, class: usize, seed: usize) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let mut state = seed as u64 + 1;
        let data = (0..32 * 32).map(|index: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let noise = (state >> 58) as u8;
            let level = match class {
                0 => 40,
                1 => 180,
                _ => {
                    if (index / 4).is_multiple_of(2) {
                        20
                    } else {
                        190
                    }
                }
            };
            level + noise
        });
        let pixels = Pixels::new(32, 32, Channels::Grey, data.collect());
        write_png(&path, &pixels).expect("a slice");
    }

    /// A slice that resembles no other: coarse noise.
    pub(crate) fn write_noise(&self, relative: &str, seed: usize) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let mut state = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let blocks: Vec<u8> = (0..64)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 56) as u8
            })
            .collect();
        let pixel = |index: usize| blocks[(index / 32 / 4) * 8 + index % 32 / 4];
        let data = (0..32 * 32).map(pixel).collect();
        let pixels = Pixels::new(32, 32, Channels::Grey, data);
        write_png(&path, &pixels).expect("a slice");
    }

    /// Trains for two epochs and gives the model.
    pub(crate) fn model(&self) -> PathBuf {
        self.slices();
        let mut arguments = vec!["train", "slices", "--name", "first", "--epochs", "2"];
        arguments.extend(QUICK);
        let finished = self.hilum(&arguments);
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        self.path("runs/first/model.safetensors")
    }
}

impl Finished {
    /// Checks that the command refused its input and said so in all of these words.
    pub(crate) fn refuses(&self, words: &[&str]) {
        assert_eq!(self.code, 1, "{}", self.stderr);
        assert!(self.stdout.is_empty(), "{}", self.stdout);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        for word in words {
            assert!(
                self.stderr.contains(word),
                "no `{word}` in:\n{}",
                self.stderr
            );
        }
    }

    /// Checks that the command did what it was asked.
    pub(crate) fn succeeds(&self) -> &Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }
}

/// The names in a folder, sorted.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}
