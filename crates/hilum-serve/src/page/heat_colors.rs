//! The colours of heat, for the page.

use std::fmt::Write as _;

use hilum_explain::heat_color;

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
