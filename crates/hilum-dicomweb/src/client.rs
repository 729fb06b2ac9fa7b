//! One request, bounded, and tried again where that may help.

use std::io::Read as _;

use hilum_core::Cancel;
use hilum_hub::root_certificates;
use ureq::http::Uri;
use ureq::tls::TlsConfig;
use ureq::{Agent, Proxy};

use crate::{DicomWebError, DicomWebSettings};

/// What a server answered, all of it.
pub(crate) struct Answer {
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

/// Bytes that are read before somebody may ask to stop.
const CHUNK: u64 = 1 << 20;

/// Asks one server.
pub(crate) struct Client<'a> {
    agent: Agent,
    settings: &'a DicomWebSettings,
    cancel: &'a Cancel,
}

impl<'a> Client<'a> {
    pub(crate) fn new(settings: &'a DicomWebSettings, cancel: &'a Cancel) -> Self {
        let patience = settings.patience;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .tls_config(TlsConfig::builder().root_certs(root_certificates()).build())
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_recv_response(Some(patience.silence))
            .timeout_per_read(Some(patience.silence))
            .timeout_global(Some(settings.limits.time))
            .user_agent(concat!("hilum/", env!("CARGO_PKG_VERSION")));
        Self {
            agent: config.build().new_agent(),
            settings,
            cancel,
        }
    }

    /// Asks until there is an answer, as often as patience says; `None` where nothing is found
    /// (204).
    pub(crate) fn get(&self, url: &str, accept: &str) -> Result<Option<Answer>, DicomWebError> {
        let patience = self.settings.patience;
        let mut pause = patience.pause;
        for _ in 1..patience.attempts.max(1) {
            self.cancel.check()?;
            match self.attempt(url, accept) {
                Err(error) if error.may_pass() => {
                    self.cancel.wait(pause)?;
                    pause *= 2;
                }
                outcome => return outcome,
            }
        }
        self.cancel.check()?;
        self.attempt(url, accept)
    }

    fn attempt(&self, url: &str, accept: &str) -> Result<Option<Answer>, DicomWebError> {
        let unreachable = |source| DicomWebError::Unreachable {
            url: url.to_owned(),
            source: Box::new(source),
        };
        let bad_uri = || unreachable(ureq::Error::BadUri(url.to_owned()));
        let uri: Uri = url.parse().map_err(|_| bad_uri())?;
        let proxy = self.settings.proxies.of(&uri).map(Proxy::new);
        let proxy = proxy.transpose().map_err(unreachable)?;
        let request = self.agent.get(&uri).config().proxy(proxy).build();
        let mut request = request.header("accept", accept);
        if let Some(credentials) = self.settings.credentials.header() {
            request = request.header("authorization", credentials);
        }
        let mut response = request.call().map_err(unreachable)?;
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let content_type = header("content-type").unwrap_or_default();
        let url = url.to_owned();
        match response.status().as_u16() {
            200 => {}
            204 => return Ok(None),
            status @ (401 | 403) => return Err(DicomWebError::Refused { url, status }),
            status @ (404 | 410) => return Err(DicomWebError::NotFound { url, status }),
            status if (300..400).contains(&status) => {
                let target = header("location").unwrap_or_default();
                return Err(DicomWebError::Redirect { url, target });
            }
            status => return Err(DicomWebError::Status { url, status }),
        }
        let limit = self.settings.limits.answer_bytes;
        let too_much = |url| DicomWebError::TooMuch {
            url,
            limit,
            what: "bytes in an answer",
        };
        if response.body().content_length() > Some(limit) {
            return Err(too_much(url));
        }
        let mut reader = response.body_mut().with_config().limit(u64::MAX).reader();
        let mut body = Vec::new();
        loop {
            self.cancel.check()?;
            let read = reader.by_ref().take(CHUNK).read_to_end(&mut body);
            match read {
                Ok(0) => break,
                Ok(_) if body.len() as u64 > limit => return Err(too_much(url)),
                Ok(_) => {}
                Err(source) => return Err(DicomWebError::Dropped { url, source }),
            }
        }
        Ok(Some(Answer { content_type, body }))
    }
}
