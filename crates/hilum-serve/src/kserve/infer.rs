//! `POST /v2/models/M/infer`.

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use hilum_core::Cancel;
use hilum_experiment::{
    ExperimentError, FileAnswer, Predict, Prediction, PreparedAnswer, SharedModel, predict_each,
    predict_prepared,
};
use serde_json::{Value, json};

use super::Error;
use super::input::Judged;
use super::output::{OUTPUTS, Output, Row};
use super::request::{HEADER_LENGTH, InferRequest, OutputWish};
use crate::api::refuse_encoded;
use crate::body::Incoming;
use crate::context::Context;
use crate::models::{Current, found};
use crate::refusal::Refusal;
use crate::settings::ServeSettings;
use crate::traces::{NetworkSteps, Trace};

/// Values in JSON take more room in memory than their text.
const JSON_FACTOR: usize = 3;

/// Asks a model.
#[utoipa::path(
    post,
    path = "/v2/models/{model}/infer",
    tag = "KServe v2",
    params(("model" = String, Path)),
    request_body(
        description = "JSON as the protocol has it; binary data may follow, as long as \
                       `Inference-Header-Content-Length` says",
        content((InferRequest = "application/json"), ("application/octet-stream")),
    ),
    responses((status = 200, description = "tensors", body = Object)),
)]
pub(crate) async fn infer(
    State(context): State<Context>,
    Path(model): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let current = found(context.models(), &model, None)?;
    Ok(answered(context, model, current, request).await?)
}

/// Asks a version of a model.
#[utoipa::path(
    post,
    path = "/v2/models/{model}/versions/{version}/infer",
    tag = "KServe v2",
    params(("model" = String, Path), ("version" = String, Path)),
    request_body(
        description = "JSON as the protocol has it; binary data may follow, as long as \
                       `Inference-Header-Content-Length` says",
        content((InferRequest = "application/json"), ("application/octet-stream")),
    ),
    responses((status = 200, description = "tensors", body = Object)),
)]
pub(crate) async fn infer_version(
    State(context): State<Context>,
    Path((model, version)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    let current = found(context.models(), &model, Some(&version))?;
    Ok(answered(context, model, current, request).await?)
}

async fn answered(
    context: Context,
    name: String,
    current: Current,
    request: Request,
) -> Result<Response, Refusal> {
    refuse_encoded(request.headers())?;
    let permit = context.admission().admit()?;
    let (parts, body) = request.into_parts();
    let limits = &context.settings().limits;
    let trace = parts.extensions.get::<Trace>().cloned().unwrap_or_default();
    let reading = trace.step("read");
    let (body, mut permit) = Incoming::read(&parts.headers, body, permit, limits).await?;
    drop(reading);
    if !parts.headers.contains_key(HEADER_LENGTH) {
        permit.grow(JSON_FACTOR * body.len())?;
    }
    let settings = context.settings().clone();
    let answer = move |cancel| {
        let asked = Asked {
            name: &name,
            current: &current,
            settings: &settings,
            steps: NetworkSteps::begin(trace),
        };
        asked.answer(&parts.headers, &body, cancel)
    };
    context.work(permit, answer).await
}

struct Asked<'a> {
    name: &'a str,
    current: &'a Current,
    settings: &'a ServeSettings,
    steps: NetworkSteps,
}

impl Asked<'_> {
    fn answer(
        &self,
        headers: &HeaderMap,
        body: &Bytes,
        cancel: Cancel,
    ) -> Result<Response, Refusal> {
        let (request, values) = InferRequest::read(headers, body)?;
        let outputs = wanted(&request)?;
        let model = &self.current.model;
        let most = self.settings.limits.files;
        let judged = Judged::of(&request.inputs[0], values, &model.file().recipe, most)?;
        let rows = match judged {
            Judged::Files(files) => {
                let count = files.len();
                let request = Predict {
                    batch: self.settings.sharing.batch,
                    limits: self.settings.limits.decode,
                    policy: self.settings.policy,
                    most_files: most,
                    ..Predict::of_memory(files)
                };
                self.of_files(&request, count, cancel)?
            }
            Judged::Prepared(prepared) => {
                let session = self.settings.session(&self.steps, cancel);
                let policy = &self.settings.policy;
                let answers = predict_prepared(model, &prepared, policy, &session)?;
                answers
                    .into_iter()
                    .map(|answer| row(model, answer))
                    .collect()
            }
        };
        Ok(self.response(&request, &outputs, &rows))
    }

    /// Every file is one slice, and all of them are answered, or none is.
    fn of_files(
        &self,
        request: &Predict,
        count: usize,
        cancel: Cancel,
    ) -> Result<Vec<Row>, Refusal> {
        let session = self.settings.session(&self.steps, cancel);
        let mut rows: Vec<Option<Row>> = vec![None; count];
        let mut refusal = None;
        let model = &self.current.model;
        predict_each(model, request, &session, &mut |answer| {
            match place(answer) {
                Ok((place, row)) if place < count && rows[place].is_none() => {
                    rows[place] = Some(row);
                }
                Ok(_) => {
                    refusal.get_or_insert_with(several);
                }
                Err(error) => {
                    refusal.get_or_insert(error);
                }
            }
            Ok(())
        })
        .map_err(|error| match error {
            ExperimentError::NoImages => several(),
            error => error.into(),
        })?;
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        rows.into_iter().collect::<Option<_>>().ok_or_else(several)
    }

    fn response(&self, request: &InferRequest, outputs: &[Wanted<'_>], rows: &[Row]) -> Response {
        let mut binary = Vec::new();
        let mut tensors = Vec::with_capacity(outputs.len());
        let mut has_binary = false;
        for Wanted { output, wish } in outputs {
            let is_binary = request.is_binary(*wish);
            has_binary |= is_binary;
            let (tensor, bytes) = output.tensor(rows, is_binary);
            tensors.push(tensor);
            binary.extend(bytes);
        }
        let file = self.current.model.file();
        let mut told = json!({
            "model_name": self.name,
            "model_version": self.current.version.to_string(),
            "parameters": {
                "classes": file.classes.names().iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
                "calibrated": file.calibration.is_some(),
            },
            "outputs": tensors,
        });
        if let Some(id) = &request.id {
            told["id"] = Value::from(id.as_str());
        }
        let json = told.to_string();
        if !has_binary {
            return ([(CONTENT_TYPE, "application/json")], json).into_response();
        }
        let length = HeaderValue::from(json.len());
        let mut body = json.into_bytes();
        body.extend(binary);
        let mut response = ([(CONTENT_TYPE, "application/octet-stream")], body).into_response();
        response.headers_mut().insert(HEADER_LENGTH, length);
        response
    }
}

/// An output, and how it is wanted.
struct Wanted<'a> {
    output: Output,
    wish: Option<&'a OutputWish>,
}

/// All outputs, or those that are asked for.
fn wanted(request: &InferRequest) -> Result<Vec<Wanted<'_>>, Refusal> {
    let Some(wishes) = request.outputs.as_ref().filter(|wishes| !wishes.is_empty()) else {
        let all = OUTPUTS.into_iter();
        return Ok(all.map(|output| Wanted { output, wish: None }).collect());
    };
    wishes.iter().map(one_wanted).collect()
}

fn one_wanted(wish: &OutputWish) -> Result<Wanted<'_>, Refusal> {
    let names = OUTPUTS.map(|output| format!("`{}`", output.name));
    let output = Output::named(&wish.name).ok_or_else(|| {
        Refusal::malformed("there is no output of this name")
            .hint(format!("one of {}", names.join(", ")))
    })?;
    if wish.wants_classification() {
        return Err(Refusal::malformed("`classification` is not supported")
            .hint("`class` and `set` name classes"));
    }
    Ok(Wanted {
        output,
        wish: Some(wish),
    })
}

fn several() -> Refusal {
    Refusal::malformed("each element of `image` is a file of one slice")
        .hint("`/api/predict` takes archives, volumes and files of several frames")
}

/// What is said of a file, and its position.
fn place(answer: FileAnswer) -> Result<(usize, Row), Refusal> {
    match answer {
        FileAnswer::Unreadable { error, .. } => Err(Refusal::malformed(error)),
        FileAnswer::Predicted(prediction) if prediction.frame.is_some() => Err(several()),
        FileAnswer::Predicted(prediction) => {
            let name = prediction.path.file_name().and_then(|name| name.to_str());
            let place = name.and_then(|name| name.parse().ok());
            Ok((place.ok_or_else(several)?, of_prediction(prediction)))
        }
    }
}

fn of_prediction(prediction: Prediction) -> Row {
    let text = |class: hilum_core::ClassName| class.to_string();
    Row {
        // The order of names is that of classes.
        probabilities: prediction.probabilities.into_values().collect(),
        logits: prediction.logits,
        class: prediction.class.map(text),
        reason: prediction.reason.map(|reason| reason.to_string()),
        set: prediction
            .set
            .map(|set| set.into_iter().map(text).collect()),
    }
}

fn row(model: &SharedModel, answer: PreparedAnswer) -> Row {
    let classes = &model.file().classes;
    let name = |class| classes.name(class).to_string();
    let PreparedAnswer { logits, answer } = answer;
    Row {
        probabilities: classes
            .indices()
            .map(|class| answer.probabilities.of(class))
            .collect(),
        logits,
        class: answer.class().map(name),
        reason: answer.reason.map(|reason| reason.to_string()),
        set: answer.set.map(|set| set.into_iter().map(name).collect()),
    }
}
