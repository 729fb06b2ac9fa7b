//! Progress bars: one for each task that runs, and one for a download.

use hilum_experiment::{Task, chain};
use hilum_hub::Progress;
use indicatif::ProgressBar;

use crate::screen::Screen;

/// The bars that are drawn just now.
#[derive(Default)]
pub(super) struct Bars {
    tasks: Vec<(Task, ProgressBar)>,
    download: Option<ProgressBar>,
}

impl Bars {
    pub(super) fn begin(&mut self, task: Task, total: usize, screen: &Screen) {
        self.end(task);
        self.tasks.push((task, screen.bar(total, task.words())));
    }

    pub(super) fn advance(&self, task: Task, done: usize) {
        if let Some(bar) = self.of(task) {
            bar.set_position(done as u64);
        }
    }

    pub(super) fn end(&mut self, task: Task) {
        self.tasks.retain(|(one, bar)| {
            let is_over = *one == task;
            if is_over {
                bar.finish_and_clear();
            }
            !is_over
        });
    }

    pub(super) fn of(&self, task: Task) -> Option<&ProgressBar> {
        let found = self.tasks.iter().find(|(one, _)| *one == task);
        found.map(|(_, bar)| bar)
    }

    pub(super) fn fetch(&mut self, progress: &Progress<'_>, screen: &Screen) {
        match progress {
            Progress::Waiting => {
                screen.note("waiting for another hilum that fetches the same weights");
            }
            Progress::Damaged { path } => screen.warn(format_args!(
                "`{}` is not what it was when it was fetched",
                path.display()
            )),
            Progress::Begins {
                url,
                received,
                total,
            } => {
                screen.note(format_args!("fetching `{url}`"));
                let new = screen.download_bar(*total);
                new.set_position(*received);
                if let Some(old) = self.download.replace(new) {
                    old.finish_and_clear();
                }
            }
            Progress::Received { received } => {
                if let Some(bar) = &self.download {
                    bar.set_position(*received);
                }
            }
            Progress::TriesAgain { error } => {
                screen.note(format_args!("{}; trying again", chain(*error)));
            }
        }
    }

    pub(super) fn fetch_ends(&mut self) {
        if let Some(bar) = self.download.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bars {
    /// What ends with an error leaves no bar behind.
    fn drop(&mut self) {
        self.fetch_ends();
        for (_, bar) in self.tasks.drain(..) {
            bar.finish_and_clear();
        }
    }
}
