//! Certificates and keys in PEM, as what speaks TLS 1.2 and 1.3.
//!
//! ```
//! use hilum_tls::{TlsFiles, server_config};
//!
//! let files = TlsFiles {
//!     certificates: "no-such-file.pem".into(),
//!     key: "no-such-file.key".into(),
//! };
//! let refused = server_config(&files, None).expect_err("no such file");
//! assert!(refused.to_string().contains("no-such-file.pem"));
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use thiserror::Error;

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
        source: pem::Error,
    },
    /// A certificate and a key that do not go together.
    #[error("certificate and key cannot be used")]
    Pair(#[source] rustls::Error),
    /// Certificates that vouch for nobody.
    #[error("`{}` holds no certificate that others can be held against", path.display())]
    Issuers {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A server with a certificate. If the certificates in the file `issuers` are to vouch for clients,
/// others are turned away.
///
/// # Errors
/// [`TlsError`]
pub fn server_config(files: &TlsFiles, issuers: Option<&Path>) -> Result<ServerConfig, TlsError> {
    let (chain, key) = pair(files)?;
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?;
    let builder = match issuers {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let roots = Arc::new(roots(path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider()).build();
            builder.with_client_cert_verifier(verifier.map_err(
                |source: VerifierBuilderError| TlsError::Issuers {
                    path: path.to_owned(),
                    source: source.into(),
                },
            )?)
        }
    };
    builder.with_single_cert(chain, key).map_err(TlsError::Pair)
}

/// A client that takes servers for whom the certificates in the file `issuers` vouch, or those of
/// this system; it shows its own certificate where it has one.
///
/// # Errors
/// [`TlsError`]
pub fn client_config(
    issuers: Option<&Path>,
    own: Option<&TlsFiles>,
) -> Result<ClientConfig, TlsError> {
    let roots = if let Some(path) = issuers {
        roots(path)?
    } else {
        let mut roots = RootCertStore::empty();
        // Some systems hold certificates that nothing can read.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_root_certificates(roots);
    match own {
        None => Ok(builder.with_no_client_auth()),
        Some(files) => {
            let (chain, key) = pair(files)?;
            let config = builder.with_client_auth_cert(chain, key);
            config.map_err(TlsError::Pair)
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn pair(files: &TlsFiles) -> Result<Pair, TlsError> {
    let key = PrivateKeyDer::from_pem_file(&files.key);
    let key = key.map_err(|source| TlsError::File {
        path: files.key.clone(),
        what: "private key",
        source,
    });
    Ok((certificates(&files.certificates)?, key?))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all = CertificateDer::pem_file_iter(path);
    let all = all.and_then(Iterator::collect::<Result<Vec<_>, _>>);
    all.and_then(|all| {
        if all.is_empty() {
            return Err(pem::Error::NoItemsFound);
        }
        Ok(all)
    })
    .map_err(|source| TlsError::File {
        path: path.to_owned(),
        what: "certificate",
        source,
    })
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|source| TlsError::Issuers {
            path: path.to_owned(),
            source: source.into(),
        })?;
    }
    Ok(roots)
}
