//! What people get to see of an audit: text in the terminal, a page with pictures.

mod page;
mod pictures;
mod surroundings;
mod text;

pub use page::{PageError, write_page};
