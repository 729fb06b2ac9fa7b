//! The thread that has series predicted, and keeps the house.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::activity::Completion;
use crate::predictor::{Predictor, PredictorError, SeriesFiles};
use crate::queue::{Job, is_full};
use crate::shared::Shared;
use crate::uid::Uid;
use crate::{Notice, QueueError};

/// Looking again, where nothing else wakes the thread.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// After something outside a series was missing.
const POSTPONED: Duration = Duration::from_secs(30);
/// Between two looks at what is old.
const HOUSEKEEPING: Duration = Duration::from_mins(1);

pub(crate) struct Worker<'a> {
    shared: &'a Shared,
    predictor: Box<dyn Predictor>,
    destinations: Vec<String>,
    kept_house: Option<Instant>,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(shared: &'a Shared, predictor: Box<dyn Predictor>) -> Self {
        let destinations = shared.settings.destinations.iter();
        Self {
            shared,
            predictor,
            destinations: destinations.map(ToString::to_string).collect(),
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
        let sleep = self.complete_quiet_ones()?;
        if let Some(job) = self.shared.queue.claim()? {
            self.predict(&job)?;
            return Ok(Duration::ZERO);
        }
        if self
            .kept_house
            .is_none_or(|last| last.elapsed() >= HOUSEKEEPING)
        {
            self.keep_house()?;
            self.kept_house = Some(Instant::now());
        }
        Ok(sleep)
    }

    fn complete_quiet_ones(&self) -> Result<Duration, QueueError> {
        let settings = &self.shared.settings;
        let mut sleep = LONGEST_SLEEP;
        for waiting in self.shared.queue.waiting()? {
            let activity = &self.shared.activity;
            let completion =
                activity.completion(&waiting, settings.quiet, settings.quiet_after_break);
            match completion {
                Completion::In(left) => sleep = sleep.min(left),
                Completion::Now => {
                    let completed = self.shared.queue.complete(waiting.id)?;
                    activity.forget(waiting.id);
                    if let Some((series_uid, instances, revision)) = completed {
                        self.shared.tell(&Notice::Complete {
                            series_uid,
                            instances,
                            revision,
                        });
                    }
                }
            }
        }
        Ok(sleep)
    }

    fn predict(&mut self, job: &Job) -> Result<(), QueueError> {
        if job.is_hopeless {
            return self.fail(job, "it was tried often, and the process ended each time");
        }
        let started = Instant::now();
        let series = SeriesFiles {
            study_uid: job.study.as_str(),
            series_uid: job.series.as_str(),
            files: &job.files,
        };
        let predictor = &mut self.predictor;
        let predicted = catch_unwind(AssertUnwindSafe(|| predictor.predict(series)));
        let results = match predicted {
            Ok(Ok(results)) => results,
            Ok(Err(PredictorError::Never(reason))) => return self.fail(job, &reason),
            Ok(Err(PredictorError::NotNow(reason))) => return self.postpone(job, &reason),
            Err(_) => return self.fail(job, "the prediction panicked"),
        };
        let named =
            |result: crate::ResultObject| Some((Uid::parse(&result.sop_instance_uid)?, result));
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
                milliseconds: started.elapsed().as_millis(),
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
