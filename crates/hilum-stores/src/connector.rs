//! Requests of `object_store` through [`ureq`]: its TLS, its proxies, and a bound to every answer.

use std::io;

use async_trait::async_trait;
use hilum_hub::{Proxies, root_certificates};
use object_store::ClientOptions;
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest,
    HttpResponse, HttpResponseBody, HttpService,
};
use thiserror::Error;
use ureq::http::{Request, Response, Uri};
use ureq::tls::TlsConfig;
use ureq::{Agent, Body, Proxy};

use crate::StoreSettings;

/// What a listing may be long, though objects are to be smaller.
const LISTING_BYTES: u64 = 1 << 28;
/// A file of a web server is often elsewhere; what is signed stays where it is.
const MOST_REDIRECTS: u32 = 5;

/// Makes clients of [`ureq`].
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    settings: StoreSettings,
    redirects: u32,
}

impl Connector {
    pub(crate) fn new(settings: &StoreSettings, follows: bool) -> Self {
        Self {
            settings: settings.clone(),
            redirects: if follows { MOST_REDIRECTS } else { 0 },
        }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allows_plain = options.get_config_value(&ClientConfigKey::AllowHttp);
        let patience = self.settings.patience;
        let requests = self.settings.requests.get();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(allows_plain.as_deref() != Some("true"))
            .allow_non_standard_methods(true)
            .max_redirects(self.redirects)
            .max_redirects_will_error(self.redirects > 0)
            .max_idle_connections(requests)
            .max_idle_connections_per_host(requests)
            .proxy(None)
            .tls_config(TlsConfig::builder().root_certs(root_certificates()).build())
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_recv_response(Some(patience.silence))
            .timeout_per_read(Some(patience.silence))
            .user_agent(concat!("hilum/", env!("CARGO_PKG_VERSION")));
        Ok(HttpClient::new(Client {
            agent: config.build().new_agent(),
            proxies: self.settings.proxies.clone(),
            most_bytes: self.settings.object_bytes.max(LISTING_BYTES),
        }))
    }
}

/// Asks in threads that may wait.
#[derive(Debug, Clone)]
struct Client {
    agent: Agent,
    proxies: Proxies,
    most_bytes: u64,
}

/// An answer that is not taken.
#[derive(Debug, Error)]
#[error("the answer is longer than {limit} bytes")]
struct TooLong {
    limit: u64,
}

#[async_trait]
impl HttpService for Client {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let client = self.clone();
        let asked = tokio::task::spawn_blocking(move || client.ask(request));
        match asked.await {
            Ok(outcome) => outcome,
            Err(error) => Err(HttpError::new(HttpErrorKind::Unknown, error)),
        }
    }
}

impl Client {
    fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body
            .as_bytes()
            .map_or_else(Vec::new, |bytes| bytes.to_vec());
        let proxy = self.proxy(&parts.uri)?;
        let response = if body.is_empty() {
            self.run(Request::from_parts(parts, ()), proxy)
        } else {
            self.run(Request::from_parts(parts, body), proxy)
        };
        let (parts, mut body) = response.map_err(failed)?.into_parts();
        let too_long = || {
            HttpError::new(
                HttpErrorKind::Decode,
                TooLong {
                    limit: self.most_bytes,
                },
            )
        };
        // What answers HEAD has a length, but no body.
        let limit = self.most_bytes;
        let bytes = body.with_config().limit(limit).read_to_vec();
        let bytes = match bytes {
            Err(ureq::Error::BodyExceedsLimit(_)) => return Err(too_long()),
            read => read.map_err(failed)?,
        };
        Ok(Response::from_parts(parts, HttpResponseBody::from(bytes)))
    }

    fn proxy(&self, uri: &Uri) -> Result<Option<Proxy>, HttpError> {
        let proxy = self.proxies.of(uri).map(Proxy::new);
        proxy.transpose().map_err(failed)
    }

    fn run<B: ureq::AsSendBody>(
        &self,
        request: Request<B>,
        proxy: Option<Proxy>,
    ) -> Result<Response<Body>, ureq::Error> {
        let configured = self.agent.configure_request(request).proxy(proxy).build();
        self.agent.run(configured)
    }
}

/// What may pass is tried again by `object_store`.
fn failed(error: ureq::Error) -> HttpError {
    let kind = match &error {
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::ConnectionFailed | ureq::Error::HostNotFound => HttpErrorKind::Connect,
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            HttpErrorKind::Connect
        }
        ureq::Error::Io(_) => HttpErrorKind::Interrupted,
        ureq::Error::Protocol(_) => HttpErrorKind::Request,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}
