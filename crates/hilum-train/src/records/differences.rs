//! What has changed between two descriptions of a run.

use serde_json::Value;

/// What two descriptions of a run disagree on, a line each: `settings.batch_size was 16, is 8`.
pub(super) fn differences(before: &Value, now: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", before, now, &mut lines);
    lines
}

fn compare(path: &str, before: &Value, now: &Value, lines: &mut Vec<String>) {
    let (Value::Object(old), Value::Object(new)) = (before, now) else {
        // Both sides are compared as they are written: `0.485` of an f32 is one number in memory
        // and another after it was read.
        let (before, now) = (before.to_string(), now.to_string());
        if before != now {
            lines.push(format!("  `{path}` was {before}, is {now}"));
        }
        return;
    };
    let added = new.keys().filter(|key| !old.contains_key(*key));
    for key in old.keys().chain(added) {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        let side =
            |side: &serde_json::Map<String, Value>| side.get(key).cloned().unwrap_or_default();
        compare(&path, &side(old), &side(new), lines);
    }
}
