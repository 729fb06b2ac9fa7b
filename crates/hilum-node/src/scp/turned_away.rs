//! Telling a peer that there is no room for its association now.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use dicom_ul::association::read_pdu_from_wire;
use dicom_ul::pdu::{
    AssociationRJ, AssociationRJResult, AssociationRJServiceProviderPresentationReason,
    AssociationRJSource, Pdu, write_pdu,
};

use super::watchdog::Watchdog;

/// What is asked for is read first, or the peer would not hear the answer.
const REQUEST_BYTES: u32 = 64 << 10;
const TIME: Duration = Duration::from_secs(2);

/// Rejects for now: a local limit is exceeded (PS3.8 table 9-21).
pub(super) fn tell(watchdog: &Watchdog, mut stream: TcpStream) {
    let Ok(_lease) = watchdog.watch(&stream, TIME) else {
        return;
    };
    #[expect(
        clippy::default_trait_access,
        reason = "the crate of the buffer is none of ours"
    )]
    let mut buffer = Default::default();
    if read_pdu_from_wire(&mut stream, &mut buffer, REQUEST_BYTES, true).is_err() {
        return;
    }
    let reason = AssociationRJServiceProviderPresentationReason::LocalLimitExceeded;
    let rejection = Pdu::AssociationRJ(AssociationRJ {
        result: AssociationRJResult::Transient,
        source: AssociationRJSource::ServiceProviderPresentation(reason),
    });
    let mut bytes = Vec::new();
    if write_pdu(&mut bytes, &rejection).is_ok() {
        // A peer that is gone needs no answer.
        let _ = stream.write_all(&bytes);
    }
}
