//! `POST /api/predict`: files in, answers out.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Request, State};
use utoipa::ToSchema;

use super::answered::Answered;
use super::ask::Received;
use super::wishes::Query;
use crate::context::Context;
use crate::refusal::Refusal;

/// Parts of a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what is read part by part")]
pub(crate) struct Files {
    /// Files, each with a name.
    #[schema(format = Binary, min_items = 1)]
    file: Vec<String>,
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
    let Received {
        ask,
        files,
        permit,
        trace,
        ..
    } = Received::of(&context, query, request).await?;
    let settings = context.settings().clone();
    let answer = move |cancel| ask.answered(files, &settings, cancel, trace, &|_, _| {});
    context.work(permit, answer).await.map(Json)
}
