//! C-STORE as its provider (PS3.4 annex B).

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use dicom_dictionary_std::tags;
use hilum_imaging::{DicomHeader, file_head};

use super::incoming::{Incoming, Meta};
use super::message::Context;
use crate::arrivals::Arrival;
use crate::dimse::Request;
use crate::queue::{Received, TakenIn, is_disk_full, is_full};
use crate::shared::Shared;
use crate::status::Status;
use crate::uid::Uid;
use crate::{AeTitle, Notice, PatientNames, QueueError};

/// What one association brought.
pub(super) struct Visit<'a> {
    shared: &'a Shared,
    calling: String,
    stored: usize,
    series: BTreeSet<i64>,
    last: Option<i64>,
    is_over: bool,
}

/// Why an instance is not taken; no more is said of it than this.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    pub(super) status: Status,
    pub(super) reason: &'static str,
}

impl<'a> Visit<'a> {
    pub(super) fn new(shared: &'a Shared, calling: String) -> Self {
        Self {
            shared,
            calling,
            stored: 0,
            series: BTreeSet::new(),
            last: None,
            is_over: false,
        }
    }

    pub(super) fn stored(&self) -> usize {
        self.stored
    }

    /// The series that came last goes on, or so it seems.
    pub(super) fn touch(&self) {
        if let Some(series) = self.last {
            self.shared.activity.touch(series);
        }
    }

    pub(super) fn refused(&self, refusal: &Refusal) {
        self.shared.tell(&Notice::Refused {
            calling: self.calling.clone(),
            status: refusal.status.0,
            reason: refusal.reason.to_owned(),
        });
    }

    fn took(&mut self, taken: TakenIn, study: Uid, series: Uid, file: PathBuf) {
        self.stored += 1;
        self.series.insert(taken.series);
        self.last = Some(taken.series);
        self.shared.activity.touch(taken.series);
        if !taken.is_known {
            let id = taken.series;
            self.shared.arrivals.add(Arrival {
                id,
                study,
                series,
                file,
            });
        }
        self.shared.bell.ring();
    }

    /// The association is over, which is said once; whether as it should is kept for the next
    /// process.
    pub(super) fn end(&mut self, is_released: bool) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let series: Vec<i64> = self.series.iter().copied().collect();
        if is_released && let Err(error) = self.shared.queue.released(&series) {
            let reason = error.to_string();
            self.shared.tell(&Notice::QueueFailed { reason });
        }
        for series in series {
            self.shared.activity.ended(series, !is_released);
        }
        self.shared.bell.ring();
    }
}

/// An instance that is being received.
pub(super) struct Store {
    sop_class_uid: String,
    instance: Uid,
    incoming: Incoming,
}

impl Store {
    pub(super) fn begin(
        visit: &Visit<'_>,
        context: &Context,
        request: &Request,
    ) -> Result<Self, Refusal> {
        if request.sop_class_uid != context.sop_class_uid {
            return Err(refusal(
                Status::CLASS_NOT_SUPPORTED,
                "its class is not the one that was agreed upon",
            ));
        }
        let Some(instance) = Uid::parse(&request.sop_instance_uid) else {
            return Err(refusal(Status::CANNOT_UNDERSTAND, "no SOP instance UID"));
        };
        let shared = visit.shared;
        let limit = shared.settings.retention.bytes;
        match shared.queue.has_room(0, limit) {
            Ok(true) => {}
            Ok(false) => return Err(refusal(Status::OUT_OF_RESOURCES, "too much waits already")),
            Err(_) => {
                return Err(refusal(
                    Status::OUT_OF_RESOURCES,
                    "the queue cannot be used",
                ));
            }
        }
        let meta = Meta {
            sop_class_uid: &context.sop_class_uid,
            sop_instance_uid: instance.as_str(),
            transfer_syntax: &context.transfer_syntax,
            calling: visit
                .calling
                .parse()
                .is_ok_and(|_: AeTitle| true)
                .then_some(&visit.calling),
        };
        let path = shared.queue.folder().incoming();
        let incoming = Incoming::create(path, meta).map_err(|error| of_disk(&error))?;
        Ok(Self {
            sop_class_uid: request.sop_class_uid.clone(),
            instance,
            incoming,
        })
    }

    pub(super) fn write(&mut self, data: &[u8], limit: u64) -> Result<(), Refusal> {
        if self.incoming.bytes() + data.len() as u64 > limit {
            return Err(refusal(Status::OUT_OF_RESOURCES, "it is too long"));
        }
        self.incoming.write(data).map_err(|error| of_disk(&error))
    }

    /// Takes it in; only then it may be acknowledged.
    pub(super) fn finish(mut self, visit: &mut Visit<'_>) -> Result<(), Refusal> {
        let bytes = self.incoming.bytes();
        let file = self.incoming.finish().map_err(|error| of_disk(&error))?;
        let head = file_head(file).map_err(|error| of_disk(&error))?;
        let not_read = refusal(Status::CANNOT_UNDERSTAND, "its data set cannot be read");
        let said = DicomHeader::read(head).ok_or(not_read)?;
        let uid = |tag| said.text(tag).as_deref().and_then(Uid::parse);
        let study = uid(tags::STUDY_INSTANCE_UID);
        let no_uid = refusal(Status::CANNOT_UNDERSTAND, "no study or series instance UID");
        let (study, series) = study.zip(uid(tags::SERIES_INSTANCE_UID)).ok_or(no_uid)?;
        if uid(tags::SOP_INSTANCE_UID).as_ref() != Some(&self.instance)
            || said.text(tags::SOP_CLASS_UID).as_deref() != Some(&self.sop_class_uid)
        {
            return Err(refusal(
                Status::DATA_SET_DOES_NOT_MATCH,
                "its data set is of another instance",
            ));
        }
        let keeps_name = visit.shared.settings.names == PatientNames::Keep;
        let received = Received {
            study,
            series,
            instance: self.instance.clone(),
            file,
            bytes,
            expected: said.integer(tags::NUMBER_OF_SERIES_RELATED_INSTANCES),
            patient_name: said.text(tags::PATIENT_NAME).filter(|_| keeps_name),
        };
        let queue = &visit.shared.queue;
        let taken = queue.take_in(&received).map_err(|error| of_queue(&error))?;
        let Received { study, series, .. } = received;
        let file = queue.folder().instance(&study, &series, &self.instance);
        visit.took(taken, study, series, file);
        Ok(())
    }
}

fn refusal(status: Status, reason: &'static str) -> Refusal {
    Refusal { status, reason }
}

fn of_disk(error: &io::Error) -> Refusal {
    let reason = if is_disk_full(error) {
        "the disk is full"
    } else {
        "the disk refuses"
    };
    refusal(Status::OUT_OF_RESOURCES, reason)
}

fn of_queue(error: &QueueError) -> Refusal {
    let reason = if is_full(error) {
        "the disk is full"
    } else {
        "the queue cannot be used"
    };
    refusal(Status::OUT_OF_RESOURCES, reason)
}
