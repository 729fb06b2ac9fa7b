//! `POST /api/predict`: files in, answers out.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Request, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hilum_core::Cancel;
use hilum_experiment::{
    Event, FileAnswer, FileCounts, Frames, GivenAnswer, GivenHeat, MemoryFile, Predict, Session,
    SharedModel, Task, UnitPrediction, Wishes, answer_each,
};
use hilum_imaging::encode_png;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::files::receive;
use super::wishes::Query;
use crate::context::Context;
use crate::models::named_or_first;
use crate::openapi::SliceAnswer;
use crate::refusal::Refusal;
use crate::settings::ServeSettings;

/// What is answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answered {
    /// What clients call the model.
    model: String,
    /// As `hilum predict --format json` prints them.
    #[schema(value_type = Vec<SliceAnswer>)]
    answers: Vec<Value>,
    /// As `hilum predict --by series --format json` prints them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    units: Option<Vec<UnitPrediction>>,
    counts: Counts,
}

/// Parts of a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what is read part by part")]
pub(crate) struct Files {
    /// Files, each with a name.
    #[schema(format = Binary)]
    file: Vec<String>,
}

/// How many files there were, and could not be answered.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what the library counts")]
struct FileCountsShown {
    files: usize,
    unreadable: usize,
    refused: usize,
}

/// How many files there were.
#[derive(Debug, Serialize, ToSchema)]
struct Counts {
    #[serde(flatten)]
    #[schema(value_type = FileCountsShown)]
    files: FileCounts,
    /// Slices that were given a class.
    answered: usize,
    /// Slices of which the answer is "I don't know".
    abstained: usize,
}

/// Answers files: images, DICOM, archives of them.
#[utoipa::path(
    post,
    path = "/api/predict",
    tag = "hilum",
    params(Query),
    request_body(
        description = "a form whose parts are called `file`, or one file",
        content((Files = "multipart/form-data"), ("application/octet-stream")),
    ),
    responses((status = 200, description = "an answer for each slice", body = Answered)),
)]
pub(crate) async fn predict(
    State(context): State<Context>,
    query: Result<extract::Query<Query>, QueryRejection>,
    request: Request,
) -> Result<Json<Answered>, Refusal> {
    let extract::Query(query) = query.map_err(|error| Refusal::malformed(error.body_text()))?;
    let (name, model) = named_or_first(context.models(), query.model.as_deref())?;
    let (wishes, frames) = (query.wishes()?, query.frames()?);
    let permit = context.admission().admit()?;
    let (files, permit) = receive(request, permit, &context.settings().limits).await?;
    let settings = context.settings().clone();
    let ask = Ask {
        name,
        model,
        files,
        frames,
        wishes,
    };
    let answer = move |cancel| answered(ask, &settings, cancel, &|_, _| {});
    context.work(permit, answer).await.map(Json)
}

/// What is asked of which model.
pub(super) struct Ask {
    /// What clients call the model.
    pub(super) name: String,
    pub(super) model: SharedModel,
    pub(super) files: Vec<MemoryFile>,
    pub(super) frames: Frames,
    pub(super) wishes: Wishes,
}

/// Answers files; tells `told` how many of how many are done.
pub(super) fn answered(
    ask: Ask,
    settings: &ServeSettings,
    cancel: Cancel,
    told: &(dyn Fn(usize, usize) + Sync),
) -> Result<Answered, Refusal> {
    let Ask {
        name,
        model,
        files,
        frames,
        wishes,
    } = ask;
    let request = Predict {
        batch: settings.sharing.batch,
        limits: settings.limits.decode,
        frames,
        policy: settings.policy,
        most_files: settings.limits.files,
        ..Predict::of_memory(files)
    };
    let total = AtomicUsize::new(0);
    let observer = |event: &Event<'_>| match event {
        Event::Begins {
            task: Task::Predict,
            total: count,
        } => {
            total.store(*count, Ordering::Relaxed);
            told(0, *count);
        }
        Event::Advances {
            task: Task::Predict,
            done,
        } => told(*done, total.load(Ordering::Relaxed)),
        _ => {}
    };
    let mut session = Session::observed(&observer).cancelled_by(cancel);
    session.instruction_set = settings.instruction_set;
    let mut said = Said::default();
    let counts = answer_each(&model, &request, &wishes, &session, &mut |given| {
        said.keep(given)
    });
    Ok(Answered {
        model: name,
        counts: Counts {
            files: counts?,
            answered: said.answered,
            abstained: said.abstained,
        },
        answers: said.answers,
        units: wishes.by.is_some().then_some(said.units),
    })
}

/// What was said so far.
#[derive(Default)]
struct Said {
    answers: Vec<Value>,
    units: Vec<UnitPrediction>,
    answered: usize,
    abstained: usize,
}

impl Said {
    fn keep(&mut self, given: GivenAnswer) -> io::Result<()> {
        match given {
            GivenAnswer::Unit(unit) => self.units.push(*unit),
            GivenAnswer::Slice { answer, heat } => {
                if let FileAnswer::Predicted(prediction) = &answer {
                    self.abstained += usize::from(prediction.abstained);
                    self.answered += usize::from(!prediction.abstained);
                }
                let mut value = serde_json::to_value(&answer)?;
                if let Some(heat) = heat {
                    value["heat"] = serde_json::to_value(ShownHeat::of(&heat))?;
                }
                self.answers.push(value);
            }
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct ShownHeat<'a> {
    /// An 8-bit grey PNG of the slice's own size, base64.
    png: String,
    #[serde(flatten)]
    heat: &'a GivenHeat,
}

impl<'a> ShownHeat<'a> {
    fn of(heat: &'a GivenHeat) -> Self {
        Self {
            png: STANDARD.encode(encode_png(&heat.map)),
            heat,
        }
    }
}
