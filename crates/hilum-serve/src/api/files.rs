//! Files that a client sends: parts of a form, or one body.

use axum::body::Body;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use hilum_experiment::MemoryFile;

use crate::admission::Permit;
use crate::body::{Incoming, Ledger};
use crate::refusal::Refusal;
use crate::settings::Limits;

/// What a part of a form that holds a file is called.
const PART: &str = "file";
/// A file whose client gave it no name.
const NAMELESS: &str = "file";
/// The longest name of a file.
const LONGEST_NAME: usize = 1024;

/// Reads all files of a request into memory.
///
/// # Errors
/// `400` for a form that is none or holds no files, `408`, `413`, `415`, `503`.
pub(super) async fn receive(
    request: Request,
    permit: Permit,
    limits: &Limits,
) -> Result<(Vec<MemoryFile>, Permit), Refusal> {
    let kind = content_type(request.headers());
    refuse_encoded(request.headers())?;
    if kind == "multipart/form-data" {
        return receive_form(request, permit, limits).await;
    }
    if !is_file(&kind) {
        let error = format!("a body of type `{kind}` is no file");
        return Err(
            Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error).hint(
                "send a form: `curl -F file=@slice.png`, or name the type of one file: \
                 `curl --data-binary @slice.png -H 'content-type: application/octet-stream'`",
            ),
        );
    }
    let (parts, body) = request.into_parts();
    let (bytes, permit) = Incoming::read(&parts.headers, body, permit, limits).await?;
    if bytes.is_empty() {
        return Err(no_files());
    }
    Ok((vec![MemoryFile::new(NAMELESS, bytes.to_vec())], permit))
}

async fn receive_form(
    request: Request,
    permit: Permit,
    limits: &Limits,
) -> Result<(Vec<MemoryFile>, Permit), Refusal> {
    let (parts, body) = request.into_parts();
    let (incoming, ledger) = Incoming::new(&parts.headers, body, permit, limits)?;
    let request = Request::from_parts(parts, Body::new(incoming));
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| Refusal::malformed(error.body_text()))?;
    let mut files = Vec::new();
    loop {
        let field = form.next_field().await;
        let Some(field) = field.map_err(|error| broken(&ledger, &error.body_text()))? else {
            break;
        };
        if files.len() >= limits.files {
            let limit = limits.files;
            let error = format!("more than {limit} files");
            return Err(Refusal::too_large(error).hint("send them in parts"));
        }
        files.push(file(field, &ledger).await?);
    }
    if files.is_empty() {
        return Err(no_files());
    }
    Ok((files, ledger.permit()?))
}

async fn file(mut field: Field<'_>, ledger: &Ledger) -> Result<MemoryFile, Refusal> {
    if field.name() != Some(PART) {
        return Err(
            Refusal::malformed("a part of the form is no file").hint("call each part `file`")
        );
    }
    let name = field.file_name().unwrap_or(NAMELESS).to_owned();
    if name.len() > LONGEST_NAME {
        let error = format!("a file's name has more than {LONGEST_NAME} bytes");
        return Err(Refusal::malformed(error));
    }
    let mut bytes = Vec::new();
    loop {
        let chunk = field.chunk().await;
        match chunk.map_err(|error| broken(ledger, &error.body_text()))? {
            Some(chunk) => bytes.extend_from_slice(&chunk),
            None => return Ok(MemoryFile::new(name, bytes)),
        }
    }
}

/// Why a form ends early: because of us, or because of what it is.
fn broken(ledger: &Ledger, said: &str) -> Refusal {
    if ledger.is_refused() {
        ledger.reason()
    } else {
        Refusal::malformed(format!("the form is damaged: {said}"))
    }
}

fn no_files() -> Refusal {
    Refusal::malformed("there are no files in the request")
        .hint("send a form whose parts are called `file`: `curl -F file=@slice.png`")
}

/// The type without its parameters, in lower case.
fn content_type(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or("application/octet-stream");
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// What a body that is one file may be called; its content decides.
fn is_file(kind: &str) -> bool {
    const KNOWN: [&str; 7] = [
        "application/octet-stream",
        "application/dicom",
        "application/zip",
        "application/x-zip-compressed",
        "application/gzip",
        "application/x-gzip",
        "application/x-nifti",
    ];
    kind.starts_with("image/") || KNOWN.contains(&kind)
}

/// Compressed bodies are not read: a small one may become a large one.
pub(crate) fn refuse_encoded(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "compressed bodies are not read",
        )
        .hint("send the body as it is, without `Content-Encoding`")),
        _ => Ok(()),
    }
}
