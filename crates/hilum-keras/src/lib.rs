//! Keras's files, `.h5` and `.keras`, as a graph with parameters.
//!
//! [`read_keras`] reads sequential and functional models of the layers that hilum has, as Keras 2
//! and 3 save them. A network's first rescaling becomes [`KerasModel::scaling`], its last softmax
//! is left out: the graph gives logits.
//!
//! ```no_run
//! use hilum_keras::{Wishes, read_keras};
//!
//! let model = read_keras("chest.h5".as_ref(), &Wishes::default())?;
//! println!("{}: {} classes", model.written_by, model.graph.class_count());
//! for what in &model.left_out {
//!     println!("left out: {what}");
//! }
//! # Ok::<(), hilum_keras::KerasError>(())
//! ```

mod config;
mod error;
mod file;
mod left_out;
mod model;
mod translate;

pub use error::{ContentError, KerasError};
pub use left_out::LeftOut;
pub use model::{KerasModel, Scaling, Wishes, read_keras};
