//! Lines of text against what fontTools measures of the letters (`reference/make_glyphs.py`).

use std::collections::BTreeMap;

use hilum_font::{Weight, line, line_height, shorten, width, wrap};
use serde::Deserialize;

#[derive(Deserialize)]
struct Face {
    units_per_em: f32,
    letters: BTreeMap<String, Letter>,
}

#[derive(Deserialize)]
struct Letter {
    advance: f32,
    area: f32,
    /// Left, bottom, right, top; upwards from the line.
    bounds: [f32; 4],
}

fn faces() -> [(Weight, Face); 2] {
    let text = include_str!("reference/glyphs.json");
    let mut faces: BTreeMap<String, Face> =
        serde_json::from_str(text).expect("what the script wrote");
    let mut take = |style| faces.remove(style).expect("both weights");
    [
        (Weight::Regular, take("Regular")),
        (Weight::Bold, take("Bold")),
    ]
}

#[test]
fn letters_go_as_far_as_the_font_says() {
    for (weight, face) in faces() {
        for (letter, expected) in &face.letters {
            let advance = expected.advance * 13.0 / face.units_per_em;
            assert!(
                (width(letter, weight, 13.0) - advance).abs() < 1e-3,
                "{letter}"
            );
        }
        let all: String = face.letters.keys().map(String::as_str).collect();
        let sum: f32 = face.letters.values().map(|letter| letter.advance).sum();
        assert!((width(&all, weight, 20.0) - sum * 20.0 / face.units_per_em).abs() < 1e-2);
    }
}

#[test]
fn ink_covers_the_area_of_the_outline() {
    const SIZE: f32 = 64.0;
    for (weight, face) in faces() {
        for (letter, expected) in &face.letters {
            let mask = line(letter, weight, SIZE);
            let ink: f32 = mask
                .coverage
                .iter()
                .map(|value| f32::from(*value) / 255.0)
                .sum();
            let scale = SIZE / face.units_per_em;
            let area = expected.area * scale * scale;
            // Contours that overlap count twice in the sum of areas, edges round to 1/255.
            assert!(
                (ink - area).abs() <= 0.02 * area + 1.0,
                "{letter}: {ink} {area}"
            );
        }
    }
}

#[test]
fn ink_stands_where_the_font_puts_it() {
    const SIZE: f32 = 64.0;
    for (weight, face) in faces() {
        for (letter, expected) in &face.letters {
            let mask = line(letter, weight, SIZE);
            let inked = |row: &usize| {
                let start = row * mask.width;
                mask.coverage[start..start + mask.width]
                    .iter()
                    .any(|value| *value > 0)
            };
            let first = (0..mask.height).find(inked).expect("ink");
            let last = (0..mask.height).rfind(inked).expect("ink");
            let scale = SIZE / face.units_per_em;
            let [_, bottom, _, top] = expected.bounds.map(|bound| bound * scale);
            let (above, below) = (
                mask.baseline as f32 - first as f32,
                mask.baseline as f32 - (last + 1) as f32,
            );
            assert!((above - top).abs() <= 1.0, "{letter}: {above} {top}");
            assert!((below - bottom).abs() <= 1.0, "{letter}: {below} {bottom}");
        }
    }
}

#[test]
fn a_line_is_as_high_whatever_stands_in_it() {
    for text in ["", " ", "x", "gÅ", "漢字", "\u{7}\n"] {
        let mask = line(text, Weight::Bold, 11.0);
        assert_eq!(mask.height, line_height(11.0));
        assert_eq!(mask.coverage.len(), mask.width * mask.height);
    }
    assert!(
        line("", Weight::Regular, 11.0)
            .coverage
            .iter()
            .all(|value| *value == 0)
    );
}

#[test]
fn a_letter_that_the_font_does_not_hold_is_a_box() {
    let (missing, other) = (
        line("漢", Weight::Regular, 24.0),
        line("字", Weight::Regular, 24.0),
    );
    assert!(missing.coverage.iter().any(|value| *value > 128));
    assert_eq!(missing, other);
}

#[test]
fn long_names_keep_both_ends() {
    let name = "patient-2f6c1d3a77aa9e01-slice-07.png";
    let room = width(name, Weight::Regular, 12.0) / 2.0;
    let short = shorten(name, Weight::Regular, 12.0, room);
    assert!(width(&short, Weight::Regular, 12.0) <= room);
    let (head, tail) = short.split_once('…').expect("a cut");
    assert!(name.starts_with(head) && name.ends_with(tail));
    assert!(head.chars().count() - tail.chars().count() <= 1);
    // One letter more would not have fitted.
    let next = name.chars().nth(head.chars().count()).expect("more");
    let longer = format!("{head}{next}…{tail}");
    assert!(width(&longer, Weight::Regular, 12.0) > room || head.len() > tail.len());

    assert_eq!(shorten(name, Weight::Regular, 12.0, 2.0 * room + 1.0), name);
    assert_eq!(shorten("ÄÖ", Weight::Regular, 12.0, 1.0), "");
}

#[test]
fn text_is_broken_between_words() {
    let text = "the map hardly changes when the parameters are drawn anew";
    let lines = wrap(text, Weight::Regular, 12.0, 140.0);
    assert!(lines.len() > 1);
    assert!(
        lines
            .iter()
            .all(|line| width(line, Weight::Regular, 12.0) <= 140.0)
    );
    assert_eq!(lines.join(" "), text);
    assert_eq!(wrap("", Weight::Regular, 12.0, 140.0), Vec::<String>::new());
    assert_eq!(wrap("unbreakable", Weight::Regular, 12.0, 3.0).len(), 1);
}
