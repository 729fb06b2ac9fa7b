//! One request, with its redirects followed by hand.
//!
//! The Hugging Face hub says a file's checksum in the answer that leads elsewhere, its token must
//! not go there, and the proxy may be another for each step: so every step is looked at.

use ureq::http::{Response, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy};

use crate::address::Address;
use crate::checksum::{Checksum, is_sha256};
use crate::redirect::{is_same_server, target};
use crate::{FetchError, HubSettings, Patience, Proxies};

/// Redirects that are followed; more are a circle.
const MAX_REDIRECTS: usize = 8;

/// Asks servers.
pub(crate) struct Client<'a> {
    agent: Agent,
    proxies: &'a Proxies,
}

/// What a server answered, its body not yet read.
pub(crate) struct Answer {
    pub(crate) response: Response<Body>,
    /// What the hub said of the file's content.
    pub(crate) checksum: Option<Checksum>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(settings: &'a HubSettings) -> Self {
        let Patience {
            connect, silence, ..
        } = settings.patience;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .tls_config(TlsConfig::builder().root_certs(root_certificates()).build())
            .timeout_resolve(Some(connect))
            .timeout_connect(Some(connect))
            .timeout_recv_response(Some(silence))
            .timeout_per_read(Some(silence))
            .user_agent(concat!("hilum/", env!("CARGO_PKG_VERSION")));
        Self {
            agent: config.build().new_agent(),
            proxies: &settings.proxies,
        }
    }

    /// Asks for a file from byte `start` on.
    pub(crate) fn get(&self, address: &Address, start: u64) -> Result<Answer, FetchError> {
        let unreachable = |source| FetchError::Unreachable {
            url: address.url.clone(),
            source: Box::new(source),
        };
        let bad_uri = || unreachable(ureq::Error::BadUri(address.url.clone()));
        let first: Uri = address.url.parse().map_err(|_| bad_uri())?;
        let mut uri = first.clone();
        let mut checksum = None;
        for _ in 0..=MAX_REDIRECTS {
            let token = address.token.as_deref();
            let token = token.filter(|_| is_same_server(&uri, &first));
            let response = self.ask(&uri, start, token).map_err(unreachable)?;
            checksum = checksum.or_else(|| linked_checksum(&response));
            if !response.status().is_redirection() {
                return Ok(Answer { response, checksum });
            }
            uri = next(address, &uri, &response)?;
        }
        Err(FetchError::Redirect {
            url: address.url.clone(),
            target: uri.to_string(),
            reason: "it leads in a circle",
        })
    }

    fn ask(
        &self,
        uri: &Uri,
        start: u64,
        token: Option<&str>,
    ) -> Result<Response<Body>, ureq::Error> {
        let proxy = self.proxies.of(uri).map(Proxy::new).transpose()?;
        let mut request = self.agent.get(uri).config().proxy(proxy).build();
        if start > 0 {
            request = request.header("range", format!("bytes={start}-"));
        }
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.call()
    }
}

fn next(address: &Address, from: &Uri, response: &Response<Body>) -> Result<Uri, FetchError> {
    let location = header(response, "location").unwrap_or_default();
    let cannot = |reason| FetchError::Redirect {
        url: address.url.clone(),
        target: location.to_owned(),
        reason,
    };
    let target = target(from, location).ok_or_else(|| cannot("that is no address"))?;
    if from.scheme_str() == Some("https") && target.scheme_str() == Some("http") {
        return Err(cannot("that is not encrypted, as the address is"));
    }
    Ok(target)
}

/// The SHA-256 of a large file, as the hub says it (`X-Linked-ETag`); small files have none.
fn linked_checksum(response: &Response<Body>) -> Option<Checksum> {
    let tag = header(response, "x-linked-etag")?;
    let digits = tag.trim_start_matches("W/").trim_matches('"');
    is_sha256(digits).then(|| Checksum::starting_with(digits.to_ascii_lowercase()))
}

pub(crate) fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// Whom to trust: those that the system trusts, a hospital's own among them; Mozilla's on a system
/// that has none.
pub fn root_certificates() -> RootCerts {
    let system = rustls_native_certs::load_native_certs().certs;
    if system.is_empty() {
        return RootCerts::WebPki;
    }
    let owned = |der: &[u8]| Certificate::from_der(der).to_owned();
    RootCerts::new_with_certs(&system.iter().map(|der| owned(der)).collect::<Vec<_>>())
}
