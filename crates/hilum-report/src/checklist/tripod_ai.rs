//! TRIPOD+AI, for studies that develop a prediction model or evaluate one.
//!
//! Collins, Moons, Dhiman and others, TRIPOD+AI statement: updated guidance for reporting clinical
//! prediction models that use regression or machine learning methods, BMJ 385, 2024, e078378,
//! doi:10.1136/bmj-2023-078378: 27 items, several of them in lettered parts, 52 parts in all. Numbers
//! and sections are theirs, the words are ours. They were compared, part by part, with two other
//! renderings: `TRIPOD_AI.md` of Aperivue/medsci-skills, which was checked against the official
//! supplements (the expanded and the fillable list of tripod-statement.org), and a list that a study of
//! lung cancer filled for PLOS ONE. Both have these 52 numbers.

use super::answer::{
    data, evaluation, failures, labels, model, partitions, preparation, sample_size, training,
};
use super::item::{Item, item};

const TITLE: &str = "Title";
const ABSTRACT: &str = "Abstract";
const INTRODUCTION: &str = "Introduction";
const METHODS: &str = "Methods";
const OPEN_SCIENCE: &str = "Open science";
const INVOLVEMENT: &str = "Patient and public involvement";
const RESULTS: &str = "Results";
const DISCUSSION: &str = "Discussion";

/// All 52 parts, in their order.
#[rustfmt::skip]
pub(super) const ITEMS: [Item; 52] = [
    item("1", TITLE, "That a model is developed or evaluated, for whom, and what it predicts",
        "name the population, and whether the model is new", &[model::for_a_title]),

    item("2", ABSTRACT, "A summary by the list of TRIPOD+AI for abstracts",
        "write the abstract; parts 10 and 23a hold its figures", &[]),

    item("3a", INTRODUCTION, "The medical context, diagnostic or prognostic, and earlier models",
        "say which question is asked, why, and who answered it before", &[]),
    item("3b", INTRODUCTION, "For whom the model is meant, where in care, and who uses it",
        "say whose slices, at which step of care, and who reads the answer", &[model::intended_use]),
    item("3c", INTRODUCTION, "Health inequalities that are known",
        "say who fares worse with this disease, and why", &[]),
    item("4", INTRODUCTION, "Objectives: development, evaluation, or both",
        "say what the study is to show", &[model::goal]),

    item("5a", METHODS, "Sources of the data of development and evaluation, and whom they represent",
        "say who collected the images, why these, and whom they stand for", &[data::origin]),
    item("5b", METHODS, "Dates of the data",
        "give the first and last day of recruitment", &[]),
    item("6a", METHODS, "Setting, number and place of centres",
        "name centres, countries and the level of care", &[]),
    item("6b", METHODS, "Who was eligible",
        "say which patients and scans were eligible", &[data::eligibility]),
    item("6c", METHODS, "Treatments, and what was done about them",
        "say whether patients were treated before the scan", &[]),
    item("7", METHODS, "Preparation and quality of the data, alike in all groups of people or not",
        "say how images were prepared and checked", &[preparation::recipe, data::quality]),
    item("8a", METHODS, "What is predicted, how and when it was determined, and why that",
        "say what makes a slice belong to its class", &[labels::definition]),
    item("8b", METHODS, "Who assessed the outcome",
        "say who gave the labels, with which qualification", &[labels::annotators]),
    item("8c", METHODS, "Whether who assessed it was blinded",
        "say what those who labelled knew of the patient", &[]),
    item("9a", METHODS, "Which predictors were considered, and why",
        "say what the model was given", &[preparation::predictors]),
    item("9b", METHODS, "Each predictor, and how and when it was measured",
        "name scanners and protocols, and when scans were made", &[preparation::measured]),
    item("9c", METHODS, "Who assessed predictors, if that takes judgement",
        "say who measured", &[preparation::assessors]),
    item("10", METHODS, "Sample size, and whether it is enough",
        "say how many slices and patients, and why so many", &[sample_size::sample_size]),
    item("11", METHODS, "What was done about missing data",
        "say what was missing, and why", &[data::missing]),
    item("12a", METHODS, "How the data was used: parts for development and for evaluation",
        "say how slices were divided", &[partitions::assignment, partitions::disjointness]),
    item("12b", METHODS, "How predictors enter the model",
        "say how they are scaled", &[preparation::recipe]),
    item("12c", METHODS, "Kind of model, all steps of building it, internal validation",
        "describe network, training and selection",
        &[model::architecture, model::initial_weights, training::procedure, training::selection]),
    item("12d", METHODS, "Differences between clusters such as hospitals, and how they were measured",
        "say whether centres differ, and how that was dealt with", &[evaluation::clusters]),
    item("12e", METHODS, "Figures and plots of performance",
        "evaluate the model: `hilum evaluate DATA --model FILE`",
        &[evaluation::metrics, evaluation::uncertainty]),
    item("12f", METHODS, "Whether evaluation led to an update of the model",
        "say whether it was recalibrated", &[evaluation::updating]),
    item("12g", METHODS, "How the evaluated predictions were computed",
        "say by which program", &[model::predicting]),
    item("13", METHODS, "What was done about class imbalance, and recalibration after it",
        "say whether rare classes were weighted", &[training::class_balance]),
    item("14", METHODS, "What was done for fairness",
        "say whether it was looked for, between which groups of people, and what was done",
        &[training::fairness]),
    item("15", METHODS, "What the model puts out; thresholds",
        "say what an answer is", &[model::output]),
    item("16", METHODS, "How the data of development and evaluation differ",
        "compare setting, eligibility, classes and images", &[partitions::differences]),
    item("17", METHODS, "Ethical approval and consent",
        "name the committee and its decision, or why none was needed", &[]),

    item("18a", OPEN_SCIENCE, "Funding, and the funders' part",
        "name funders and their part, or say that there are none", &[]),
    item("18b", OPEN_SCIENCE, "Conflicts of interest",
        "declare them for every author", &[]),
    item("18c", OPEN_SCIENCE, "Where the protocol is",
        "say where it is, or that there is none", &[]),
    item("18d", OPEN_SCIENCE, "Registration",
        "give register and number, or say that there is none", &[]),
    item("18e", OPEN_SCIENCE, "Whether the data is available",
        "say where it is to be had, and on which terms", &[data::origin]),
    item("18f", OPEN_SCIENCE, "Whether the code of the analysis is available",
        "say where it is", &[model::code]),

    item("19", INVOLVEMENT, "Which part patients and the public had",
        "say which, or that they had none", &[]),

    item("20a", RESULTS, "The flow of participants, with and without the outcome",
        "give the flow of patients and slices", &[data::flow]),
    item("20b", RESULTS, "Characteristics, overall and by source",
        "give age, sex, stage and dates, and how groups of people differ", &[data::characteristics]),
    item("20c", RESULTS, "Evaluation against development: how predictors and outcome are distributed",
        "compare demographics and images of both", &[data::drift]),
    item("21", RESULTS, "How many participants and outcomes each analysis has",
        "give the numbers of training, tuning and test", &[partitions::counts]),
    item("22", RESULTS, "The whole model, for others to use, and on which terms",
        "say where the model is to be had, and state its licence: `hilum export --licence`",
        &[model::specification]),
    item("23a", RESULTS, "Performance with intervals, also of important groups",
        "evaluate the model: `hilum evaluate DATA --model FILE`",
        &[evaluation::performance, evaluation::of_classes]),
    item("23b", RESULTS, "Performance between clusters",
        "give the figures of each centre", &[evaluation::clusters]),
    item("24", RESULTS, "What came of an update of the model",
        "say what it was worth after", &[evaluation::updating]),

    item("25", DISCUSSION, "What the results mean, fairness included",
        "discuss them against the aims and earlier studies", &[]),
    item("26", DISCUSSION, "Limitations",
        "discuss what limits the results, and which way they err", &[failures::limitations, failures::failures]),
    item("27a", DISCUSSION, "What to do about input that is poor or missing",
        "say how poor images are found and handled", &[model::poor_input]),
    item("27b", DISCUSSION, "What users must do and know",
        "say how expert a user must be", &[model::interaction]),
    item("27c", DISCUSSION, "What should come next",
        "say which study would show that it works elsewhere", &[]),
];
