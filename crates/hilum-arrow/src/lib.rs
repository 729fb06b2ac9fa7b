//! Answers as Arrow record batches, and as Parquet files that a killed call goes on with.
//!
//! [`Rows`] makes a batch of answers: a row a slice, under the keys that `hilum predict --format
//! json` has, the numbers the same to the bit. [`AnswerFolder`] is a folder of Parquet files, each
//! of a fixed part of a listing: a file is whole or not there, and a second call makes those that
//! are not.
//!
//! ```
//! use hilum_arrow::{Beside, Columns, Rows};
//! use hilum_core::{ClassName, Classes};
//! use hilum_experiment::FileAnswer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let columns = Columns::new(&Classes::new(["normal", "tumour"].map(ClassName::new))?);
//! let mut rows = Rows::new(&columns);
//! let error = "the file is empty".to_owned();
//! rows.push(&FileAnswer::Unreadable { path: "a.dcm".into(), frame: None, error }, Beside::default());
//! let batch = rows.finish()?;
//! assert_eq!((batch.num_rows(), batch.num_columns()), (1, 17));
//! # Ok(())
//! # }
//! ```

mod columns;
mod error;
mod folder;
mod part_writer;
mod record;
mod rows;

pub use columns::Columns;
pub use error::FolderError;
pub use folder::AnswerFolder;
pub use part_writer::PartWriter;
pub use record::{NOTICE, Record};
pub use rows::{Beside, Rows};
