//! Numbers as they are written beside a scale.

/// `value` with as many digits as tell a hundredth of `range` apart, and a real minus sign.
pub(super) fn number(value: f32, range: f32) -> String {
    let plain = (1e-4..1e5).contains(&range) && value.abs() < 1e6;
    let text = if plain {
        let decimals = [10.0, 1.0, 0.1, 0.01, 0.001]
            .iter()
            .position(|step| range >= *step);
        format!("{:.*}", decimals.unwrap_or(5) + 1, value)
    } else {
        format!("{value:.2e}")
    };
    with_minus(&text)
}

/// Millimetres with one digit behind the point.
pub(super) fn millimetres(value: f64) -> String {
    // Adding zero turns a negative zero into a positive one.
    format!("{} mm", with_minus(&format!("{:.1}", value + 0.0)))
}

fn with_minus(text: &str) -> String {
    let is_zero = text.chars().all(|digit| matches!(digit, '-' | '0' | '.'));
    if is_zero {
        text.replace('-', "")
    } else {
        text.replace('-', "−")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_the_range_needs() {
        for (value, range, text) in [
            (0.0, 0.84, "0.000"),
            (0.84, 0.84, "0.840"),
            (1.5, 1.5, "1.50"),
            (12.25, 40.0, "12.2"),
            (-0.2, 1.0, "−0.20"),
            (-0.0001, 1.0, "0.00"),
            (3.2e-7, 3.2e-7, "3.20e−7"),
            (2e7, 3e7, "2.00e7"),
        ] {
            assert_eq!(number(value, range), text);
        }
        assert_eq!(millimetres(-0.0), "0.0 mm");
        assert_eq!(millimetres(-145.25), "−145.2 mm");
    }
}
