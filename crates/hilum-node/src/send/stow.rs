//! STOW-RS: storing over the web (PS3.18 10.5).

use std::time::Duration;

use hilum_hub::root_certificates;
use serde_json::Value;
use ureq::Agent;
use ureq::http::StatusCode;
use ureq::tls::TlsConfig;

use super::{Answer, Carrier, Told, Unreachable};
use crate::queue::Delivery;
use crate::status::{Meaning, Status};
use crate::{QueueError, WebPeer};

const CONNECT: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_mins(2);
/// An answer to one instance is short.
const LONGEST_ANSWER: u64 = 1 << 20;
/// Of UUID version 4; a DICOM object does not hold it by chance.
const BOUNDARY: &str = "hilum-7d0a1bd2-6a3f-4f3e-9b34-3f0c8c1e5a77";

pub(super) struct Stow {
    agent: Agent,
    url: String,
    authorization: Option<String>,
}

impl Stow {
    pub(super) fn new(peer: &WebPeer) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // What is sent goes where it was said to go.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .tls_config(TlsConfig::builder().root_certs(root_certificates()).build())
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER))
            .user_agent(concat!("hilum/", env!("CARGO_PKG_VERSION")));
        Self {
            agent: config.build().new_agent(),
            url: format!("{}/studies", peer.url),
            authorization: peer.authorization.clone(),
        }
    }

    fn post(&self, file: &[u8]) -> Result<(StatusCode, Vec<u8>), Unreachable> {
        let mut body = Vec::with_capacity(file.len() + 256);
        body.extend(format!("--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n").bytes());
        body.extend(file);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
        let kind = format!("multipart/related; type=\"application/dicom\"; boundary={BOUNDARY}");
        let mut request = self
            .agent
            .post(&self.url)
            .header("content-type", kind)
            .header("accept", "application/dicom+json");
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let unreachable = |error: ureq::Error| Unreachable(said(&error));
        let mut response = request.send(&body[..]).map_err(unreachable)?;
        let body = response.body_mut().with_config().limit(LONGEST_ANSWER);
        // The status says enough, if no more comes.
        let body = body.read_to_vec().unwrap_or_default();
        Ok((response.status(), body))
    }
}

impl Carrier for Stow {
    fn carry(
        &mut self,
        deliveries: &[Delivery],
        told: &mut Told<'_>,
    ) -> Result<Result<(), Unreachable>, QueueError> {
        // One in each request: what is said of it is said of nothing else.
        for delivery in deliveries {
            let Ok(file) = fs_err::read(&delivery.file.path) else {
                told(
                    delivery,
                    Answer::Never("its file cannot be read".to_owned()),
                )?;
                continue;
            };
            match self
                .post(&file)
                .and_then(|(status, body)| answer(status, &body))
            {
                Ok(answer) => told(delivery, answer)?,
                Err(unreachable) => return Ok(Err(unreachable)),
            }
        }
        Ok(Ok(()))
    }
}

/// What a status and its body say of one instance (PS3.18 10.5.3).
fn answer(status: StatusCode, body: &[u8]) -> Result<Answer, Unreachable> {
    let said = format!("status {status}");
    match status.as_u16() {
        200 | 201 | 204 => Ok(Answer::Stored),
        // Stored with a warning, or not at all: the body says which.
        202 | 409 => Ok(match failure_reason(body) {
            None if status == StatusCode::ACCEPTED => Answer::Stored,
            None => Answer::Never(said),
            Some(reason) => match Status(reason).meaning() {
                Meaning::Stored => Answer::Stored,
                Meaning::NotNow => Answer::NotNow(format!("failure reason {reason:04X}")),
                Meaning::Never => Answer::Never(format!("failure reason {reason:04X}")),
            },
        }),
        400 | 405 | 406 | 410 | 411 | 413 | 415 | 422 => Ok(Answer::Never(said)),
        // A wrong address, a wrong password, a server in trouble: people mend that.
        _ => Err(Unreachable(said)),
    }
}

/// Failure Reason (0008,1197) of the first item of Failed SOP Sequence (0008,1198).
fn failure_reason(body: &[u8]) -> Option<u16> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let data_set = match &body {
        Value::Array(items) => items.first()?,
        other => other,
    };
    let failed = data_set.get("00081198")?.get("Value")?.get(0)?;
    let reason = failed.get("00081197")?.get("Value")?.get(0)?.as_u64()?;
    u16::try_from(reason).ok()
}

fn said(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "it does not answer in time".to_owned(),
        ureq::Error::HostNotFound => "its name leads to no address".to_owned(),
        ureq::Error::Io(error) => format!("it cannot be reached ({error})"),
        _ => "it cannot be reached".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Result<Answer, Unreachable> {
        let status = StatusCode::from_u16(status).expect("a status");
        answer(status, body.as_bytes())
    }

    /// PS3.18 table 10.5.3-1, and PS3.18 I.2 for reasons.
    #[test]
    fn what_may_change_is_told_from_what_does_not() {
        let failed = |reason: u16| {
            format!(
                r#"{{"00081198":{{"vr":"SQ","Value":[{{"00081197":{{"vr":"US","Value":[{reason}]}}}}]}}}}"#
            )
        };
        assert_eq!(of(200, "{}"), Ok(Answer::Stored));
        assert_eq!(of(202, "{}"), Ok(Answer::Stored));
        assert_eq!(of(409, &failed(0x0111)), Ok(Answer::Stored));
        assert!(matches!(of(409, &failed(0xA700)), Ok(Answer::NotNow(_))));
        assert!(matches!(of(409, &failed(0x0122)), Ok(Answer::Never(_))));
        assert!(matches!(of(202, &failed(0xC000)), Ok(Answer::Never(_))));
        assert!(matches!(of(409, "nonsense"), Ok(Answer::Never(_))));
        assert!(matches!(of(415, ""), Ok(Answer::Never(_))));
        for status in [301, 401, 403, 404, 429, 500, 503] {
            assert!(of(status, "").is_err(), "{status}");
        }
    }
}
