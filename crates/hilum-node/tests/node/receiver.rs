//! A peer that receives, and does as it is told.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN;
use dicom_ul::association::{ServerAssociation, ServerAssociationOptions};
use dicom_ul::pdu::{PDataValue, PDataValueType, Pdu};

/// What it answers to what it received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// This status.
    Answers(u16),
    /// Nothing: the connection ends when the object is there.
    HangsUp,
}

/// A receiver that listens until it is dropped.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    /// SOP instance UIDs in the order in which they came, and data sets.
    received: Arc<Received>,
    manner: Arc<Mutex<Manner>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        Self::at(
            "127.0.0.1:0".parse().unwrap(),
            vec![uids::EXPLICIT_VR_LITTLE_ENDIAN],
        )
    }

    pub(crate) fn at(address: SocketAddr, syntaxes: Vec<&'static str>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let received: Arc<Received> = Arc::default();
        let manner = Arc::new(Mutex::new(Manner::Answers(0)));
        let stop = Arc::new(AtomicBool::new(false));
        let (all, how, end) = (
            Arc::clone(&received),
            Arc::clone(&manner),
            Arc::clone(&stop),
        );
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                // A peer that is killed is part of what is tested.
                let _ = hold(stream.unwrap(), &syntaxes, &all, &how);
            }
        });
        Self {
            address,
            received,
            manner,
            stop,
            thread: Some(thread),
        }
    }

    pub(crate) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// As `--send-to` names it.
    pub(crate) fn name(&self) -> String {
        format!("PACS@{}", self.address)
    }

    pub(crate) fn received(&self) -> Vec<(String, Vec<u8>)> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn uids(&self) -> Vec<String> {
        self.received().into_iter().map(|(uid, _)| uid).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

type Received = Mutex<Vec<(String, Vec<u8>)>>;

fn hold(
    stream: TcpStream,
    syntaxes: &[&'static str],
    received: &Received,
    manner: &Mutex<Manner>,
) -> Result<(), dicom_ul::association::Error> {
    let mut options = ServerAssociationOptions::new()
        .accept_called_ae_title()
        .ae_title("PACS")
        .read_timeout(Duration::from_secs(5))
        .with_abstract_syntax(uids::COMPREHENSIVE_SR_STORAGE)
        .with_abstract_syntax(uids::SECONDARY_CAPTURE_IMAGE_STORAGE);
    for syntax in syntaxes {
        options = options.with_transfer_syntax(*syntax);
    }
    let mut association = options.establish(stream)?;
    let (mut command, mut data_set) = (Vec::new(), Vec::new());
    loop {
        match association.receive()? {
            Pdu::PData { data } => {
                for value in data {
                    let is_whole = value.is_last && value.value_type == PDataValueType::Data;
                    match value.value_type {
                        PDataValueType::Command => command.extend(value.data),
                        PDataValueType::Data => data_set.extend(value.data),
                    }
                    if is_whole {
                        let context = value.presentation_context_id;
                        let whole = (std::mem::take(&mut command), std::mem::take(&mut data_set));
                        answer(&mut association, context, whole, received, manner)?;
                    }
                }
            }
            Pdu::ReleaseRQ => return association.send(&Pdu::ReleaseRP),
            _ => return Ok(()),
        }
    }
}

fn answer(
    association: &mut ServerAssociation<TcpStream>,
    presentation_context_id: u8,
    (command, data_set): (Vec<u8>, Vec<u8>),
    received: &Received,
    manner: &Mutex<Manner>,
) -> Result<(), dicom_ul::association::Error> {
    let syntax = IMPLICIT_VR_LITTLE_ENDIAN.erased();
    let command = InMemDicomObject::read_dataset_with_ts(&command[..], &syntax).unwrap();
    let text = |tag| command.element(tag).unwrap().to_str().unwrap().into_owned();
    let uid = text(tags::AFFECTED_SOP_INSTANCE_UID);
    let uid = uid.trim_end_matches('\0').to_owned();
    let manner = *manner.lock().unwrap();
    if matches!(manner, Manner::Answers(0) | Manner::HangsUp) {
        received.lock().unwrap().push((uid.clone(), data_set));
    }
    let Manner::Answers(status) = manner else {
        use std::net::Shutdown;
        let _ = association.inner_stream().shutdown(Shutdown::Both);
        return Ok(());
    };
    let message: u16 = command.element(tags::MESSAGE_ID).unwrap().to_int().unwrap();
    let word = |tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
    let response = InMemDicomObject::command_from_element_iter([
        word(tags::COMMAND_FIELD, 0x8001),
        word(tags::MESSAGE_ID_BEING_RESPONDED_TO, message),
        word(tags::COMMAND_DATA_SET_TYPE, 0x0101),
        word(tags::STATUS, status),
        DataElement::new(
            tags::AFFECTED_SOP_INSTANCE_UID,
            VR::UI,
            PrimitiveValue::from(uid),
        ),
    ]);
    let mut data = Vec::new();
    response.write_dataset_with_ts(&mut data, &syntax).unwrap();
    let value = PDataValue {
        presentation_context_id,
        value_type: PDataValueType::Command,
        is_last: true,
        data,
    };
    association.send(&Pdu::PData { data: vec![value] })
}
