//! The thread that has series predicted, and keeps the house.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::activity::Completion;
use crate::predictor::{Predictor, PredictorError, SeriesFiles};
use crate::queue::{Job, is_full};
use crate::shared::Shared;
use crate::uid::Uid;
use crate::{Notice, QueueError, ResultObject};

/// Looking again, where nothing else wakes the thread.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// After something outside a series was missing.
const POSTPONED: Duration = Duration::from_secs(30);
/// Looking again for what was postponed.
const POSTPONED_SLEEP: Duration = Duration::from_secs(1);
/// Between two looks at what is old.
const HOUSEKEEPING: Duration = Duration::from_mins(1);

pub(crate) struct Worker<'a> {
    shared: &'a Shared,
    predictor: Box<dyn Predictor>,
    destinations: Vec<String>,
    ahead: Ahead,
    started: Instant,
    kept_house: Option<Instant>,
}

/// What was predicted before it was known to be complete.
#[derive(Default)]
struct Ahead {
    /// Of the last such series.
    predicted: Option<(Job, Asked)>,
    /// Series that went on all the same: they are not tried again until they are complete.
    hasty: BTreeSet<i64>,
}

/// What the predictor said, and how long that took.
struct Asked {
    said: Result<Vec<ResultObject>, PredictorError>,
    took: Duration,
}

/// What to do until a series is complete.
struct Meanwhile {
    sleep: Duration,
    /// The series to predict ahead.
    ahead: Option<i64>,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(shared: &'a Shared, predictor: Box<dyn Predictor>) -> Self {
        let destinations = shared.settings.destinations.iter();
        Self {
            shared,
            predictor,
            destinations: destinations.map(ToString::to_string).collect(),
            ahead: Ahead::default(),
            started: Instant::now(),
            kept_house: None,
        }
    }

    pub(crate) fn run(mut self) {
        while !self.shared.is_stopped() {
            let heard = self.shared.bell.count();
            let sleep = self.step().unwrap_or_else(|error| {
                let reason = error.to_string();
                self.shared.tell(&Notice::QueueFailed { reason });
                Duration::from_secs(1)
            });
            if !sleep.is_zero() {
                self.shared.bell.wait(heard, sleep);
            }
        }
    }

    /// Does what there is to do, one series at most; how long may be slept then.
    fn step(&mut self) -> Result<Duration, QueueError> {
        let meanwhile = self.complete_quiet_ones()?;
        if let Some(job) = self.shared.queue.claim(self.started.elapsed())? {
            self.predict(&job)?;
            return Ok(Duration::ZERO);
        }
        if let Some(series) = meanwhile.ahead
            && let Some(job) = self.shared.queue.claim_waiting(series)?
        {
            self.predict_ahead(job);
            return Ok(Duration::ZERO);
        }
        if self
            .kept_house
            .is_none_or(|last| last.elapsed() >= HOUSEKEEPING)
        {
            self.keep_house()?;
            self.kept_house = Some(Instant::now());
        }
        let sleep = meanwhile.sleep;
        let is_postponed = self.shared.queue.has_complete()?;
        Ok(if is_postponed {
            sleep.min(POSTPONED_SLEEP)
        } else {
            sleep
        })
    }

    fn complete_quiet_ones(&mut self) -> Result<Meanwhile, QueueError> {
        let (quiet, quiet_after_break) = {
            let settings = &self.shared.settings;
            (settings.quiet, settings.quiet_after_break)
        };
        let mut meanwhile = Meanwhile {
            sleep: LONGEST_SLEEP,
            ahead: None,
        };
        for waiting in self.shared.queue.waiting()? {
            let activity = &self.shared.activity;
            match activity.completion(&waiting, quiet, quiet_after_break) {
                Completion::Now => self.complete(waiting.id)?,
                Completion::In {
                    left,
                    quiet_for,
                    is_cut_off,
                } => {
                    meanwhile.sleep = meanwhile.sleep.min(left);
                    if !is_cut_off {
                        self.consider(waiting.id, quiet_for, &mut meanwhile);
                    }
                }
            }
        }
        Ok(meanwhile)
    }

    /// Whether a series is predicted ahead, now or soon.
    fn consider(&self, id: i64, quiet_for: Duration, meanwhile: &mut Meanwhile) {
        let start = self.shared.settings.head_start;
        let Some(start) = start.filter(|_| self.ahead.may_try(id)) else {
            return;
        };
        match start.checked_sub(quiet_for) {
            Some(until) if !until.is_zero() => meanwhile.sleep = meanwhile.sleep.min(until),
            _ => meanwhile.ahead = Some(id),
        }
    }

    fn complete(&mut self, id: i64) -> Result<(), QueueError> {
        let completed = self.shared.queue.complete(id)?;
        self.shared.activity.forget(id);
        self.ahead.hasty.remove(&id);
        if let Some((series_uid, instances, revision)) = completed {
            self.shared.tell(&Notice::Complete {
                series_uid,
                instances,
                revision,
            });
        }
        Ok(())
    }

    fn predict_ahead(&mut self, job: Job) {
        // What ends the process is counted, and told when it is complete.
        if job.is_hopeless {
            self.ahead.hasty.insert(job.id);
            return;
        }
        let asked = self.ask(&job);
        if let Some((forgotten, _)) = self.ahead.predicted.replace((job, asked)) {
            self.ahead.hasty.insert(forgotten.id);
        }
    }

    /// What the predictor says, whatever it does.
    fn ask(&mut self, job: &Job) -> Asked {
        let started = Instant::now();
        let series = SeriesFiles {
            study_uid: job.study.as_str(),
            series_uid: job.series.as_str(),
            files: &job.files,
        };
        let predictor = &mut self.predictor;
        let said = catch_unwind(AssertUnwindSafe(|| predictor.predict(series)));
        let panicked = || PredictorError::Never("the prediction panicked".to_owned());
        Asked {
            said: said.unwrap_or_else(|_| Err(panicked())),
            took: started.elapsed(),
        }
    }

    fn predict(&mut self, job: &Job) -> Result<(), QueueError> {
        if job.is_hopeless {
            return self.fail(job, "it was tried often, and the process ended each time");
        }
        let Asked { said, took } = match self.ahead.of(job) {
            Some(asked) => asked,
            None => self.ask(job),
        };
        let results = match said {
            Ok(results) => results,
            Err(PredictorError::Never(reason)) => return self.fail(job, &reason),
            Err(PredictorError::NotNow(reason)) => return self.postpone(job, &reason),
        };
        let named = |result: ResultObject| Some((Uid::parse(&result.sop_instance_uid)?, result));
        let Some(results) = results.into_iter().map(named).collect::<Option<Vec<_>>>() else {
            return self.fail(job, "a result has no UID");
        };
        match self
            .shared
            .queue
            .keep_results(job, &results, &self.destinations)
        {
            Ok(true) => self.shared.tell(&Notice::Predicted {
                series_uid: job.series.to_string(),
                results: results.len(),
                milliseconds: took.as_millis(),
            }),
            // Instances came meanwhile; it is completed and predicted anew.
            Ok(false) => {}
            Err(error) if is_full(&error) => return self.postpone(job, "the disk is full"),
            Err(error) => return Err(error),
        }
        self.shared.bell.ring();
        Ok(())
    }

    fn fail(&self, job: &Job, reason: &str) -> Result<(), QueueError> {
        self.shared.queue.fail(job, reason)?;
        self.tell_no_results(job, reason, false);
        Ok(())
    }

    fn postpone(&self, job: &Job, reason: &str) -> Result<(), QueueError> {
        let milliseconds = POSTPONED.as_millis() as i64;
        self.shared.queue.postpone(job, milliseconds)?;
        if !self.shared.is_stopped() {
            self.tell_no_results(job, reason, true);
        }
        Ok(())
    }

    fn tell_no_results(&self, job: &Job, reason: &str, again: bool) {
        self.shared.tell(&Notice::NotPredicted {
            series_uid: job.series.to_string(),
            reason: reason.to_owned(),
            again,
        });
    }

    fn keep_house(&self) -> Result<(), QueueError> {
        let settings = &self.shared.settings;
        let queue = &self.shared.queue;
        let limit = settings.retries.give_up_after.as_millis() as i64;
        for (result_uid, destination) in queue.give_up(limit)? {
            self.shared.tell(&Notice::GivenUp {
                result_uid,
                destination,
                reason: "it was tried for too long".to_owned(),
            });
        }
        let age = settings.retention.age.as_millis() as i64;
        let removed = queue.forget(age)? + queue.shrink(settings.retention.bytes)?;
        if removed > 0 {
            self.shared.tell(&Notice::Removed { series: removed });
        }
        Ok(())
    }
}

impl Ahead {
    fn may_try(&self, id: i64) -> bool {
        let is_last = |(job, _): &(Job, Asked)| job.id == id;
        !self.predicted.as_ref().is_some_and(is_last) && !self.hasty.contains(&id)
    }

    /// What was said of exactly these files.
    fn of(&mut self, job: &Job) -> Option<Asked> {
        let is_same =
            |(ahead, _): &mut (Job, Asked)| ahead.id == job.id && ahead.files == job.files;
        self.predicted.take_if(is_same).map(|(_, asked)| asked)
    }
}
