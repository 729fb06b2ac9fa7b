//! One rule, one file: its page and its check.

pub(super) mod burned_in_annotation;
pub(super) mod class_imbalance;
pub(super) mod class_missing_in_split;
pub(super) mod color_marks;
pub(super) mod constant_image;
pub(super) mod duplicate_across_splits;
pub(super) mod duplicate_in_split;
pub(super) mod extension_mismatch;
pub(super) mod group_in_two_splits;
pub(super) mod identity_present;
pub(super) mod label_conflict;
pub(super) mod localizer;
pub(super) mod missing_rescale;
pub(super) mod mixed_series;
pub(super) mod near_duplicate;
pub(super) mod near_duplicate_across_splits;
pub(super) mod not_ct;
pub(super) mod odd_size;
pub(super) mod property_predicts_class;
pub(super) mod split_drift;
pub(super) mod unreadable_file;
