//! Files that are either the old one or the whole new one, never half, and where caches go.
//!
//! Every file that hilum writes for a user goes through [`write_atomically`]; one that comes piece
//! by piece, through [`move_into_place`].
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("log.csv");
//! hilum_files::write_atomically(&path, |file| writeln!(file, "epoch,loss"))?;
//! assert_eq!(std::fs::read_to_string(&path)?, "epoch,loss\n");
//! # Ok(())
//! # }
//! ```

mod cache_folder;
mod private_folder;
mod write_atomically;

pub use cache_folder::cache_folder;
pub use private_folder::create_private_folder;
pub use write_atomically::{move_into_place, write_atomically};
