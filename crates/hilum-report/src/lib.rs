//! Plots, the HTML report of an evaluation and the card of a model, from serialisable results. Sees no tensor.
//!
//! [`write_evaluation`] fills the folder of an evaluation, [`write_comparison`] that of several models side by side;
//! [`write_curves`] draws a training run; [`model_card`] says of a model what a person must know before using it, and
//! [`Guideline::fill`] answers the items of a reporting checklist from the same facts. Drawings are SVG
//! with text as text and no fonts inside; they can be had as strings too
//! ([`confusion_matrix`], [`roc`], [`precision_recall`], [`reliability`], [`risk_coverage`], [`stress`],
//! [`training_curves`]).
//! Each ends in a caption that says what the audit knows of the data. [`raster`] makes PNG of them, in the font that
//! comes with hilum.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use hilum_core::{AuditSummary, ClassIndex, ClassName, Classes, Probabilities, Split};
//! use hilum_metrics::{AnswerScores, Bootstrap, Drawn, Evaluation, EvaluationReport};
//! use hilum_report::{Answer, Evaluated, PlotFormat, Prediction, write_evaluation};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let classes = Classes::new(["adenocarcinoma", "normal"].map(ClassName::new))?;
//! let slice = |path: &str, truth, row: [f64; 2]| Prediction {
//!     path: path.into(),
//!     truth: ClassIndex::new(truth),
//!     probabilities: Probabilities::new(row.to_vec()).unwrap(),
//!     answer: Answer::default(),
//! };
//! let predictions = [slice("a.png", 0, [0.9, 0.1]), slice("b.png", 1, [0.2, 0.8])];
//! let truth = predictions.each_ref().map(|slice| slice.truth);
//! let probabilities = predictions.each_ref().map(|slice| slice.probabilities.clone());
//!
//! let report = EvaluationReport {
//!     split: Split::Valid,
//!     as_is: Evaluation::compute(&classes, &truth, &probabilities, &Bootstrap::default()),
//!     clean: None,
//!     by_group: None,
//!     drawn: Drawn::Slices,
//!     leaked: None,
//!     answers: AnswerScores::default(),
//!     stress: None,
//!     heat: None,
//!     audit: AuditSummary::NotAudited,
//!     model: "runs/first/model.safetensors".to_owned(),
//!     details: BTreeMap::new(),
//! };
//! let folder = tempfile::tempdir()?;
//! let evaluated = Evaluated::new(&report, &predictions);
//! let written = write_evaluation(folder.path(), &evaluated, PlotFormat::Svg)?;
//! assert!(written.iter().any(|path| path.ends_with("report.html")));
//! # Ok(())
//! # }
//! ```

mod answers_section;
mod audit_box;
mod axes;
mod by_group;
mod caption;
mod cases;
mod checklist;
mod claim;
mod class_curves;
mod comparison;
mod confusion_matrix;
mod data_flow;
mod data_section;
mod evaluated;
mod evaluation_files;
mod evaluation_on_card;
mod figures;
mod heat;
mod html_report;
mod judged_slice;
mod mistakes;
mod model_card;
mod origin;
mod palette;
mod picture;
mod plot_format;
mod plots;
mod precision_recall;
mod predictions;
mod provenance;
mod raster;
mod reliability;
mod risk_coverage;
mod roc;
mod room;
mod score_tables;
mod stress;
mod stress_section;
mod svg;
mod table;
mod training_context;
mod training_curves;
mod trials;

pub use caption::caption;
pub use cases::{Case, Cases, ChosenCases};
pub use checklist::{
    Checklist, DataFacts, Entry, EpochFacts, EvaluationFacts, Facts, FindingFacts, Guideline,
    IgnoredFacts, JudgedData, MistakeFacts, SplitFacts, UnknownGuideline,
};
pub use comparison::{Compared, ComparedCurves, write_comparison};
pub use confusion_matrix::confusion_matrix;
pub use data_flow::{ClassFlow, DataFlow, Exclusion, FlowStage, SplitFlow};
pub use evaluated::Evaluated;
pub use evaluation_files::{WriteError, write_curves, write_evaluation, write_plot};
pub use evaluation_on_card::EvaluationOnCard;
pub use heat::{HeatRow, HeatSection};
pub use judged_slice::JudgedSlice;
pub use model_card::{CardRow, ModelCard, model_card};
pub use picture::Picture;
pub use plot_format::{PlotFormat, PlotFormatError};
pub use precision_recall::precision_recall;
pub use predictions::{Answer, Prediction};
pub use provenance::{Fact, Provenance};
pub use raster::raster;
pub use reliability::reliability;
pub use risk_coverage::risk_coverage;
pub use roc::roc;
pub use stress::stress;
pub use training_context::TrainingContext;
pub use training_curves::training_curves;
pub use trials::{SearchedSetting, SettingValues, TrialsPlot, trials};
