//! C-STORE as its user (PS3.4 annex B, PS3.7 9.1.1).

use dicom_ul::pdu::{PDataValue, PDataValueType, Pdu};

use super::parcel::Parcel;
use super::request::{Association, Caller, Classes, unreachable};
use super::{Answer, Carrier, Told, Unreachable};
use crate::QueueError;
use crate::dimse::{LONGEST, Operation, Request, Response};
use crate::queue::Delivery;
use crate::status::Meaning;
use crate::wire::Wire;

/// The most that is put into a PDU, and the least that a peer must take.
const PDU_BYTES: u32 = 64 << 10;
const LEAST_PDU_BYTES: u32 = 128;
/// Headers of a PDU and of its one value (PS3.8 9.3.5).
const HEADERS: u32 = 12;

pub(super) struct Store {
    caller: Caller,
}

impl Store {
    pub(super) fn new(caller: Caller) -> Self {
        Self { caller }
    }
}

fn classes<'a>(parcels: &'a [Parcel<'_>]) -> Classes<'a> {
    let mut classes = Classes::new();
    for parcel in parcels {
        let class = parcel.delivery.file.sop_class_uid.as_str();
        let syntaxes = classes.entry(class).or_default();
        for uid in parcel.transfer_syntaxes() {
            if !syntaxes.contains(&uid) {
                syntaxes.push(uid);
            }
        }
    }
    classes
}

impl Carrier for Store {
    fn carry(
        &mut self,
        deliveries: &[Delivery],
        told: &mut Told<'_>,
    ) -> Result<Result<(), Unreachable>, QueueError> {
        let mut parcels = Vec::new();
        for delivery in deliveries {
            match Parcel::read(delivery) {
                Ok(parcel) => parcels.push(parcel),
                Err(_) => told(
                    delivery,
                    Answer::Never("its file cannot be read".to_owned()),
                )?,
            }
        }
        if parcels.is_empty() {
            return Ok(Ok(()));
        }
        let mut association = match self.caller.associate(&classes(&parcels)) {
            Ok(association) => association,
            Err(unreachable) => return Ok(Err(unreachable)),
        };
        if association.pdu_bytes < LEAST_PDU_BYTES {
            return Ok(Err(Unreachable("its PDUs are too small".to_owned())));
        }
        for (index, parcel) in parcels.iter().enumerate() {
            match store(&mut association, parcel, index as u16 + 1) {
                Ok(answer) => told(parcel.delivery, answer)?,
                Err(unreachable) => return Ok(Err(unreachable)),
            }
        }
        // What is stored is stored, also if the peer does not say goodbye.
        release(&mut association.wire);
        Ok(Ok(()))
    }
}

const NOT_TAKEN: &str = "it takes no objects of this kind";

/// Sends one object, and waits for the answer.
fn store(
    association: &mut Association,
    parcel: &Parcel<'_>,
    message_id: u16,
) -> Result<Answer, Unreachable> {
    let file = &parcel.delivery.file;
    let Some((context, syntax)) = association.context(&file.sop_class_uid) else {
        return Ok(Answer::Never(NOT_TAKEN.to_owned()));
    };
    let Some(data_set) = parcel.data_set(syntax) else {
        return Ok(Answer::Never("it takes another transfer syntax".to_owned()));
    };
    let request = Request {
        operation: Operation::Store,
        message_id,
        sop_class_uid: file.sop_class_uid.clone(),
        sop_instance_uid: file.sop_instance_uid.clone(),
        has_data_set: true,
    };
    let command = request.write();
    send(association, context, &PDataValueType::Command, &command)?;
    send(association, context, &PDataValueType::Data, &data_set)?;
    let response = receive(&mut association.wire)?;
    if response.operation != Operation::Store || response.message_id != message_id {
        return Err(Unreachable("it answered something else".to_owned()));
    }
    let said = || {
        let comment = match response.comment.as_str() {
            "" => String::new(),
            comment => format!(", {comment}"),
        };
        format!("status {:04X}{comment}", response.status.0)
    };
    Ok(match response.status.meaning() {
        Meaning::Stored => Answer::Stored,
        Meaning::NotNow => Answer::NotNow(said()),
        Meaning::Never => Answer::Never(said()),
    })
}

fn send(
    association: &mut Association,
    presentation_context_id: u8,
    value_type: &PDataValueType,
    bytes: &[u8],
) -> Result<(), Unreachable> {
    let most = association.pdu_bytes.min(PDU_BYTES) - HEADERS;
    let mut chunks = bytes.chunks(most as usize).peekable();
    while let Some(chunk) = chunks.next() {
        let value = PDataValue {
            presentation_context_id,
            value_type: value_type.clone(),
            is_last: chunks.peek().is_none(),
            data: chunk.to_vec(),
        };
        let pdu = Pdu::PData { data: vec![value] };
        let sent = association.wire.send(&pdu);
        sent.map_err(|error| unreachable(&error))?;
    }
    Ok(())
}

fn receive(wire: &mut Wire) -> Result<Response, Unreachable> {
    let mut command = Vec::new();
    loop {
        let received = wire.receive();
        let Pdu::PData { data } = received.map_err(|error| unreachable(&error))? else {
            return Err(Unreachable("it ended the association".to_owned()));
        };
        for value in data {
            if value.value_type != PDataValueType::Command || command.len() > LONGEST {
                return Err(Unreachable("it answered something else".to_owned()));
            }
            command.extend(value.data);
            if value.is_last {
                let response = Response::read(&command);
                return response.ok_or_else(|| Unreachable("its answer is broken".to_owned()));
            }
        }
    }
}

/// Says goodbye, and waits until the peer does: what is under way is there then.
fn release(wire: &mut Wire) {
    if wire.send(&Pdu::ReleaseRQ).is_ok() {
        let _ = wire.receive();
    }
    wire.close();
}
