//! CLAIM, the Checklist for Artificial Intelligence in Medical Imaging, as of its 2024 update.
//!
//! Tejani, Klontzas, Gatti, Mongan, Moy, Park, Kahn, Checklist for Artificial Intelligence in Medical
//! Imaging (CLAIM): 2024 update, Radiology: Artificial Intelligence 6(4), 2024, e240300,
//! doi:10.1148/ryai.240300: 44 items. Numbers and sections are theirs, the words are ours. They were
//! compared, item by item, with two other renderings: `CLAIM_2024.md` of Aperivue/medsci-skills, which
//! was checked against the article's text (PMC11304031), and a filled list that a submission to that
//! journal keeps in public. Both agree with each other and with this table in all 44 numbers.

use super::answer::{
    data, evaluation, failures, labels, model, partitions, preparation, robustness, sample_size,
    training,
};
use super::item::{Item, item};

const TITLE: &str = "Title and abstract";
const INTRODUCTION: &str = "Introduction";
const DESIGN: &str = "Methods: study design";
const DATA: &str = "Methods: data";
const REFERENCE: &str = "Methods: reference standard";
const PARTITIONS: &str = "Methods: data partitions";
const TESTING: &str = "Methods: testing data";
const MODEL: &str = "Methods: model";
const TRAINING: &str = "Methods: training";
const EVALUATION: &str = "Methods: evaluation";
const RESULTS_DATA: &str = "Results: data";
const RESULTS_MODEL: &str = "Results: model performance";
const DISCUSSION: &str = "Discussion";
const OTHER: &str = "Other information";

/// All 44, in their order.
#[rustfmt::skip]
pub(super) const ITEMS: [Item; 44] = [
    item("1", TITLE, "That it is a study of AI, and of which kind",
        "name the technology in the title", &[model::technology]),
    item("2", TITLE, "A structured summary: design, methods, results, conclusions",
        "write the abstract; items 21 and 37 hold its figures", &[]),

    item("3", INTRODUCTION, "Background, and which part the model is to play in care",
        "say which clinical question it serves, for whom, and what is done today", &[model::intended_use]),
    item("4", INTRODUCTION, "Aims and hypotheses",
        "say what was to be shown, and what was expected", &[]),

    item("5", DESIGN, "Prospective or retrospective",
        "say whether images were collected for this study or before it", &[]),
    item("6", DESIGN, "The goal: a new model, its feasibility, its test",
        "say what the study is to achieve", &[model::goal]),

    item("7", DATA, "Sources of the data",
        "say who collected the images, where and when, with a link", &[data::origin]),
    item("8", DATA, "Who and what was included and excluded, and by what rule",
        "say which patients and scans were eligible", &[data::eligibility]),
    item("9", DATA, "Preparation of the images",
        "say how images become the model's input", &[preparation::recipe]),
    item("10", DATA, "Parts of the data that were selected, such as regions or slices",
        "say which part of a scan was taken, and who chose it", &[preparation::subsets]),
    item("11", DATA, "Removal of names and other identity",
        "say how the images were de-identified, and by which standard", &[data::deidentification]),
    item("12", DATA, "What was done about missing data",
        "say what was missing, and what that may bias", &[data::missing]),
    item("13", DATA, "How the images were acquired",
        "name scanners, protocols, slice thickness, contrast", &[]),

    item("14", REFERENCE, "How the reference standard is defined and obtained",
        "say what makes a slice belong to its class", &[labels::definition]),
    item("15", REFERENCE, "Why this reference standard",
        "say why it was chosen over others, and how it errs", &[]),
    item("16", REFERENCE, "Who annotated, with which qualification",
        "say who gave the labels, and how they were instructed", &[labels::annotators]),
    item("17", REFERENCE, "How the test set was annotated",
        "say how labels of the test slices came about", &[labels::of_test]),
    item("18", REFERENCE, "How far annotators agree, with others and with themselves",
        "give the agreement of readers", &[labels::variability]),

    item("19", PARTITIONS, "How data was assigned to partitions",
        "say how slices were divided, and in which shares", &[partitions::assignment]),
    item("20", PARTITIONS, "At which level partitions are disjoint",
        "say whether by patient, scan or slice", &[partitions::disjointness]),

    item("21", TESTING, "Sample size of the test, and what determined it",
        "say how many slices and patients, and why so many", &[sample_size::sample_size]),

    item("22", MODEL, "The model in all detail: input, layers, output",
        "describe the network", &[model::architecture]),
    item("23", MODEL, "Software, with versions",
        "name programs and versions", &[model::software]),
    item("24", MODEL, "Initial parameters",
        "say where the weights began", &[model::initial_weights]),

    item("25", TRAINING, "The training: augmentation, hyperparameters, epochs",
        "describe the training", &[training::procedure]),
    item("26", TRAINING, "How the final model was chosen",
        "say by which figure on which slices", &[training::selection]),
    item("27", TRAINING, "Ensembles",
        "say whether several models answer together", &[training::ensemble]),

    item("28", EVALUATION, "Figures of merit",
        "evaluate the model: `hilum evaluate DATA --model FILE`", &[evaluation::metrics]),
    item("29", EVALUATION, "Significance and uncertainty",
        "say how intervals and tests were computed", &[evaluation::uncertainty]),
    item("30", EVALUATION, "Robustness or sensitivity",
        "say what small changes of images and choices do", &[robustness::robustness]),
    item("31", EVALUATION, "Explanation, and whether it was checked",
        "say where the model looks, and by which method", &[robustness::explanation]),
    item("32", EVALUATION, "Test on internal data",
        "evaluate the model on its own test split", &[evaluation::internal]),
    item("33", EVALUATION, "Test on external data",
        "evaluate the model on another source, or say why not", &[evaluation::external]),
    item("34", EVALUATION, "Registration, if it is a clinical trial",
        "give register and number, or say that it is no trial", &[]),

    item("35", RESULTS_DATA, "How many were included and excluded",
        "give the flow of patients and slices", &[data::flow]),
    item("36", RESULTS_DATA, "Demographic and clinical characteristics of each partition",
        "give age, sex, stage and scanner of each partition", &[data::characteristics]),

    item("37", RESULTS_MODEL, "Performance, with its uncertainty",
        "evaluate the model: `hilum evaluate DATA --model FILE`", &[evaluation::performance]),
    item("38", RESULTS_MODEL, "Diagnostic accuracy, and how precise its estimate is",
        "give sensitivity and specificity with intervals", &[evaluation::of_classes]),
    item("39", RESULTS_MODEL, "Failures: what was called wrong",
        "show mistakes, and say why they may have happened", &[failures::failures]),

    item("40", DISCUSSION, "Limitations",
        "discuss what limits the results, and which way they err", &[failures::limitations]),
    item("41", DISCUSSION, "What it means for practice",
        "say what it would change, for whom, and what stands in the way", &[model::intended_use]),

    item("42", OTHER, "The protocol, or further technical details",
        "say where the protocol is", &[model::technical_details]),
    item("43", OTHER, "Whether software, model and data are available",
        "say where data and model are to be had, and on which terms", &[model::availability]),
    item("44", OTHER, "Funding, and the funders' part",
        "name funders and their part, or say that there are none", &[]),
];
