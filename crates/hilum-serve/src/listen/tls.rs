//! What speaks TLS with clients.

use std::sync::Arc;

use hilum_tls::{TlsError, TlsFiles, server_config};
use tokio_rustls::TlsAcceptor;

/// What speaks TLS 1.2 and 1.3 with these files.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    Ok(TlsAcceptor::from(Arc::new(server_config(files, None)?)))
}
