//! C-STORE as its user (PS3.4 annex B, PS3.7 9.1.1).

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::time::Duration;

use dicom_ul::association::{ClientAssociation, ClientAssociationOptions, Error};
use dicom_ul::pdu::{PDataValue, PDataValueType, Pdu};

use super::parcel::Parcel;
use super::{Answer, Carrier, Told, Unreachable};
use crate::dimse::{LONGEST, Operation, Request, Response};
use crate::queue::Delivery;
use crate::status::Meaning;
use crate::{AeTitle, DicomPeer, QueueError};

/// To connect, and between two packets.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most that is put into a PDU, and the least that a peer must take.
const PDU_BYTES: u32 = 64 << 10;
const LEAST_PDU_BYTES: u32 = 128;
/// Headers of a PDU and of its one value (PS3.8 9.3.5).
const HEADERS: u32 = 12;

pub(super) struct Store {
    address: String,
    called: String,
    calling: String,
}

impl Store {
    pub(super) fn new(peer: &DicomPeer, own: &AeTitle) -> Self {
        Self {
            address: format!("{}:{}", peer.host, peer.port),
            called: peer.ae_title.to_string(),
            calling: own.to_string(),
        }
    }

    fn associate(&self, parcels: &[Parcel<'_>]) -> Result<ClientAssociation<TcpStream>, Error> {
        let mut classes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for parcel in parcels {
            let syntaxes = classes
                .entry(&parcel.delivery.file.sop_class_uid)
                .or_default();
            let new = parcel.transfer_syntaxes().into_iter();
            let new: Vec<String> = new.filter(|uid| !syntaxes.contains(uid)).collect();
            syntaxes.extend(new);
        }
        let mut options = ClientAssociationOptions::new()
            .calling_ae_title(self.calling.as_str())
            .called_ae_title(self.called.as_str())
            .connection_timeout(PATIENCE)
            .read_timeout(PATIENCE)
            .write_timeout(PATIENCE);
        for (class, syntaxes) in classes {
            options = options.with_presentation_context(class.to_owned(), syntaxes);
        }
        options.establish(self.address.as_str())
    }
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
        let mut association = match self.associate(&parcels) {
            Ok(association) => association,
            Err(Error::NoAcceptedPresentationContexts { .. }) => {
                for parcel in &parcels {
                    told(parcel.delivery, Answer::Never(NOT_TAKEN.to_owned()))?;
                }
                return Ok(Ok(()));
            }
            Err(error) => return Ok(Err(Unreachable(said(&error)))),
        };
        if association.acceptor_max_pdu_length() < LEAST_PDU_BYTES {
            return Ok(Err(Unreachable("its PDUs are too small".to_owned())));
        }
        // Responses are awaited; small packets must not be.
        let _ = association.inner_stream().set_nodelay(true);
        for (index, parcel) in parcels.iter().enumerate() {
            match store(&mut association, parcel, index as u16 + 1) {
                Ok(answer) => told(parcel.delivery, answer)?,
                Err(unreachable) => return Ok(Err(unreachable)),
            }
        }
        // What is stored is stored, also if the peer does not say goodbye.
        let _ = association.release();
        Ok(Ok(()))
    }
}

const NOT_TAKEN: &str = "it takes no objects of this kind";

/// Sends one object, and waits for the answer.
fn store(
    association: &mut ClientAssociation<TcpStream>,
    parcel: &Parcel<'_>,
    message_id: u16,
) -> Result<Answer, Unreachable> {
    let file = &parcel.delivery.file;
    let contexts = association.presentation_contexts();
    let context = contexts
        .iter()
        .find(|one| one.abstract_syntax == file.sop_class_uid);
    let Some(context) = context.cloned() else {
        return Ok(Answer::Never(NOT_TAKEN.to_owned()));
    };
    let Some(data_set) = parcel.data_set(&context.transfer_syntax) else {
        return Ok(Answer::Never("it takes another transfer syntax".to_owned()));
    };
    let request = Request {
        operation: Operation::Store,
        message_id,
        sop_class_uid: file.sop_class_uid.clone(),
        sop_instance_uid: file.sop_instance_uid.clone(),
        has_data_set: true,
    };
    send(
        association,
        context.id,
        &PDataValueType::Command,
        &request.write(),
    )?;
    send(association, context.id, &PDataValueType::Data, &data_set)?;
    let response = receive(association)?;
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
    association: &mut ClientAssociation<TcpStream>,
    presentation_context_id: u8,
    value_type: &PDataValueType,
    bytes: &[u8],
) -> Result<(), Unreachable> {
    let most = association.acceptor_max_pdu_length().min(PDU_BYTES) - HEADERS;
    let mut chunks = bytes.chunks(most as usize).peekable();
    while let Some(chunk) = chunks.next() {
        let value = PDataValue {
            presentation_context_id,
            value_type: value_type.clone(),
            is_last: chunks.peek().is_none(),
            data: chunk.to_vec(),
        };
        let pdu = Pdu::PData { data: vec![value] };
        association
            .send(&pdu)
            .map_err(|error| Unreachable(said(&error)))?;
    }
    Ok(())
}

fn receive(association: &mut ClientAssociation<TcpStream>) -> Result<Response, Unreachable> {
    let mut command = Vec::new();
    loop {
        let pdu = association
            .receive()
            .map_err(|error| Unreachable(said(&error)))?;
        let Pdu::PData { data } = pdu else {
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

/// In few words; what dicom-ul says of PDUs may quote what they hold.
fn said(error: &Error) -> String {
    match error {
        Error::ToAddress { .. } => "its name leads to no address".to_owned(),
        Error::Connect { source, .. } => format!("it cannot be reached ({source})"),
        Error::Rejected { association_rj, .. } => {
            format!("it rejects the association ({})", association_rj.source)
        }
        Error::Timeout { .. } => "it does not answer in time".to_owned(),
        _ => "the association broke off".to_owned(),
    }
}
