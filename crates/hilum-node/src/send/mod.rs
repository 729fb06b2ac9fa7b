//! Sending results: one thread a destination, so that none waits for another.

mod backoff;
mod c_store;
mod parcel;
mod request;
mod stow;

use std::time::Duration;

use crate::queue::{Delivery, DeliveryEnd};
use crate::shared::{Shared, Work};
use crate::{Destination, Notice, QueueError};
use backoff::pause;
use request::Caller;

/// Results in one association.
const BATCH: usize = 16;
/// Looking again, where nothing else wakes the thread.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// What a destination said to one result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It has it.
    Stored,
    /// It may take it later.
    NotNow(String),
    /// It will not take it.
    Never(String),
}

/// Nothing can be sent to a destination now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreachable(pub(crate) String);

/// Notes what a destination said to a result.
type Told<'a> = dyn FnMut(&Delivery, Answer) -> Result<(), QueueError> + 'a;

/// Carries results to one destination, and tells what it says to each as soon as it says so.
trait Carrier: Send {
    fn carry(
        &mut self,
        deliveries: &[Delivery],
        told: &mut Told<'_>,
    ) -> Result<Result<(), Unreachable>, QueueError>;
}

pub(crate) struct Sender<'a> {
    shared: &'a Shared,
    destination: String,
    carrier: Box<dyn Carrier>,
}

impl<'a> Sender<'a> {
    pub(crate) fn new(shared: &'a Shared, destination: &Destination) -> Self {
        let settings = &shared.settings;
        let (own, tls) = (&settings.ae_title, settings.tls.client.as_ref());
        Self {
            shared,
            destination: destination.to_string(),
            carrier: match destination {
                Destination::Dicom(peer) => {
                    Box::new(c_store::Store::new(Caller::new(peer, own, tls)))
                }
                Destination::Web(peer) => Box::new(stow::Stow::new(peer)),
            },
        }
    }
}

impl Work for Sender<'_> {
    /// Sends what is due.
    fn step(&mut self) -> Result<Duration, QueueError> {
        let queue = &self.shared.queue;
        let due = queue.due(&self.destination, BATCH)?;
        let Some(first) = due.first() else {
            let next = queue.next_due(&self.destination)?;
            let next = next.map(|next| Duration::from_millis(next.max(1) as u64));
            return Ok(next.map_or(LONGEST_SLEEP, |next| next.min(LONGEST_SLEEP)));
        };
        let (shared, destination) = (self.shared, &self.destination);
        let mut takes_all = true;
        let mut told = |delivery: &Delivery, answer| {
            takes_all &= !matches!(answer, Answer::NotNow(_));
            conclude(shared, destination, delivery, answer)
        };
        match self.carrier.carry(&due, &mut told)? {
            // After an outage nothing waits for the time that was set meanwhile.
            Ok(()) if first.attempts > 0 && takes_all => queue.hurry(destination)?,
            Ok(()) => {}
            Err(Unreachable(reason)) => {
                let pause = pause(&shared.settings.retries, first.attempts);
                queue.retry_destination(destination, &reason, pause.as_millis() as i64)?;
                shared.tell(&Notice::NotSent {
                    destination: destination.clone(),
                    reason,
                    again_in_seconds: pause.as_secs(),
                });
            }
        }
        Ok(Duration::ZERO)
    }
}

/// Notes what a destination said to a result.
fn conclude(
    shared: &Shared,
    destination: &str,
    delivery: &Delivery,
    answer: Answer,
) -> Result<(), QueueError> {
    let destination = destination.to_owned();
    let result_uid = delivery.file.sop_instance_uid.clone();
    let queue = &shared.queue;
    let notice = match answer {
        Answer::Stored => {
            queue.end_delivery(delivery.id, &destination, DeliveryEnd::Sent)?;
            Notice::Sent {
                result_uid,
                destination,
            }
        }
        Answer::Never(reason) => {
            queue.end_delivery(delivery.id, &destination, DeliveryEnd::Refused(&reason))?;
            Notice::GivenUp {
                result_uid,
                destination,
                reason,
            }
        }
        Answer::NotNow(reason) => {
            let pause = pause(&shared.settings.retries, delivery.attempts);
            let milliseconds = pause.as_millis() as i64;
            queue.retry_delivery(delivery.id, &destination, &reason, milliseconds)?;
            Notice::NotSent {
                destination,
                reason,
                again_in_seconds: pause.as_secs(),
            }
        }
    };
    shared.tell(&notice);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use hilum_core::Cancel;

    use super::*;
    use crate::folder::Folder;
    use crate::queue::{Queue, Received};
    use crate::uid::Uid;
    use crate::{NodeSettings, ResultObject};

    const HOUR: i64 = 60 * 60 * 1000;

    /// A peer that is down until some time; when it was asked, and what it was given.
    #[derive(Clone)]
    struct Outage {
        until: i64,
        now: Arc<Mutex<i64>>,
        asked: Arc<Mutex<Vec<i64>>>,
        given: Arc<Mutex<Vec<String>>>,
    }

    impl Carrier for Outage {
        fn carry(
            &mut self,
            deliveries: &[Delivery],
            told: &mut Told<'_>,
        ) -> Result<Result<(), Unreachable>, QueueError> {
            let now = *self.now.lock().expect("no panic");
            self.asked.lock().expect("no panic").push(now);
            if now < self.until {
                return Ok(Err(Unreachable("it is down".to_owned())));
            }
            for delivery in deliveries {
                let uid = delivery.file.sop_instance_uid.clone();
                self.given.lock().expect("no panic").push(uid);
                told(delivery, Answer::Stored)?;
            }
            Ok(Ok(()))
        }
    }

    /// A node without threads, with one series that has two results for `PACS@h:1`.
    fn shared(folder: &std::path::Path) -> Shared {
        let address = "127.0.0.1:0".parse().expect("an address");
        let settings = NodeSettings::new(address, "HILUM".parse().expect("a title"), folder.into());
        let folder = Folder::take(folder).expect("a folder");
        let file = folder.incoming();
        let queue = Queue::open(folder).expect("a queue");
        std::fs::write(&file, "instance").expect("a file");
        let uid = |text: &str| Uid::parse(text).expect("a UID");
        let received = Received {
            study: uid("1.2"),
            series: uid("1.2.3"),
            instance: uid("1.2.3.4"),
            file: &file,
            bytes: 8,
            expected: None,
            patient_name: None,
        };
        let taken = queue.take_in(&received).expect("an instance");
        queue.complete(taken.series).expect("a series");
        let job = queue.claim(Duration::ZERO).expect("a job").expect("one");
        for number in ["1.5.1", "1.5.2"] {
            let result = ResultObject {
                sop_class_uid: "1.2.840".to_owned(),
                sop_instance_uid: number.to_owned(),
                file: Vec::new(),
            };
            let to = ["PACS@h:1".to_owned()];
            assert!(
                queue
                    .keep_result(&job, &uid(number), &result, &to)
                    .expect("kept")
            );
        }
        assert!(queue.conclude(&job).expect("concluded"));
        Shared::new(settings, queue, Cancel::default(), Box::new(|_| {}))
    }

    /// By the clock of the queue, which goes on by what is slept.
    #[test]
    fn a_peer_that_is_down_for_an_hour_is_asked_each_minute_and_given_all_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let shared = shared(folder.path());
        let began = shared.queue.clock.now();
        let outage = Outage {
            until: began + HOUR,
            now: Arc::new(Mutex::new(began)),
            asked: Arc::default(),
            given: Arc::default(),
        };
        let mut sender = Sender {
            shared: &shared,
            destination: "PACS@h:1".to_owned(),
            carrier: Box::new(outage.clone()),
        };
        while shared.queue.clock.now() < began + 2 * HOUR {
            *outage.now.lock().expect("no panic") = shared.queue.clock.now();
            let slept = sender.step().expect("a step");
            shared.queue.clock.set_forward(slept.as_millis() as i64);
        }
        assert_eq!(*outage.given.lock().expect("no panic"), ["1.5.1", "1.5.2"]);
        let asked = outage.asked.lock().expect("no panic").clone();
        // 1, 2, 4, 8, 16 and 32 s after one another, then each minute: 6 tries in the first 63 s, 59
        // in the rest of the hour, the one at the beginning, and the one that it answers.
        assert!((66..=68).contains(&asked.len()), "{} tries", asked.len());
        let last = asked.last().expect("tries") - began;
        assert!((HOUR..HOUR + 61_000).contains(&last), "{last} ms");
        assert_eq!(shared.queue.census().expect("a census").series["done"], 1);
    }

    /// What is not sent in three days is given up, and kept.
    #[test]
    fn a_peer_that_stays_down_is_given_up_by_the_clock() {
        let folder = tempfile::tempdir().expect("a folder");
        let shared = shared(folder.path());
        let limit = shared.settings.retries.give_up_after.as_millis() as i64;
        shared.queue.clock.set_forward(limit - 1000);
        assert!(shared.queue.give_up(limit).expect("none").is_empty());
        shared.queue.clock.set_forward(2000);
        assert_eq!(shared.queue.give_up(limit).expect("both").len(), 2);
        assert_eq!(shared.queue.census().expect("a census").series["done"], 1);
    }
}
