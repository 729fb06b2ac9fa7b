//! Asking a peer for an association (PS3.8 9.3.2 to 9.3.4).

use std::collections::BTreeMap;
use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use dicom_ul::pdu::{
    AssociationAC, AssociationRQ, DEFAULT_MAX_PDU, Pdu, PresentationContextProposed,
    PresentationContextResultReason, UserVariableItem,
};
use hilum_imaging::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::Unreachable;
use crate::wire::{APPLICATION_CONTEXT, PROTOCOL_VERSION, Wire, WireError};
use crate::{AeTitle, DicomPeer, Transport};

/// To connect, and between two packets.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is answered is short.
const PDU_BYTES: u32 = 64 << 10;

/// Whom to ask, and as whom.
pub(super) struct Caller {
    peer: DicomPeer,
    own: AeTitle,
    tls: Option<Arc<ClientConfig>>,
}

/// SOP classes, each with the transfer syntaxes that it may go in.
pub(super) type Classes<'a> = BTreeMap<&'a str, Vec<String>>;

/// An association that stands.
pub(super) struct Association {
    pub(super) wire: Wire,
    /// By SOP class: the number of the presentation context, and its transfer syntax.
    contexts: BTreeMap<String, (u8, String)>,
    /// Bytes of a PDU that the peer takes.
    pub(super) pdu_bytes: u32,
}

impl Association {
    /// In which presentation context objects of a class go, and in which transfer syntax; `None`
    /// if they are not taken.
    pub(super) fn context(&self, class: &str) -> Option<(u8, &str)> {
        let found = self.contexts.get(class);
        found.map(|(id, syntax)| (*id, syntax.as_str()))
    }
}

impl Caller {
    pub(super) fn new(peer: &DicomPeer, own: &AeTitle, tls: Option<&Arc<ClientConfig>>) -> Self {
        Self {
            peer: peer.clone(),
            own: own.clone(),
            tls: tls.filter(|_| peer.transport == Transport::Tls).cloned(),
        }
    }

    pub(super) fn associate(&self, classes: &Classes<'_>) -> Result<Association, Unreachable> {
        let mut wire = self.connect()?;
        let numbered = (0_u8..).zip(classes).take(128);
        let proposed: Vec<_> = numbered
            .map(|(index, (class, syntaxes))| PresentationContextProposed {
                // Odd numbers (PS3.8 9.3.2.2).
                id: 2 * index + 1,
                abstract_syntax: (*class).to_owned(),
                transfer_syntaxes: syntaxes.clone(),
            })
            .collect();
        let request = Pdu::AssociationRQ(AssociationRQ {
            protocol_version: PROTOCOL_VERSION,
            calling_ae_title: self.own.to_string(),
            called_ae_title: self.peer.ae_title.to_string(),
            application_context_name: APPLICATION_CONTEXT.to_owned(),
            presentation_contexts: proposed.clone(),
            user_variables: vec![
                UserVariableItem::MaxLength(PDU_BYTES),
                UserVariableItem::ImplementationClassUID(IMPLEMENTATION_CLASS_UID.to_owned()),
                UserVariableItem::ImplementationVersionName(IMPLEMENTATION_VERSION_NAME.to_owned()),
            ],
        });
        let sent = wire.send(&request).and_then(|()| wire.receive());
        match sent.map_err(|error| unreachable(&error))? {
            Pdu::AssociationAC(answer) => Ok(accepted(wire, &proposed, answer)),
            Pdu::AssociationRJ(rejection) => Err(Unreachable(format!(
                "it rejects the association ({})",
                rejection.source
            ))),
            _ => Err(Unreachable("it answered something else".to_owned())),
        }
    }

    fn connect(&self) -> Result<Wire, Unreachable> {
        let DicomPeer { host, port, .. } = &self.peer;
        let no_address = || Unreachable("its name leads to no address".to_owned());
        let addresses = format!("{host}:{port}").to_socket_addrs();
        let mut failed = no_address();
        for address in addresses.map_err(|_| no_address())? {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => return self.over(stream).map_err(|error| unreachable(&error)),
                Err(error) => failed = Unreachable(format!("it cannot be reached ({error})")),
            }
        }
        Err(failed)
    }

    fn over(&self, stream: TcpStream) -> Result<Wire, WireError> {
        // Responses are awaited; small packets must not be.
        let _ = stream.set_nodelay(true);
        let tls = match &self.tls {
            None => None,
            Some(config) => {
                let host = self.peer.host.trim_matches(['[', ']']).to_owned();
                let name = ServerName::try_from(host);
                let name = name.map_err(|_| WireError::Malformed)?;
                Some((config, name))
            }
        };
        let wire = Wire::connected(stream, tls, PDU_BYTES)?;
        wire.set_patience(PATIENCE, PATIENCE)?;
        Ok(wire)
    }
}

fn accepted(
    wire: Wire,
    proposed: &[PresentationContextProposed],
    answer: AssociationAC,
) -> Association {
    let longest = answer.user_variables.iter().find_map(|item| match item {
        UserVariableItem::MaxLength(length) => Some(*length),
        _ => None,
    });
    let taken = answer
        .presentation_contexts
        .into_iter()
        .filter(|one| one.reason == PresentationContextResultReason::Acceptance);
    let contexts = taken.filter_map(|one| {
        let asked = proposed.iter().find(|asked| asked.id == one.id)?;
        let syntax = one.transfer_syntax.trim_end_matches('\0').to_owned();
        Some((asked.abstract_syntax.clone(), (one.id, syntax)))
    });
    Association {
        wire,
        contexts: contexts.collect(),
        // 0 is no bound (PS3.8 D.1.1).
        pdu_bytes: match longest {
            None => DEFAULT_MAX_PDU,
            Some(0) => u32::MAX,
            Some(length) => length,
        },
    }
}

/// In few words.
pub(super) fn unreachable(error: &WireError) -> Unreachable {
    use io::ErrorKind::{TimedOut, WouldBlock};

    Unreachable(match error {
        WireError::Broken(error) if matches!(error.kind(), TimedOut | WouldBlock) => {
            "it does not answer in time".to_owned()
        }
        WireError::NoTls(error) => format!("no TLS with it ({error})"),
        _ => "the association broke off".to_owned(),
    })
}
