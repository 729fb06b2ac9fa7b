//! Telling a peer that there is no room for its association now.

use std::net::TcpStream;
use std::time::Duration;

use dicom_ul::pdu::{
    AssociationRJ, AssociationRJResult, AssociationRJServiceProviderPresentationReason,
    AssociationRJSource, Pdu,
};

use super::watchdog::Watchdog;
use crate::NodeSettings;
use crate::wire::Wire;

/// What is asked for is read first, or the peer would not hear the answer.
const REQUEST_BYTES: u32 = 64 << 10;
const TIME: Duration = Duration::from_secs(2);

/// Rejects for now: a local limit is exceeded (PS3.8 table 9-21).
pub(super) fn tell(settings: &NodeSettings, watchdog: &Watchdog, stream: TcpStream) {
    let Ok(_lease) = watchdog.watch(&stream, TIME) else {
        return;
    };
    let Ok(mut wire) = Wire::accepted(stream, settings.tls.server.as_ref(), REQUEST_BYTES) else {
        return;
    };
    if wire.receive().is_err() {
        return;
    }
    let reason = AssociationRJServiceProviderPresentationReason::LocalLimitExceeded;
    let rejection = Pdu::AssociationRJ(AssociationRJ {
        result: AssociationRJResult::Transient,
        source: AssociationRJSource::ServiceProviderPresentation(reason),
    });
    // A peer that is gone needs no answer.
    let _ = wire.send(&rejection);
}
