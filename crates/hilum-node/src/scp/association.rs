//! One association, from its request to its end.

use std::net::{SocketAddr, TcpStream};

use dicom_ul::pdu::Pdu;

use super::message::{Message, Step};
use super::negotiation::{Contexts, negotiate};
use super::store::Visit;
use super::watchdog::{Lease, Watchdog};
use crate::shared::Shared;
use crate::wire::{Wire, WireError};
use crate::{Ended, Notice};

/// A PDU that is none, here.
const OUT_OF_PLACE: Ended = Ended::Broken("a PDU that has no place here");

/// Holds the association that a peer asks for, and tells how it went.
pub(super) fn hold(shared: &Shared, watchdog: &Watchdog, stream: TcpStream, peer: SocketAddr) {
    let Ok(lease) = watchdog.watch(&stream, shared.settings.limits.request) else {
        return;
    };
    let mut asking = Asking {
        shared,
        lease: &lease,
        calling: String::new(),
    };
    let established = asking.establish(stream);
    let mut visit = Visit::new(shared, asking.calling.clone());
    let ended = match established {
        Ok(talk) => talk.run(&mut visit),
        Err(ended) => ended,
    };
    visit.end(ended == Ended::Released);
    shared.tell(&Notice::Association {
        peer,
        calling: asking.calling,
        stored: visit.stored(),
        ended,
    });
}

/// A peer that asks for an association.
struct Asking<'a> {
    shared: &'a Shared,
    lease: &'a Lease<'a>,
    /// What it calls itself, when it has said so.
    calling: String,
}

impl<'a> Asking<'a> {
    fn establish(&mut self, stream: TcpStream) -> Result<Talk<'a>, Ended> {
        let settings = &self.shared.settings;
        let limits = settings.limits;
        let wire = Wire::accepted(stream, settings.tls.server.as_ref(), limits.pdu_bytes);
        let broken = |error: &WireError| broken(error, self.lease);
        let mut wire = wire.map_err(|error| broken(&error))?;
        let set = wire.set_patience(limits.idle.max(limits.pdu), limits.pdu);
        let asked = set.and_then(|()| wire.receive());
        let request = match asked {
            Ok(Pdu::AssociationRQ(request)) => request,
            Ok(_) => {
                wire.abort();
                return Err(OUT_OF_PLACE);
            }
            Err(error) => {
                if !matches!(error, WireError::Closed) {
                    wire.abort();
                }
                return Err(broken(&error));
            }
        };
        self.calling.clone_from(&request.calling_ae_title);
        let (answer, contexts) = negotiate(&request, settings).map_err(|rejection| {
            // Who hears no answer is gone.
            let _ = wire.send(&Pdu::AssociationRJ(rejection.answer));
            Ended::Rejected(rejection.reason)
        })?;
        let answered = wire.send(&Pdu::AssociationAC(answer));
        answered.map_err(|error| broken(&error))?;
        Ok(Talk {
            shared: self.shared,
            lease: self.lease,
            wire,
            contexts,
        })
    }
}

/// What is said over an association that stands.
struct Talk<'a> {
    shared: &'a Shared,
    lease: &'a Lease<'a>,
    wire: Wire,
    contexts: Contexts,
}

impl Talk<'_> {
    fn run(mut self, visit: &mut Visit<'_>) -> Ended {
        let limits = self.shared.settings.limits;
        let mut message = Message::new(&self.contexts, limits);
        loop {
            self.lease.renew(message.time_left());
            let pdu = match self.wire.receive() {
                Ok(pdu) => pdu,
                Err(error) => {
                    let ended = broken(&error, self.lease);
                    self.wire.abort();
                    return ended;
                }
            };
            let ended = match pdu {
                Pdu::PData { data } => {
                    let mut values = data.into_iter();
                    let broken = values.find_map(|value| match message.take(value, visit) {
                        Ok(Step::Goes) => None,
                        Ok(Step::Answer(answer)) => self
                            .wire
                            .send(&answer)
                            .err()
                            .map(|_| "an answer cannot be sent"),
                        Err(reason) => Some(reason),
                    });
                    match broken {
                        None => continue,
                        Some(reason) => Ended::Broken(reason),
                    }
                }
                Pdu::ReleaseRQ if message.is_between() => {
                    visit.end(true);
                    // Whoever asks does not always wait for the answer.
                    let _ = self.wire.send(&Pdu::ReleaseRP);
                    self.wire.close();
                    return Ended::Released;
                }
                Pdu::ReleaseRQ => Ended::Broken("released within a message"),
                Pdu::AbortRQ { .. } => {
                    self.wire.close();
                    return Ended::Aborted;
                }
                _ => OUT_OF_PLACE,
            };
            self.wire.abort();
            return ended;
        }
    }
}

/// In few words; what is said of PDUs may quote what they hold.
fn broken(error: &WireError, lease: &Lease<'_>) -> Ended {
    if lease.is_over() {
        return Ended::Broken("it took too long");
    }
    Ended::Broken(match error {
        WireError::Closed => "the connection was closed",
        WireError::Broken(_) => "the connection broke",
        WireError::NoTls(_) => "it speaks no TLS that is taken here",
        WireError::TooLarge => "a PDU is too large",
        WireError::Malformed => "a PDU is malformed",
    })
}
