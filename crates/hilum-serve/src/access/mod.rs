//! Who may ask, and what browsers are told.

mod headers;
mod host;
mod request;
mod token;

pub(crate) use headers::set_headers;
pub(crate) use host::{HostRule, check_host};
pub(crate) use request::note_request;
pub(crate) use token::check_token;
pub use token::{Token, TokenError};
