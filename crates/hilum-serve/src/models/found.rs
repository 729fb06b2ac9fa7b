//! The model that a request names.

use axum::http::StatusCode;
use hilum_experiment::SharedModel;

use super::{Current, Models};
use crate::refusal::Refusal;

/// The model of this name, in this version if one is asked for.
///
/// # Errors
/// `404`.
pub(crate) fn found(
    models: &Models,
    name: &str,
    version: Option<&str>,
) -> Result<Current, Refusal> {
    let Some(slot) = models.slot(name) else {
        let refusal = Refusal::new(StatusCode::NOT_FOUND, "there is no model of this name");
        return Err(match models.closest(name) {
            Some(near) => refusal.hint(format!("did you mean `{near}`?")),
            None => refusal.hint("`/api/models` lists all"),
        });
    };
    let current = slot.current();
    match version {
        Some(version) if version != current.version.to_string() => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "there is no such version of the model",
        )
        .hint(format!("it is at version {}", current.version))),
        _ => Ok(current),
    }
}

/// The model of this name with that name, or the first if there is none.
///
/// # Errors
/// `404`.
pub(crate) fn named_or_first(
    models: &Models,
    name: Option<&str>,
) -> Result<(String, SharedModel), Refusal> {
    let name = name.unwrap_or_else(|| models.first_slot().name());
    Ok((name.to_owned(), found(models, name, None)?.model))
}
