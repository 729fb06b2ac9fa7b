//! Instances as files (WADO-RS, PS3.18 10.4).

use hilum_core::Cancel;

use crate::address::Address;
use crate::client::{Answer, Client};
use crate::multipart::parts;
use crate::{DicomWebError, DicomWebSettings, query};

/// Files in whatever transfer syntax they lie there: nothing is compressed or lost on the way.
const DICOM: &str = "multipart/related; type=\"application/dicom\"; transfer-syntax=*";

/// An instance that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Where it came from, as a path of answers: `dicomweb:https://...`.
    pub address: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Fetches the CT images of a study, or all instances of a series, one after the other; `told` is
/// how many are there, of how many.
///
/// # Errors
/// [`DicomWebError`]; nothing is given then.
pub fn retrieve(
    address: &Address,
    settings: &DicomWebSettings,
    told: &mut dyn FnMut(usize, usize),
    cancel: &Cancel,
) -> Result<Vec<Instance>, DicomWebError> {
    let client = Client::new(settings, cancel);
    let wanted = wanted(&client, address, settings)?;
    if wanted.is_empty() {
        let url = address.url();
        return Err(DicomWebError::NoImages { url });
    }
    let mut instances = Vec::with_capacity(wanted.len());
    let mut total = 0;
    told(0, wanted.len());
    for (done, one) in wanted.iter().enumerate() {
        let bytes = instance(&client, one)?;
        total += bytes.len() as u64;
        let limit = settings.limits.total_bytes;
        if total > limit {
            return Err(DicomWebError::TooMuch {
                url: address.url(),
                limit,
                what: "bytes",
            });
        }
        let address = one.to_string();
        instances.push(Instance { address, bytes });
        told(done + 1, wanted.len());
    }
    Ok(instances)
}

fn wanted(
    client: &Client<'_>,
    address: &Address,
    settings: &DicomWebSettings,
) -> Result<Vec<Address>, DicomWebError> {
    if address.instance.is_some() {
        return Ok(vec![address.clone()]);
    }
    let series = match &address.series {
        Some(series) => vec![series.clone()],
        None => query::ct_series(client, address)?,
    };
    let mut wanted = Vec::new();
    let mut limits = settings.limits;
    for series in series {
        let found = query::instances(client, address, &series, &limits)?;
        limits.instances -= found.len();
        wanted.extend(found.iter().map(|uid| address.instance(&series, uid)));
    }
    Ok(wanted)
}

fn instance(client: &Client<'_>, address: &Address) -> Result<Vec<u8>, DicomWebError> {
    let url = address.url();
    let nothing = |content_type: &str| DicomWebError::NoInstance {
        url: url.clone(),
        content_type: content_type.to_owned(),
    };
    let Some(Answer { content_type, body }) = client.get(&url, DICOM)? else {
        return Err(nothing("nothing"));
    };
    let kind = content_type.split(';').next().unwrap_or_default();
    match kind.trim().to_ascii_lowercase().as_str() {
        "multipart/related" => {
            let found = parts(&content_type, &body);
            let found = found.map_err(|source| DicomWebError::Multipart {
                url: url.clone(),
                source,
            })?;
            let first = found.first().ok_or_else(|| nothing(&content_type))?;
            Ok(first.to_vec())
        }
        // Not as the standard has it for this request, and clear all the same.
        "application/dicom" => Ok(body),
        _ => Err(nothing(&content_type)),
    }
}
