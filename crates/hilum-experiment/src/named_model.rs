//! What answers tell of a model: its name, and its classes.

use hilum_core::Classes;

use crate::judging::Judging;
use crate::{Model, SharedModel};

/// What answers tell of a model.
#[derive(Debug, Clone)]
pub struct NamedModel<'a> {
    pub(crate) name: String,
    pub(crate) classes: &'a Classes,
}

impl<'a> From<&'a Model> for NamedModel<'a> {
    fn from(model: &'a Model) -> Self {
        Self {
            name: model.origin.to_string(),
            classes: &model.file.classes,
        }
    }
}

impl<'a> From<&'a mut Model> for NamedModel<'a> {
    fn from(model: &'a mut Model) -> Self {
        Self::from(&*model)
    }
}

impl<'a> From<&'a SharedModel> for NamedModel<'a> {
    fn from(model: &'a SharedModel) -> Self {
        Self {
            name: model.name().to_owned(),
            classes: &model.file().classes,
        }
    }
}

impl<'a> From<&'a Judging<'_>> for NamedModel<'a> {
    fn from(judging: &'a Judging<'_>) -> Self {
        Self {
            name: judging.name(),
            classes: &judging.file().classes,
        }
    }
}
