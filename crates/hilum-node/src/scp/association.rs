//! One association, from its request to its end.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpStream};

use dicom_dictionary_std::uids;
use dicom_ul::association::server::DefaultNegotiation;
use dicom_ul::association::{Error, ServerAssociation, ServerAssociationOptions};
use dicom_ul::pdu::{Pdu, PresentationContextResultReason};
use hilum_imaging::{CT_STORAGE_CLASSES, READ_TRANSFER_SYNTAXES};

use super::access::Access;
use super::message::{Context, Message, Step};
use super::store::Visit;
use super::watchdog::{Lease, Watchdog};
use crate::shared::Shared;
use crate::{Ended, NodeSettings, Notice};

/// Holds the association that a peer asks for, and tells how it went.
pub(super) fn hold(shared: &Shared, watchdog: &Watchdog, stream: TcpStream, peer: SocketAddr) {
    let settings = &shared.settings;
    let Ok(lease) = watchdog.watch(&stream, settings.limits.request) else {
        return;
    };
    let access = Access::new(settings);
    let established = options(settings, &access).establish(stream);
    let asked = access.asked();
    let mut visit = Visit::new(shared, asked.calling.clone());
    let ended = match established {
        Ok(association) => Talk::new(shared, &lease, association).run(&mut visit),
        Err(error) => match asked.rejected {
            Some(reason) => Ended::Rejected(reason),
            None => broken(&error, &lease),
        },
    };
    visit.end(ended == Ended::Released);
    shared.tell(&Notice::Association {
        peer,
        calling: asked.calling,
        stored: visit.stored(),
        ended,
    });
}

fn options<'a>(
    settings: &'a NodeSettings,
    access: &'a Access<'a>,
) -> ServerAssociationOptions<'a, &'a Access<'a>, DefaultNegotiation> {
    let mut options = ServerAssociationOptions::new()
        .ae_access_control(access)
        .ae_title(settings.ae_title.as_str())
        .max_pdu_length(settings.limits.pdu_bytes)
        // A PDU beyond the bound is refused by its header, before its bytes are there.
        .strict(true)
        .read_timeout(settings.limits.idle.max(settings.limits.pdu))
        .write_timeout(settings.limits.pdu)
        .with_abstract_syntax(uids::VERIFICATION);
    for class in CT_STORAGE_CLASSES {
        options = options.with_abstract_syntax(class);
    }
    for syntax in READ_TRANSFER_SYNTAXES {
        options = options.with_transfer_syntax(syntax);
    }
    options
}

/// What is said over an association that stands.
struct Talk<'a> {
    shared: &'a Shared,
    lease: &'a Lease<'a>,
    association: ServerAssociation<TcpStream>,
    contexts: HashMap<u8, Context>,
}

impl<'a> Talk<'a> {
    fn new(
        shared: &'a Shared,
        lease: &'a Lease<'a>,
        association: ServerAssociation<TcpStream>,
    ) -> Self {
        let accepted = association
            .presentation_contexts()
            .iter()
            .filter(|one| one.reason == PresentationContextResultReason::Acceptance);
        let contexts = accepted.map(|one| {
            let context = Context {
                sop_class_uid: one.abstract_syntax.clone(),
                transfer_syntax: one.transfer_syntax.clone(),
            };
            (one.id, context)
        });
        Self {
            shared,
            lease,
            contexts: contexts.collect(),
            association,
        }
    }

    fn run(mut self, visit: &mut Visit<'_>) -> Ended {
        let limits = self.shared.settings.limits;
        let mut message = Message::new(&self.contexts, limits);
        loop {
            self.lease.renew(message.time_left());
            let pdu = match self.association.receive() {
                Ok(pdu) => pdu,
                Err(error) => {
                    let ended = broken(&error, self.lease);
                    return self.abort(ended);
                }
            };
            match pdu {
                Pdu::PData { data } => {
                    for value in data {
                        match message.take(value, visit) {
                            Ok(Step::Goes) => {}
                            Ok(Step::Answer(answer)) => {
                                if self.association.send(&answer).is_err() {
                                    return Ended::Broken("an answer cannot be sent");
                                }
                            }
                            Err(reason) => return self.abort(Ended::Broken(reason)),
                        }
                    }
                }
                Pdu::ReleaseRQ if message.is_between() => {
                    visit.end(true);
                    // Whoever asks does not always wait for the answer.
                    let _ = self.association.send(&Pdu::ReleaseRP);
                    return Ended::Released;
                }
                Pdu::ReleaseRQ => return self.abort(Ended::Broken("released within a message")),
                Pdu::AbortRQ { .. } => return Ended::Aborted,
                _ => return self.abort(Ended::Broken("a PDU that has no place here")),
            }
        }
    }

    /// Tells the peer, if it still listens.
    fn abort(self, ended: Ended) -> Ended {
        let _ = self.association.abort();
        ended
    }
}

/// In few words; what dicom-ul says of PDUs may quote what they hold.
fn broken(error: &Error, lease: &Lease<'_>) -> Ended {
    if lease.is_over() {
        return Ended::Broken("it took too long");
    }
    let reason = match error {
        Error::ConnectionClosed { .. } => "the connection was closed",
        Error::ReceivePdu { source } => match source {
            dicom_ul::pdu::ReadError::ReadPdu { .. } => "the connection broke",
            dicom_ul::pdu::ReadError::PduTooLarge { .. } => "a PDU is too large",
            _ => "a PDU is malformed",
        },
        Error::UnexpectedPdu { .. } | Error::UnknownPdu { .. } => "a PDU that has no place here",
        Error::Rejected { .. } => return Ended::Rejected("it speaks another protocol".to_owned()),
        Error::Aborted { .. } => return Ended::Aborted,
        _ => "the connection broke",
    };
    Ended::Broken(reason)
}
