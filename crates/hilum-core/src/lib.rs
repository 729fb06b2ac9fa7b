//! The field's words as types: classes, splits, probabilities, and what an audit said.
//!
//! Nothing here reads a file or knows a pixel. Every other crate uses these words.
//!
//! ```
//! use hilum_core::{ClassName, Classes, Split};
//!
//! let left = ClassName::canonical("adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib");
//! assert_eq!(left.as_str(), "adenocarcinoma");
//!
//! let classes = Classes::new([ClassName::new("normal"), left]).unwrap();
//! assert_eq!(classes.index_of("normal").unwrap().get(), 1);
//! assert_eq!("validation".parse::<Split>().unwrap(), Split::Valid);
//! ```

mod cancel;
mod classes;
mod group;
mod grouping;
mod outside_text;
mod probabilities;
mod spelling;
mod split;
mod trust;
mod validation_role;

pub use cancel::{Cancel, Cancelled};
pub use classes::{ClassIndex, ClassName, Classes, ClassesError};
pub use group::GroupId;
pub use grouping::{Grouping, UnknownGrouping};
pub use outside_text::{printable, printable_json, printable_name, spreadsheet_text};
pub use probabilities::{Probabilities, softmax};
pub use spelling::{closest, is_one_slip, most_similar};
pub use split::{Split, SplitError};
pub use trust::{AuditSummary, FindingCount, Severity};
pub use validation_role::{ByValidation, ValidationRole};
