//! What is done with jobs.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::events::events;
use super::job::{Job, Progress, Status};
use crate::admission::Permit;
use crate::api::files::receive;
use crate::api::predict::{Answered, Ask, Files, answered};
use crate::api::wishes::Query;
use crate::context::Context;
use crate::journal::{Entry, Level};
use crate::models::named_or_first;
use crate::refusal::Refusal;

pub(crate) fn routes() -> Router<Context> {
    Router::new()
        .route("/api/jobs", post(create))
        .route("/api/jobs/{id}", get(show).delete(remove))
        .route("/api/jobs/{id}/events", get(follow))
}

/// A job as it is shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct Shown {
    id: String,
    #[serde(flatten)]
    progress: Progress,
    /// As `/api/predict` answers, when it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Answered>)]
    result: Option<Box<RawValue>>,
}

/// Takes files on, to be answered in the background.
#[utoipa::path(
    post,
    path = "/api/jobs",
    operation_id = "create_job",
    tag = "hilum",
    params(Query),
    request_body(
        description = "a form whose parts are called `file`, or one file",
        content((Files = "multipart/form-data"), ("application/octet-stream")),
    ),
    responses((status = 202, description = "the job; `Location` says where it is", body = Shown)),
)]
pub(crate) async fn create(
    State(context): State<Context>,
    query: Result<extract::Query<Query>, QueryRejection>,
    request: Request,
) -> Result<Response, Refusal> {
    let extract::Query(query) = query.map_err(|error| Refusal::malformed(error.body_text()))?;
    let (name, model) = named_or_first(context.models(), query.model.as_deref())?;
    let (wishes, frames) = (query.wishes()?, query.frames()?);
    let permit = context.admission().admit()?;
    let (files, permit) = receive(request, permit, &context.settings().limits).await?;
    let job = Arc::new(Job::new());
    context.jobs().add(Arc::clone(&job))?;
    let ask = Ask {
        name,
        model,
        files,
        frames,
        wishes,
    };
    let location = format!("/api/jobs/{}", job.id);
    let shown = Shown {
        id: job.id.clone(),
        progress: job.progress(),
        result: None,
    };
    tokio::spawn(run(context, job, ask, permit));
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::ACCEPTED, headers, Json(shown)).into_response())
}

/// Does a job when its turn comes; `permit` is held until it is over.
async fn run(context: Context, job: Arc<Job>, ask: Ask, permit: Permit) {
    let Ok(_turn) = context.jobs().runners.acquire().await else {
        return;
    };
    job.begin();
    let (own, settings) = (Arc::clone(&job), context.settings().clone());
    let work = move || {
        let told = |done, total| own.advance(done, total);
        let answered = answered(ask, &settings, own.cancel.clone(), &told)?;
        serde_json::to_vec(&answered).map_err(|_| Refusal::failed())
    };
    let outcome = spawn_blocking(work).await;
    drop(permit);
    let outcome = outcome.unwrap_or_else(|_| Err(Refusal::failed()));
    let kept = outcome.and_then(|result| {
        context.jobs().keep(&job.id, result).map_err(|error| {
            let entry = Entry::new(Level::Error, "job-not-kept");
            let entry = entry.with("error", error.kind().to_string());
            context.journal().note(&entry);
            Refusal::failed()
        })
    });
    job.end(kept.as_ref().copied());
}

/// How far a job is, and its result when it is done.
#[utoipa::path(
    get,
    path = "/api/jobs/{id}",
    operation_id = "show_job",
    tag = "hilum",
    params(("id" = String, Path)),
    responses((status = 200, description = "the job", body = Shown)),
)]
pub(crate) async fn show(
    State(context): State<Context>,
    Path(id): Path<String>,
) -> Result<Json<Shown>, Refusal> {
    let progress = context.jobs().job(&id).map(|job| job.progress());
    if let Some(progress) = progress.filter(|progress| progress.status != Status::Done) {
        let result = None;
        return Ok(Json(Shown {
            id,
            progress,
            result,
        }));
    }
    let own = context.clone();
    let name = id.clone();
    let result = spawn_blocking(move || own.jobs().result(&name)).await;
    let result = result.ok().flatten().ok_or_else(no_such_job)?;
    let result = serde_json::from_slice(&result).map_err(|_| Refusal::failed())?;
    let progress = context.jobs().job(&id).map(|job| job.progress());
    Ok(Json(Shown {
        progress: progress.unwrap_or(Progress {
            status: Status::Done,
            done: 0,
            total: 0,
            error: None,
        }),
        id,
        result: Some(result),
    }))
}

/// Its progress as server-sent events: `progress`, and `end`.
#[utoipa::path(
    get,
    path = "/api/jobs/{id}/events",
    operation_id = "follow_job",
    tag = "hilum",
    params(("id" = String, Path)),
    responses((status = 200, description = "events, `text/event-stream`")),
)]
pub(crate) async fn follow(
    State(context): State<Context>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let job = context.jobs().job(&id).ok_or_else(no_such_job)?;
    Ok(events(&job))
}

/// Stops a job, and drops its result.
#[utoipa::path(
    delete,
    path = "/api/jobs/{id}",
    operation_id = "remove_job",
    tag = "hilum",
    params(("id" = String, Path)),
    responses((status = 204, description = "it is gone")),
)]
pub(crate) async fn remove(
    State(context): State<Context>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let removed = spawn_blocking(move || context.jobs().remove(&id)).await;
    match removed {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => Err(no_such_job()),
        Err(_) => Err(Refusal::failed()),
    }
}

fn no_such_job() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is no such job")
        .hint("its result may have made room for others")
}
