//! What an answer is worth: probabilities that are ones, sets of classes that hold the truth as
//! often as they say, and what is unlike the training data.
//!
//! Pure functions of logits and features, and the records that travel in a model file. Nothing
//! here reads a file or runs a network.
//!
//! ```
//! use hilum_trust::{Answering, Judgement, Policy, Reason, Scaling};
//!
//! let scaling = Scaling { temperature: 0.5, bias: None };
//! let answering = Answering {
//!     scaling: Some(&scaling),
//!     sets: None,
//!     policy: &Policy::default(),
//! };
//! let clear = answering.answer(&Judgement::from(vec![2.0, 0.0, -1.0]));
//! assert_eq!(clear.class().map(|class| class.get()), Some(0));
//! assert!(clear.is_calibrated);
//!
//! let even = answering.answer(&Judgement::from(vec![1.0, 1.0, -1.0]));
//! assert_eq!(even.class(), None);
//! assert_eq!(even.reason, Some(Reason::TwoAsLikely));
//! ```

mod abstention;
mod aggregate;
mod answer;
mod calibration;
mod conformal;
pub mod detector;
mod exchangeability;
mod held_out;

pub use abstention::{Abstain, Policy, PolicyError, Reason, UnknownAbstain};
pub use aggregate::{Aggregate, Rule};
pub use answer::{Answer, Answering, Judgement};
pub use calibration::{Bias, Calibration, LogLosses, Scaling, TooFewSlices, calibrate};
pub use conformal::{ClassScores, ConformalScores, SetMethod, Sets, UnknownSetMethod};
pub use exchangeability::{Confidences, Exchangeability, Expected, LEVEL, confidence};
pub use held_out::{HeldOut, HeldOutSlice};
