//! The thread that has series predicted, and keeps the house.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::activity::Completion;
use crate::predictor::{Predictor, PredictorError, SeriesFiles};
use crate::queue::{Job, is_full};
use crate::shared::{Shared, Work};
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
/// Instances that are looked at before it is asked again what is complete.
const AHEAD: usize = 8;

pub(crate) struct Worker<'a> {
    shared: &'a Shared,
    predictor: Box<dyn Predictor>,
    destinations: Vec<String>,
    started: Instant,
    kept_house: Option<Instant>,
}

/// Keeps results of a series as they are made.
struct Keeping<'a> {
    shared: &'a Shared,
    job: &'a Job,
    destinations: &'a [String],
    count: usize,
    end: End,
}

/// Why no more results are wanted.
enum End {
    /// They are.
    No,
    /// Instances came meanwhile: the series is completed and predicted anew.
    Overtaken,
    /// Another model, or another hilum, began to answer.
    Begun,
    /// One cannot be named.
    NoUid,
    Queue(QueueError),
}

impl Work for Worker<'_> {
    /// Does what there is to do, one series at most.
    fn step(&mut self) -> Result<Duration, QueueError> {
        let sleep = self.complete_quiet_ones()?;
        if let Some(job) = self.shared.queue.claim(self.started.elapsed())? {
            self.predict(&job)?;
            return Ok(Duration::ZERO);
        }
        if self.look_ahead() {
            return Ok(Duration::ZERO);
        }
        let last = self.kept_house;
        if last.is_none_or(|last| last.elapsed() >= HOUSEKEEPING) {
            self.keep_house()?;
            self.kept_house = Some(Instant::now());
        }
        let is_postponed = self.shared.queue.has_complete()?;
        Ok(if is_postponed {
            sleep.min(POSTPONED_SLEEP)
        } else {
            sleep
        })
    }
}

impl<'a> Worker<'a> {
    pub(crate) fn new(shared: &'a Shared, predictor: Box<dyn Predictor>) -> Self {
        let destinations = shared.settings.destinations.iter();
        Self {
            shared,
            predictor,
            destinations: destinations.map(ToString::to_string).collect(),
            started: Instant::now(),
            kept_house: None,
        }
    }

    /// How long may be slept until another is complete.
    fn complete_quiet_ones(&self) -> Result<Duration, QueueError> {
        let settings = &self.shared.settings;
        let (quiet, quiet_after_break) = (settings.quiet, settings.quiet_after_break);
        let mut sleep = LONGEST_SLEEP;
        for waiting in self.shared.queue.waiting()? {
            let activity = &self.shared.activity;
            match activity.completion(&waiting, quiet, quiet_after_break) {
                Completion::Now => self.complete(waiting.id)?,
                Completion::In(left) => sleep = sleep.min(left),
            }
        }
        Ok(sleep)
    }

    fn complete(&self, id: i64) -> Result<(), QueueError> {
        let completed = self.shared.queue.complete(id)?;
        self.shared.activity.forget(id);
        if let Some((series_uid, instances, revision)) = completed {
            self.shared.tell(&Notice::Complete {
                series_uid,
                instances,
                revision,
            });
        }
        Ok(())
    }

    /// Has some instances looked at whose series goes on; whether there were any.
    fn look_ahead(&mut self) -> bool {
        let arrivals = self.shared.arrivals.next(AHEAD);
        let Some(first) = arrivals.first() else {
            return false;
        };
        let files: Vec<_> = arrivals.iter().map(|one| one.file.clone()).collect();
        let instances = SeriesFiles {
            study_uid: first.study.as_str(),
            series_uid: first.series.as_str(),
            files: &files,
        };
        let predictor = &mut self.predictor;
        // What panics here does so again when the series is complete, and is told then.
        let _ = catch_unwind(AssertUnwindSafe(|| predictor.look_ahead(instances)));
        true
    }

    fn predict(&mut self, job: &Job) -> Result<(), QueueError> {
        if job.is_hopeless {
            return self.fail(job, "it was tried often, and the process ended each time");
        }
        self.shared.arrivals.forget(job.id);
        let started = Instant::now();
        let series = SeriesFiles {
            study_uid: job.study.as_str(),
            series_uid: job.series.as_str(),
            files: &job.files,
        };
        let mut keeping = Keeping {
            shared: self.shared,
            job,
            destinations: &self.destinations,
            count: 0,
            end: End::No,
        };
        let (predictor, take) = (&mut self.predictor, &mut |result| keeping.keep(&result));
        let said = catch_unwind(AssertUnwindSafe(|| predictor.predict(series, take)));
        let panicked = || PredictorError::Never("the prediction panicked".to_owned());
        let said = said.unwrap_or_else(|_| Err(panicked()));
        let Keeping { count, end, .. } = keeping;
        match (end, said) {
            (End::Overtaken, _) => Ok(()),
            (End::NoUid, _) => self.end_early(job, count, "a result has no UID"),
            (End::Queue(error), _) if is_full(&error) => self.postpone(job, "the disk is full"),
            (End::Queue(error), _) => Err(error),
            (End::No, Err(PredictorError::NotNow(reason))) => self.postpone(job, &reason),
            (End::No, Err(PredictorError::Never(reason))) => self.end_early(job, count, &reason),
            (End::Begun, _) | (End::No, Ok(())) => self.conclude(job, |series_uid| {
                let milliseconds = started.elapsed().as_millis();
                Notice::Predicted {
                    series_uid,
                    results: count,
                    milliseconds,
                }
            }),
        }
    }

    /// No more can be made than `count` results.
    fn end_early(&self, job: &Job, count: usize, reason: &str) -> Result<(), QueueError> {
        if count == 0 {
            return self.fail(job, reason);
        }
        self.conclude(job, |series_uid| Notice::PartlyPredicted {
            series_uid,
            results: count,
            reason: reason.to_owned(),
        })
    }

    fn conclude(&self, job: &Job, notice: impl Fn(String) -> Notice) -> Result<(), QueueError> {
        if self.shared.queue.conclude(job)? {
            self.shared.tell(&notice(job.series.to_string()));
        }
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

impl Keeping<'_> {
    fn keep(&mut self, result: &ResultObject) -> ControlFlow<()> {
        self.end = match Uid::parse(&result.sop_instance_uid) {
            Some(uid) => self.keep_named(&uid, result),
            None => End::NoUid,
        };
        match self.end {
            End::No => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }

    fn keep_named(&mut self, uid: &Uid, result: &ResultObject) -> End {
        let Self {
            shared,
            job,
            destinations,
            ..
        } = self;
        let is_begun = |kept: &String| kept == uid.as_str();
        if self.count == 0 && !job.kept.is_empty() && !job.kept.iter().any(is_begun) {
            return End::Begun;
        }
        match shared.queue.keep_result(job, uid, result, destinations) {
            Ok(true) => {
                self.count += 1;
                shared.bell.ring();
                End::No
            }
            Ok(false) => End::Overtaken,
            Err(error) => End::Queue(error),
        }
    }
}
