//! Messages, put together from the values of PDUs (PS3.8 annex E).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use dicom_ul::pdu::{PDataValue, PDataValueType, Pdu};

use super::store::{Store, Visit};
use crate::Limits;
use crate::dimse::{LONGEST, Operation, Request, Response};
use crate::status::Status;

/// What was agreed for one presentation context.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) sop_class_uid: String,
    pub(super) transfer_syntax: String,
}

/// What follows from a value.
pub(super) enum Step {
    /// More is to come.
    Goes,
    /// The message is complete, and this is the answer.
    Answer(Pdu),
}

/// The message that is being received.
pub(super) struct Message<'a> {
    contexts: &'a HashMap<u8, Context>,
    limits: Limits,
    begun: Option<Instant>,
    part: Part,
}

enum Part {
    /// The command set, as far as it is there.
    Command(Vec<u8>),
    /// The data set of a request.
    DataSet {
        context: u8,
        request: Request,
        sink: Sink,
    },
}

enum Sink {
    Store(Box<Store>),
    /// It is read to its end, so that what follows is understood.
    Ignored {
        answer: Status,
        left: u64,
    },
}

impl<'a> Message<'a> {
    pub(super) fn new(contexts: &'a HashMap<u8, Context>, limits: Limits) -> Self {
        Self {
            contexts,
            limits,
            begun: None,
            part: Part::Command(Vec::new()),
        }
    }

    /// Whether one message is answered and the next has not begun.
    pub(super) fn is_between(&self) -> bool {
        self.begun.is_none()
    }

    /// Until the next PDU must be there.
    pub(super) fn time_left(&self) -> Duration {
        match self.begun {
            None => self.limits.idle,
            Some(begun) => {
                let left = self.limits.message.saturating_sub(begun.elapsed());
                left.min(self.limits.pdu)
            }
        }
    }

    /// # Errors
    /// Why the association cannot go on.
    pub(super) fn take(
        &mut self,
        value: PDataValue,
        visit: &mut Visit<'_>,
    ) -> Result<Step, &'static str> {
        let PDataValue {
            presentation_context_id: context,
            value_type,
            is_last,
            data,
        } = value;
        self.begun.get_or_insert_with(Instant::now);
        match (&mut self.part, value_type) {
            (Part::Command(command), PDataValueType::Command) => {
                if command.len() + data.len() > LONGEST {
                    return Err("a command set is too long");
                }
                command.extend(data);
                if !is_last {
                    return Ok(Step::Goes);
                }
                let request = Request::read(command).ok_or("a command set is malformed")?;
                self.begin(context, request, visit)
            }
            (Part::DataSet { context: own, .. }, PDataValueType::Data) if *own == context => {
                self.data(&data, is_last, visit)
            }
            _ => Err("a value that has no place here"),
        }
    }

    /// Answers a request, or goes on to its data set.
    fn begin(
        &mut self,
        context: u8,
        request: Request,
        visit: &mut Visit<'_>,
    ) -> Result<Step, &'static str> {
        /// C-CANCEL, which nobody answers (PS3.7 9.3.2.3).
        const CANCEL: Operation = Operation::Other(0x0fff);
        let agreed = self.contexts.get(&context);
        let agreed = agreed.ok_or("a presentation context that was not agreed upon")?;
        let ignored = |answer| Sink::Ignored {
            answer,
            left: self.limits.instance_bytes,
        };
        let sink = match (request.operation, request.has_data_set) {
            (Operation::Echo, false) => {
                return Ok(self.answer(context, &request, Status::SUCCESS, ""));
            }
            (CANCEL, false) => {
                self.next();
                return Ok(Step::Goes);
            }
            (Operation::Store, true) => match Store::begin(visit, agreed, &request) {
                Ok(store) => Sink::Store(Box::new(store)),
                Err(refusal) => {
                    visit.refused(&refusal);
                    ignored(refusal.status)
                }
            },
            (Operation::Store, false) => {
                return Ok(self.answer(
                    context,
                    &request,
                    Status::CANNOT_UNDERSTAND,
                    "no data set",
                ));
            }
            (_, true) => ignored(Status::UNRECOGNIZED_OPERATION),
            (_, false) => {
                return Ok(self.answer(context, &request, Status::UNRECOGNIZED_OPERATION, ""));
            }
        };
        self.part = Part::DataSet {
            context,
            request,
            sink,
        };
        Ok(Step::Goes)
    }

    fn data(
        &mut self,
        data: &[u8],
        is_last: bool,
        visit: &mut Visit<'_>,
    ) -> Result<Step, &'static str> {
        visit.touch();
        let Part::DataSet { sink, .. } = &mut self.part else {
            return Err("a value that has no place here");
        };
        match sink {
            Sink::Store(store) => {
                if let Err(refusal) = store.write(data, self.limits.instance_bytes) {
                    visit.refused(&refusal);
                    *sink = Sink::Ignored {
                        answer: refusal.status,
                        left: self.limits.instance_bytes,
                    };
                }
            }
            Sink::Ignored { left, .. } => {
                *left = left
                    .checked_sub(data.len() as u64)
                    .ok_or("an instance is far too long")?;
            }
        }
        if !is_last {
            return Ok(Step::Goes);
        }
        let part = std::mem::replace(&mut self.part, Part::Command(Vec::new()));
        let Part::DataSet {
            context,
            request,
            sink,
        } = part
        else {
            return Err("a value that has no place here");
        };
        let (status, comment) = match sink {
            Sink::Ignored { answer, .. } => (answer, String::new()),
            Sink::Store(store) => match store.finish(visit) {
                Ok(()) => (Status::SUCCESS, String::new()),
                Err(refusal) => {
                    visit.refused(&refusal);
                    (refusal.status, refusal.reason.to_owned())
                }
            },
        };
        Ok(self.answer(context, &request, status, &comment))
    }

    fn answer(&mut self, context: u8, request: &Request, status: Status, comment: &str) -> Step {
        self.next();
        let response: Response = request.answered(status, comment);
        Step::Answer(Pdu::PData {
            data: vec![PDataValue {
                presentation_context_id: context,
                value_type: PDataValueType::Command,
                is_last: true,
                data: response.write(),
            }],
        })
    }

    /// The next message.
    fn next(&mut self) {
        self.begun = None;
        self.part = Part::Command(Vec::new());
    }
}
