//! A layer's configuration, key by key.

use serde_json::{Map, Value};

use crate::error::ContentError;

/// A layer's configuration.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    layer: String,
    values: Map<String, Value>,
}

impl Settings {
    pub(crate) fn new(layer: &str, values: Map<String, Value>) -> Self {
        Self {
            layer: layer.to_owned(),
            values,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    /// A count; an error if there is none.
    pub(crate) fn count(&self, key: &str) -> Result<usize, ContentError> {
        self.count_or(key, None)
    }

    pub(crate) fn count_or(
        &self,
        key: &str,
        default: Option<usize>,
    ) -> Result<usize, ContentError> {
        let Some(value) = self.get(key) else {
            return default.ok_or_else(|| self.unreadable(key));
        };
        let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| self.unreadable(key))
    }

    /// One count for rows and columns, or one for each; `default` where there is none.
    pub(crate) fn pair(
        &self,
        key: &str,
        default: Option<[usize; 2]>,
    ) -> Result<[usize; 2], ContentError> {
        let Some(value) = self.get(key) else {
            return default.ok_or_else(|| self.unreadable(key));
        };
        pair(value).ok_or_else(|| self.unreadable(key))
    }

    pub(crate) fn number(&self, key: &str, default: Option<f64>) -> Result<f64, ContentError> {
        let Some(value) = self.get(key) else {
            return default.ok_or_else(|| self.unreadable(key));
        };
        value.as_f64().ok_or_else(|| self.unreadable(key))
    }

    /// One number, or nested lists of them one behind the other; `None` where there is none.
    pub(crate) fn numbers(&self, key: &str) -> Result<Option<Vec<f64>>, ContentError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let numbers = numbers(value).ok_or_else(|| self.unreadable(key))?;
        Ok(Some(numbers))
    }

    pub(crate) fn flag(&self, key: &str, default: bool) -> Result<bool, ContentError> {
        match self.get(key) {
            None => Ok(default),
            Some(value) => value.as_bool().ok_or_else(|| self.unreadable(key)),
        }
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    pub(crate) fn unreadable(&self, key: &str) -> ContentError {
        ContentError::Config {
            layer: self.layer.clone(),
            key: key.to_owned(),
        }
    }
}

/// A count for both axes, or one for each.
pub(super) fn pair(value: &Value) -> Option<[usize; 2]> {
    let count = |value: &Value| usize::try_from(value.as_u64()?).ok();
    match value {
        Value::Array(list) => match &list[..] {
            [rows, columns] => Some([count(rows)?, count(columns)?]),
            [one] => count(one).map(|one| [one; 2]),
            _ => None,
        },
        one => count(one).map(|one| [one; 2]),
    }
}

/// A number, or the numbers of nested lists, or of an array as Keras serialises it.
pub(super) fn numbers(value: &Value) -> Option<Vec<f64>> {
    match value {
        Value::Number(number) => number.as_f64().map(|number| vec![number]),
        Value::Array(list) => {
            let mut all = Vec::new();
            for one in list {
                all.extend(numbers(one)?);
            }
            Some(all)
        }
        Value::Object(object) => numbers(object.get("config")?.get("value")?),
        _ => None,
    }
}
