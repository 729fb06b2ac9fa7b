//! From connections to requests.

mod connections;
mod patience;
mod tls;

pub(crate) use connections::accept;
pub(crate) use tls::acceptor;
