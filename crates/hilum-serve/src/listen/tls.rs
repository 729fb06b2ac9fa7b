//! Certificate and key.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

/// Files in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those that lead to its issuer.
    pub certificates: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why there is no TLS.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file that holds nothing of what it should.
    #[error("`{}` holds no {what} in PEM", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// What is wrong.
        source: rustls::pki_types::pem::Error,
    },
    /// A certificate and a key that do not go together.
    #[error("certificate and key cannot be used")]
    Pair(#[source] rustls::Error),
}

/// What speaks TLS 1.2 and 1.3 with these files.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let wrong = |path: &PathBuf, what| {
        let path = path.clone();
        move |source| TlsError::File { path, what, source }
    };
    let path = &files.certificates;
    let chain = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(wrong(path, "certificate"))?;
    let key = PrivateKeyDer::from_pem_file(&files.key);
    let key = key.map_err(wrong(&files.key, "private key"))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
