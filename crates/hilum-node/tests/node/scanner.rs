//! A peer that sends, on dicom-ul and dicom-object alone.

use std::net::{SocketAddr, TcpStream};

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::{
    EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN,
};
use dicom_ul::association::{ClientAssociation, ClientAssociationOptions, Error};
use dicom_ul::pdu::{PDataValue, PDataValueType, Pdu};

/// A CT image of 4 pixels, and what names it.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) series: String,
    pub(crate) uid: String,
    pub(crate) object: InMemDicomObject,
}

/// The instances of series `number` of this process.
pub(crate) fn series(number: usize, count: usize) -> Vec<Instance> {
    let process = std::process::id();
    let study = format!("1.2.3.{process}.{number}");
    (1..=count)
        .map(|index| instance(&study, &format!("{study}.1"), index))
        .collect()
}

pub(crate) fn instance(study: &str, series: &str, index: usize) -> Instance {
    let uid = format!("{series}.{index}");
    let mut object = InMemDicomObject::new_empty();
    let index = index.to_string();
    for (tag, vr, value) in [
        (tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE),
        (tags::SOP_INSTANCE_UID, VR::UI, &uid),
        (tags::PATIENT_NAME, VR::PN, "SECRET^NAME"),
        (tags::PATIENT_ID, VR::LO, "P1"),
        (tags::STUDY_INSTANCE_UID, VR::UI, study),
        (tags::SERIES_INSTANCE_UID, VR::UI, series),
        (tags::MODALITY, VR::CS, "CT"),
        (tags::INSTANCE_NUMBER, VR::IS, &index),
    ] {
        object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
    }
    let pixels = PrimitiveValue::U16([1, 2, 3, 4].into_iter().collect());
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, pixels));
    Instance {
        series: series.to_owned(),
        uid,
        object,
    }
}

impl Instance {
    pub(crate) fn with(mut self, tag: Tag, vr: VR, value: &str) -> Self {
        self.object
            .put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
        self
    }

    pub(crate) fn data_set(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let syntax = EXPLICIT_VR_LITTLE_ENDIAN.erased();
        self.object
            .write_dataset_with_ts(&mut bytes, &syntax)
            .unwrap();
        bytes
    }
}

/// An association that sends.
pub(crate) struct Scanner {
    pub(crate) association: ClientAssociation<TcpStream>,
    message_id: u16,
}

pub(crate) fn options(called: &str, calling: &str) -> ClientAssociationOptions<'static> {
    ClientAssociationOptions::new()
        .calling_ae_title(calling.to_owned())
        .called_ae_title(called.to_owned())
        .read_timeout(std::time::Duration::from_secs(20))
        .with_presentation_context(
            uids::CT_IMAGE_STORAGE,
            vec![uids::EXPLICIT_VR_LITTLE_ENDIAN],
        )
        .with_abstract_syntax(uids::VERIFICATION)
}

impl Scanner {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address, "HILUM", "SCANNER").unwrap()
    }

    pub(crate) fn try_connect(
        address: SocketAddr,
        called: &str,
        calling: &str,
    ) -> Result<Self, Error> {
        let association = options(called, calling).establish(address)?;
        Ok(Self {
            association,
            message_id: 0,
        })
    }

    fn context(&self, class: &str) -> u8 {
        let contexts = self.association.presentation_contexts();
        let found = contexts.iter().find(|one| one.abstract_syntax == class);
        found.expect("an accepted class").id
    }

    /// The status that is answered; an error if the connection breaks.
    pub(crate) fn store(&mut self, instance: &Instance) -> Result<u16, Error> {
        self.store_as(&instance.uid, &instance.data_set())
    }

    pub(crate) fn store_as(&mut self, uid: &str, data_set: &[u8]) -> Result<u16, Error> {
        let context = self.context(uids::CT_IMAGE_STORAGE);
        let command = self.command(0x0001, uids::CT_IMAGE_STORAGE, Some(uid));
        self.send(context, PDataValueType::Command, true, command)?;
        self.data(context, data_set)?;
        self.status()
    }

    pub(crate) fn data(&mut self, context: u8, data_set: &[u8]) -> Result<(), Error> {
        let mut chunks = data_set.chunks(16_000).peekable();
        while let Some(chunk) = chunks.next() {
            let is_last = chunks.peek().is_none();
            self.send(context, PDataValueType::Data, is_last, chunk.to_vec())?;
        }
        Ok(())
    }

    pub(crate) fn echo(&mut self) -> Result<u16, Error> {
        let context = self.context(uids::VERIFICATION);
        let command = self.command(0x0030, uids::VERIFICATION, None);
        self.send(context, PDataValueType::Command, true, command)?;
        self.status()
    }

    pub(crate) fn command(&mut self, field: u16, class: &str, uid: Option<&str>) -> Vec<u8> {
        self.message_id += 1;
        fixed_command(field, self.message_id, class, uid)
    }

    pub(crate) fn send(
        &mut self,
        presentation_context_id: u8,
        value_type: PDataValueType,
        is_last: bool,
        data: Vec<u8>,
    ) -> Result<(), Error> {
        let value = PDataValue {
            presentation_context_id,
            value_type,
            is_last,
            data,
        };
        self.association.send(&Pdu::PData { data: vec![value] })
    }

    /// Of the next response, by dicom-object.
    pub(crate) fn status(&mut self) -> Result<u16, Error> {
        let Pdu::PData { data } = self.association.receive()? else {
            panic!("no response");
        };
        let syntax = IMPLICIT_VR_LITTLE_ENDIAN.erased();
        let command = InMemDicomObject::read_dataset_with_ts(&data[0].data[..], &syntax).unwrap();
        let answered = command
            .element(tags::MESSAGE_ID_BEING_RESPONDED_TO)
            .unwrap();
        assert_eq!(answered.to_int::<u16>().unwrap(), self.message_id);
        Ok(command.element(tags::STATUS).unwrap().to_int().unwrap())
    }

    pub(crate) fn release(self) -> Result<(), Error> {
        self.association.release()
    }
}

/// A command set, by dicom-object; with a data set behind it if there is an instance.
pub(crate) fn fixed_command(
    field: u16,
    message_id: u16,
    class: &str,
    uid: Option<&str>,
) -> Vec<u8> {
    let word = |tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
    let text = |tag, value: &str| DataElement::new(tag, VR::UI, PrimitiveValue::from(value));
    let mut elements = vec![
        text(tags::AFFECTED_SOP_CLASS_UID, class),
        word(tags::COMMAND_FIELD, field),
        word(tags::MESSAGE_ID, message_id),
        word(tags::PRIORITY, 0),
        word(
            tags::COMMAND_DATA_SET_TYPE,
            if uid.is_some() { 0 } else { 0x0101 },
        ),
    ];
    elements.extend(uid.map(|uid| text(tags::AFFECTED_SOP_INSTANCE_UID, uid)));
    let command = InMemDicomObject::command_from_element_iter(elements);
    let mut bytes = Vec::new();
    let syntax = IMPLICIT_VR_LITTLE_ENDIAN.erased();
    command.write_dataset_with_ts(&mut bytes, &syntax).unwrap();
    bytes
}

/// Sends all of them over one association, and expects each to be taken.
pub(crate) fn send_all(address: SocketAddr, instances: &[Instance]) {
    let mut scanner = Scanner::connect(address);
    for instance in instances {
        assert_eq!(scanner.store(instance).unwrap(), 0);
    }
    scanner.release().unwrap();
}
