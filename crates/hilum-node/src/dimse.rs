//! Command sets: what is asked and answered (PS3.7 6.3.1, annex E).
//!
//! They are always Implicit VR Little Endian and without sequences, so that one loop reads them,
//! whatever the bytes.

use dicom_dictionary_std::tags;

use crate::status::Status;

/// The longest command set that is read; the standard's own have a few hundred bytes.
pub(crate) const LONGEST: usize = 1 << 16;

/// No data set follows (PS3.7 E.1).
const NO_DATA_SET: u16 = 0x0101;
/// Responses have this bit in their command field.
const RESPONSE: u16 = 0x8000;

/// What a message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Store,
    Echo,
    /// Anything else, by its command field.
    Other(u16),
}

impl Operation {
    fn field(self) -> u16 {
        match self {
            Self::Store => 0x0001,
            Self::Echo => 0x0030,
            Self::Other(field) => field,
        }
    }

    fn of(field: u16) -> Self {
        match field {
            0x0001 => Self::Store,
            0x0030 => Self::Echo,
            other => Self::Other(other),
        }
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) operation: Operation,
    pub(crate) message_id: u16,
    pub(crate) sop_class_uid: String,
    pub(crate) sop_instance_uid: String,
    pub(crate) has_data_set: bool,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) operation: Operation,
    pub(crate) message_id: u16,
    pub(crate) sop_class_uid: String,
    pub(crate) sop_instance_uid: String,
    pub(crate) status: Status,
    pub(crate) comment: String,
}

/// Values of a command set that anything depends on.
#[derive(Debug, Default)]
struct Values {
    sop_class_uid: String,
    command_field: Option<u16>,
    message_id: Option<u16>,
    responded_to: Option<u16>,
    data_set_type: Option<u16>,
    status: Option<u16>,
    comment: String,
    sop_instance_uid: String,
}

impl Values {
    /// `None` if the bytes are no command set.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut values = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (header, behind) = rest.split_first_chunk::<8>()?;
            let group = u16::from_le_bytes([header[0], header[1]]);
            let element = u16::from_le_bytes([header[2], header[3]]);
            let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
            let length = usize::try_from(length).ok()?;
            let value = behind.get(..length)?;
            rest = &behind[length..];
            if group != 0 {
                return None;
            }
            match element {
                0x0002 => values.sop_class_uid = text(value),
                0x0100 => values.command_field = word(value),
                0x0110 => values.message_id = word(value),
                0x0120 => values.responded_to = word(value),
                0x0800 => values.data_set_type = word(value),
                0x0900 => values.status = word(value),
                0x0902 => values.comment = text(value),
                0x1000 => values.sop_instance_uid = text(value),
                _ => {}
            }
        }
        Some(values)
    }
}

fn word(value: &[u8]) -> Option<u16> {
    value.try_into().ok().map(u16::from_le_bytes)
}

fn text(value: &[u8]) -> String {
    let value = &value[..value.len().min(256)];
    let text = String::from_utf8_lossy(value);
    text.trim_matches(['\0', ' ']).to_owned()
}

impl Request {
    /// `None` if the bytes are no request.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let values = Values::read(bytes)?;
        let field = values.command_field.filter(|field| field & RESPONSE == 0)?;
        Some(Self {
            operation: Operation::of(field),
            // C-CANCEL has none (PS3.7 9.3.2.3), and is not answered.
            message_id: values.message_id.or(values.responded_to)?,
            sop_class_uid: values.sop_class_uid,
            sop_instance_uid: values.sop_instance_uid,
            has_data_set: values.data_set_type.is_some_and(|kind| kind != NO_DATA_SET),
        })
    }

    pub(crate) fn answered(&self, status: Status, comment: &str) -> Response {
        Response {
            operation: self.operation,
            message_id: self.message_id,
            sop_class_uid: self.sop_class_uid.clone(),
            sop_instance_uid: self.sop_instance_uid.clone(),
            status,
            comment: comment.to_owned(),
        }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut set = CommandSet::default();
        set.uid(tags::AFFECTED_SOP_CLASS_UID.element(), &self.sop_class_uid);
        set.word(tags::COMMAND_FIELD.element(), self.operation.field());
        set.word(tags::MESSAGE_ID.element(), self.message_id);
        // Medium.
        set.word(tags::PRIORITY.element(), 0);
        let data_set = if self.has_data_set { 1 } else { NO_DATA_SET };
        set.word(tags::COMMAND_DATA_SET_TYPE.element(), data_set);
        set.uid(
            tags::AFFECTED_SOP_INSTANCE_UID.element(),
            &self.sop_instance_uid,
        );
        set.finish()
    }
}

impl Response {
    /// `None` if the bytes are no response.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let values = Values::read(bytes)?;
        let field = values.command_field.filter(|field| field & RESPONSE != 0)?;
        Some(Self {
            operation: Operation::of(field & !RESPONSE),
            message_id: values.responded_to?,
            sop_class_uid: values.sop_class_uid,
            sop_instance_uid: values.sop_instance_uid,
            status: Status(values.status?),
            comment: values.comment,
        })
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut set = CommandSet::default();
        set.uid(tags::AFFECTED_SOP_CLASS_UID.element(), &self.sop_class_uid);
        set.word(
            tags::COMMAND_FIELD.element(),
            self.operation.field() | RESPONSE,
        );
        set.word(
            tags::MESSAGE_ID_BEING_RESPONDED_TO.element(),
            self.message_id,
        );
        set.word(tags::COMMAND_DATA_SET_TYPE.element(), NO_DATA_SET);
        set.word(tags::STATUS.element(), self.status.0);
        if !self.comment.is_empty() {
            // A long string has 64 characters at most (PS3.5 6.2).
            let comment: String = self.comment.chars().take(64).collect();
            set.text(tags::ERROR_COMMENT.element(), comment.as_bytes(), b' ');
        }
        set.uid(
            tags::AFFECTED_SOP_INSTANCE_UID.element(),
            &self.sop_instance_uid,
        );
        set.finish()
    }
}

/// Elements of group 0 in ascending order.
#[derive(Default)]
struct CommandSet(Vec<u8>);

impl CommandSet {
    fn element(&mut self, element: u16, value: &[u8]) {
        self.0.extend([0, 0]);
        self.0.extend(element.to_le_bytes());
        self.0.extend((value.len() as u32).to_le_bytes());
        self.0.extend(value);
    }

    fn word(&mut self, element: u16, value: u16) {
        self.element(element, &value.to_le_bytes());
    }

    /// Padded to an even length (PS3.5 6.2).
    fn text(&mut self, element: u16, value: &[u8], padding: u8) {
        let mut value = value.to_vec();
        if value.len() % 2 == 1 {
            value.push(padding);
        }
        self.element(element, &value);
    }

    fn uid(&mut self, element: u16, value: &str) {
        if !value.is_empty() {
            self.text(element, value.as_bytes(), 0);
        }
    }

    /// With the length of the group in front (PS3.7 6.3.1).
    fn finish(self) -> Vec<u8> {
        let mut whole = Self::default();
        whole.element(0, &(self.0.len() as u32).to_le_bytes());
        whole.0.extend(self.0);
        whole.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// What pynetdicom encodes (`tests/reference/make_commands.py`).
    fn reference(name: &str) -> Vec<u8> {
        let commands = include_str!("../tests/reference/commands.json");
        let commands: Value = serde_json::from_str(commands).expect("JSON");
        let digits = commands[name].as_str().expect("digits").as_bytes();
        let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair));
        let byte = |pair| u8::from_str_radix(pair, 16).expect("a byte");
        pairs.map(|pair| byte(pair.expect("ASCII"))).collect()
    }

    fn store() -> Request {
        Request {
            operation: Operation::Store,
            message_id: 513,
            sop_class_uid: "1.2.840.10008.5.1.4.1.1.2".to_owned(),
            sop_instance_uid: "1.2.826.0.1.3680043.8.498.1".to_owned(),
            has_data_set: true,
        }
    }

    #[test]
    fn requests_are_read_and_written_as_by_another_program() {
        let echo = Request::read(&reference("echo request 7")).expect("a request");
        assert_eq!(echo.operation, Operation::Echo);
        assert_eq!(echo.message_id, 7);
        assert_eq!(echo.sop_class_uid, "1.2.840.10008.1.1");
        assert!(!echo.has_data_set);

        let bytes = reference("store request 513");
        assert_eq!(Request::read(&bytes), Some(store()));
        assert_eq!(store().write(), bytes);
    }

    #[test]
    fn responses_are_read_and_written_as_by_another_program() {
        let echo = Request::read(&reference("echo request 7")).expect("a request");
        let written = echo.answered(Status::SUCCESS, "").write();
        assert_eq!(written, reference("echo response 7, 0000"));

        let full = store().answered(Status::OUT_OF_RESOURCES, "the disk is full");
        let bytes = reference("store response 513, A700");
        assert_eq!(Response::read(&bytes), Some(full.clone()));
        assert_eq!(full.write(), bytes);
    }

    #[test]
    fn a_command_set_that_ends_early_or_lies_about_lengths_is_none() {
        let whole = reference("store request 513");
        for end in 1..whole.len() {
            if let Some(request) = Request::read(&whole[..end]) {
                // Cut between two elements, behind all that is needed.
                assert_eq!(request.message_id, 513, "at {end}");
            }
        }
        let mut huge = whole.clone();
        huge[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Request::read(&huge), None);
        assert_eq!(Request::read(&[0xff; 64]), None);
    }
}
