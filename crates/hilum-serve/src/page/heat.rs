//! What the page knows of heat: colours and methods, as `hilum explain` has them.

use std::fmt::Write as _;

use hilum_explain::{Method, heat_color};
use serde_json::{Value, json};

/// A module with red, green and blue for each of 256 levels, from the coolest to the hottest.
pub(super) fn heat_colors() -> String {
    let mut module = "// As `hilum explain` draws heat.\nexport const HEAT_COLORS = [\n".to_owned();
    for level in 0..=u8::MAX {
        let [red, green, blue] = heat_color(f32::from(level) / f32::from(u8::MAX));
        writeln!(module, "[{red}, {green}, {blue}],").expect("a string takes all");
    }
    module.push_str("];\n");
    module
}

/// A module with every method that `/api/predict` takes: its `name` there, and its `title` in its
/// paper.
pub(super) fn heat_methods() -> String {
    let method = |method: Method| json!({ "name": method.name(), "title": method.title() });
    let methods = Value::from_iter(Method::ALL.map(method));
    format!("// As `hilum explain` finds heat.\nexport const HEAT_METHODS = {methods};\n")
}
