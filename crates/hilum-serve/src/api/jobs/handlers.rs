//! What is done with jobs.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::events::{events, last};
use super::folder::Outcome;
use super::job::{Job, Progress, Status};
use super::run::{Work, run};
use super::upload::Upload;
use crate::api::answered::Answered;
use crate::api::ask::Received;
use crate::api::predict::Files;
use crate::api::wishes::Query;
use crate::context::Context;
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
    let received = Received::of(&context, query, request).await?;
    let job = Arc::new(Job::new());
    context.jobs().add(Arc::clone(&job))?;
    let location = format!("/api/jobs/{}", job.id);
    let shown = Shown {
        id: job.id.clone(),
        progress: job.progress(),
        result: None,
    };
    // By itself, so that a client that goes leaves no job that nobody begins.
    let accepted = tokio::spawn(accept(context, job, received)).await;
    accepted.unwrap_or_else(|_| Err(Refusal::failed()))?;
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::ACCEPTED, headers, Json(shown)).into_response())
}

/// Begins a job. What is acknowledged outlasts the server, where there is a folder.
async fn accept(context: Context, job: Arc<Job>, received: Received) -> Result<(), Refusal> {
    let (own, id) = (context.clone(), job.id.clone());
    let work = spawn_blocking(move || kept(&own, &id, received)).await;
    let work = work.unwrap_or_else(|_| Err(Refusal::failed()))?;
    tokio::spawn(run(context, job, work));
    Ok(())
}

fn kept(context: &Context, id: &str, received: Received) -> Result<Work, Refusal> {
    let Received {
        query,
        ask,
        files,
        permit,
        ..
    } = received;
    // The first model may be another one when the server starts again.
    let query = query.of_model(ask.model_name());
    let upload = Upload { query, files };
    let is_kept = context.jobs().keep_upload(id, &upload)?;
    Ok(if is_kept {
        Work::Kept
    } else {
        Work::Held(Box::new(ask), upload.files, permit)
    })
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
    let (progress, result) = match progress {
        Some(progress) if progress.status != Status::Done => (progress, None),
        _ => found(context, &id).await?,
    };
    Ok(Json(Shown {
        id,
        progress,
        result,
    }))
}

/// A job that is over, of this or an earlier start.
async fn found(context: Context, id: &str) -> Result<(Progress, Option<Box<RawValue>>), Refusal> {
    let id = id.to_owned();
    let outcome = spawn_blocking(move || context.jobs().outcome(&id)).await;
    match outcome.ok().flatten().ok_or_else(no_such_job)? {
        Outcome::Failed(reason) => Ok((Progress::failed(reason), None)),
        Outcome::Done(result) => {
            let counted: Counted = serde_json::from_slice(&result).unwrap_or_default();
            let result = serde_json::from_slice(&result).map_err(|_| Refusal::failed())?;
            Ok((Progress::done(counted.counts.files), Some(result)))
        }
    }
}

/// How many files a result is of.
#[derive(Default, Deserialize)]
struct Counted {
    counts: CountedFiles,
}

#[derive(Default, Deserialize)]
struct CountedFiles {
    files: usize,
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
    match context.jobs().job(&id) {
        Some(job) => Ok(events(&job)),
        None => Ok(last(&found(context, &id).await?.0)),
    }
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
