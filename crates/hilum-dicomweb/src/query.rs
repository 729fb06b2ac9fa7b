//! What a study or a series holds (QIDO-RS, PS3.18 10.6).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::address::{Address, is_uid};
use crate::client::Client;
use crate::{DicomWebError, Limits};

/// The model of answers (PS3.18 F.2).
const JSON: &str = "application/dicom+json, application/json;q=0.5";

/// Instances that are asked for at once.
const PAGE: usize = 1000;

const MODALITY: &str = "00080060";
const SERIES: &str = "0020000E";
const INSTANCE: &str = "00080018";

/// The series of a study that are CT; one whose modality nobody says is taken along.
pub(crate) fn ct_series(
    client: &Client<'_>,
    study: &Address,
) -> Result<Vec<String>, DicomWebError> {
    let url = format!("{}/series?includefield={MODALITY}", study.url());
    let found = objects(client, &url)?;
    let is_ct = |object: &&Map<String, Value>| {
        first(object, MODALITY).is_none_or(|modality| modality == "CT")
    };
    let series = found.iter().filter(is_ct);
    let uids = series.filter_map(|object| first(object, SERIES));
    Ok(uids.filter(|uid| is_uid(uid)).map(str::to_owned).collect())
}

/// The instances of a series, page by page.
pub(crate) fn instances(
    client: &Client<'_>,
    address: &Address,
    series: &str,
    limits: &Limits,
) -> Result<Vec<String>, DicomWebError> {
    let all = address.series(series).url();
    let mut known = BTreeSet::new();
    let mut uids = Vec::new();
    loop {
        let offset = uids.len();
        let url = format!("{all}/instances?limit={PAGE}&offset={offset}");
        let found = objects(client, &url)?;
        let count = found.len();
        let page = found.iter().filter_map(|object| first(object, INSTANCE));
        let before = uids.len();
        for uid in page.filter(|uid| is_uid(uid)) {
            if known.insert(uid.to_owned()) {
                uids.push(uid.to_owned());
            }
        }
        if uids.len() > limits.instances {
            return Err(DicomWebError::TooMuch {
                url: all,
                limit: limits.instances as u64,
                what: "instances",
            });
        }
        // A server may answer less than a page, or all it has whatever is asked.
        if count == 0 || uids.len() == before {
            return Ok(uids);
        }
    }
}

fn objects(client: &Client<'_>, url: &str) -> Result<Vec<Map<String, Value>>, DicomWebError> {
    let Some(answer) = client.get(url, JSON)? else {
        return Ok(Vec::new());
    };
    serde_json::from_slice(&answer.body).map_err(|source| DicomWebError::NoList {
        url: url.to_owned(),
        source,
    })
}

/// The first value of an attribute: `{"00080018": {"vr": "UI", "Value": ["1.2.3"]}}`.
fn first<'a>(object: &'a Map<String, Value>, tag: &str) -> Option<&'a str> {
    object.get(tag)?.get("Value")?.get(0)?.as_str()
}
