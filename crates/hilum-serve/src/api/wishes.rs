//! What a client wants besides an answer for each slice.

use hilum_experiment::{Frames, HeatRequest, Method, Thoroughness, Whole, Wishes};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::refusal::Refusal;

/// The query of an address that answers files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    /// Which model; the first, if absent.
    pub(super) model: Option<String>,
    /// What is answered besides each slice.
    #[param(schema_with = words_of_by)]
    by: Option<String>,
    /// Frames of files that hold several, from 1, such as `1,5-9`; all of them, if absent.
    frames: Option<String>,
    /// A method of heat maps.
    #[param(schema_with = words_of_heat)]
    heat: Option<String>,
    /// The layer that heat is read at.
    layer: Option<String>,
    /// The class that heat speaks for.
    class: Option<String>,
    /// How far maps are checked.
    #[param(schema_with = words_of_sanity)]
    sanity: Option<String>,
}

impl Query {
    /// The same of this model.
    pub(super) fn of_model(self, name: &str) -> Self {
        let model = Some(name.to_owned());
        Self { model, ..self }
    }

    /// # Errors
    /// `400` for a word that is not known.
    pub(super) fn wishes(&self) -> Result<Wishes, Refusal> {
        let by = match self.by.as_deref() {
            None | Some("slice") => None,
            Some("series") => Some(Whole::Series),
            Some("patient") => Some(Whole::Patient),
            Some(_) => {
                return Err(Refusal::malformed("`by` is no word that is known")
                    .hint("one of `slice`, `series`, `patient`"));
            }
        };
        Ok(Wishes {
            by,
            heat: self.heat()?,
            class: self.class.clone(),
            ..Wishes::default()
        })
    }

    /// # Errors
    /// `400` for what names no frames.
    pub(super) fn frames(&self) -> Result<Frames, Refusal> {
        let frames = self.frames.as_deref().map(str::parse::<Frames>);
        let frames = frames.transpose();
        let frames = frames.map_err(|error| refused("frames", &error.to_string()))?;
        Ok(frames.unwrap_or_default())
    }

    fn heat(&self) -> Result<Option<HeatRequest>, Refusal> {
        let Some(method) = &self.heat else {
            return match (&self.layer, &self.class, &self.sanity) {
                (None, None, None) => Ok(None),
                _ => Err(
                    Refusal::malformed("`layer`, `class` and `sanity` are of heat maps")
                        .hint("ask for them with `heat=grad-cam`"),
                ),
            };
        };
        let method = method.parse::<Method>();
        let method = method.map_err(|error| refused("heat", &error.to_string()))?;
        let sanity = self.sanity.as_deref().map(str::parse::<Thoroughness>);
        let sanity = sanity.transpose();
        let sanity = sanity.map_err(|error| refused("sanity", &error.to_string()))?;
        Ok(Some(HeatRequest {
            method,
            layer: self.layer.clone(),
            sanity: sanity.unwrap_or_default(),
        }))
    }
}

fn words_of_by() -> Object {
    one_of(["slice", "series", "patient"])
}

fn words_of_heat() -> Object {
    one_of(Method::ALL.map(Method::name))
}

fn words_of_sanity() -> Object {
    one_of(Thoroughness::ALL.map(Thoroughness::name))
}

/// A text that is one of these.
fn one_of<const COUNT: usize>(words: [&'static str; COUNT]) -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.enum_values(Some(words)).build()
}

fn refused(name: &str, error: &str) -> Refusal {
    Refusal::malformed(format!("`{name}`: {}", line(error)))
}

/// An error with its hint, in one line.
fn line(error: &str) -> String {
    error.replace("\nhint: ", "; hint: ").replace('\n', " ")
}
