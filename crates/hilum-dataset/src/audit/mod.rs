//! What makes a number worthless, found before it is a number.
//!
//! Every file is decoded once and leaves a few kilobytes of [`SliceFacts`]; rules are pure
//! functions of those. [`audit`] runs them all, [`mend`] puts right what needs no judgement,
//! [`Audit::gate`] stops what must not go on.

mod alike;
mod background;
mod collect;
mod disjoint_sets;
mod evidence;
mod facts;
mod finding;
mod gate;
mod mend;
mod output;
mod result;
mod rules;
mod run;
mod settings;
mod shortcuts;

pub use alike::{AlikePair, is_inferred};
pub use collect::cache_file;
pub use facts::{
    Body, DicomFacts, FileFacts, GreyStatistics, HISTOGRAM_BINS, PERCENTILES, PixelDigest,
    SliceFacts, THUMBNAIL_SIDE, Thumbnail,
};
pub use finding::Finding;
pub use gate::GateError;
pub use mend::{Mended, Unclean, mend};
pub use output::{PageError, write_page};
pub use result::{Audit, IgnoredFile, SplitSummary};
pub use rules::{RULES, Rule, UnknownRule, all_pages};
pub use run::audit;
pub use settings::AuditSettings;
