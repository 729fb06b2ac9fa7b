//! A drawing as SVG text: shapes in points from the upper left corner, text as text.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::palette::{Color, PAPER};

/// What every viewer has; nothing is embedded, nothing is fetched.
const FONT_FAMILY: &str = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/// The size of ordinary text.
pub(crate) const TEXT_SIZE: f64 = 13.0;

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke {
    pub(crate) color: Color,
    pub(crate) width: f64,
    /// Lengths of strokes and gaps; empty for an unbroken line.
    pub(crate) dash: &'static str,
}

/// Which end of a text stands at its position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextStyle {
    pub(crate) size: f64,
    pub(crate) color: Color,
    pub(crate) anchor: Anchor,
    pub(crate) bold: bool,
    /// Clockwise, about the text's position.
    pub(crate) angle_degrees: f64,
}

impl TextStyle {
    /// Ordinary dark text that starts at its position.
    pub(crate) const PLAIN: Self = Self {
        size: TEXT_SIZE,
        color: crate::palette::INK,
        anchor: Anchor::Start,
        bold: false,
        angle_degrees: 0.0,
    };

    pub(crate) const fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(crate) const fn color(self, color: Color) -> Self {
        Self { color, ..self }
    }

    pub(crate) const fn size(self, size: f64) -> Self {
        Self { size, ..self }
    }

    pub(crate) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(crate) const fn angle_degrees(self, angle_degrees: f64) -> Self {
        Self {
            angle_degrees,
            ..self
        }
    }
}

/// A drawing under construction.
#[derive(Debug)]
pub(crate) struct Svg {
    width: f64,
    height: f64,
    body: String,
    /// Every colour in it.
    colors: BTreeSet<Color>,
}

impl Svg {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
            colors: BTreeSet::from([PAPER]),
        }
    }

    /// Adds an element, `<name attributes/>`.
    fn element(&mut self, arguments: std::fmt::Arguments<'_>) {
        self.body
            .write_fmt(arguments)
            .expect("a string takes all text");
        self.body.push('\n');
    }

    pub(crate) fn rectangle(&mut self, (x, y): (f64, f64), width: f64, height: f64, fill: Color) {
        self.colors.insert(fill);
        self.element(format_args!(
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" fill="{fill}"/>"#
        ));
    }

    pub(crate) fn circle(&mut self, (x, y): (f64, f64), radius: f64, fill: Color, stroke: Color) {
        self.colors.extend([fill, stroke]);
        self.element(format_args!(
            r#"<circle cx="{x:.2}" cy="{y:.2}" r="{radius}" fill="{fill}" stroke="{stroke}" stroke-width="2"/>"#
        ));
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        self.polyline(&[from, to], stroke);
    }

    pub(crate) fn polyline(&mut self, points: &[(f64, f64)], stroke: Stroke) {
        let places: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.2},{y:.2}"))
            .collect();
        let Stroke { color, width, dash } = stroke;
        self.colors.insert(color);
        let dash = if dash.is_empty() {
            String::new()
        } else {
            format!(r#" stroke-dasharray="{dash}""#)
        };
        self.element(format_args!(
            r#"<polyline points="{}" fill="none" stroke="{color}" stroke-width="{width}" stroke-linejoin="round"{dash}/>"#,
            places.join(" ")
        ));
    }

    /// Writes `content`; `y` is the middle of the letters' height.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), content: &str, style: TextStyle) {
        self.colors.insert(style.color);
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = if style.bold {
            r#" font-weight="600""#
        } else {
            ""
        };
        let turn = if style.angle_degrees == 0.0 {
            String::new()
        } else {
            format!(
                r#" transform="rotate({} {x:.2} {y:.2})""#,
                style.angle_degrees
            )
        };
        // Not every renderer knows `dominant-baseline`: capitals are 0.72 high.
        self.element(format_args!(
            r#"<text x="{x:.2}" y="{y:.2}" dy="{:.2}" font-size="{}" fill="{}"{anchor}{weight}{turn}>{}</text>"#,
            0.36 * style.size,
            style.size,
            style.color,
            escape(content)
        ));
    }

    /// The whole document; `title` and `words`, which carry its figures, are what a screen reader
    /// says.
    pub(crate) fn finish(self, title: &str, words: &str) -> String {
        let Self {
            width,
            height,
            body,
            colors,
        } = self;
        let (title, words) = (escape(title), escape(words));
        let dark: String = colors.iter().map(|color| color.dark_rule()).collect();
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="img" aria-label="{title}. {words}" font-family="{FONT_FAMILY}">
<title>{title}</title>
<style>@media screen and (prefers-color-scheme: dark){{{dark}}}</style>
<rect width="100%" height="100%" fill="{PAPER}"/>
{body}</svg>
"#
        )
    }
}

/// `text` with XML's five special characters written as entities, and without characters that
/// XML cannot hold.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// About how wide `text` is: layouts leave room by it, so it rather says too much.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let width = |character: char| match character {
        'i' | 'j' | 'l' | 'I' | 't' | 'f' | 'r' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.34,
        ' ' | '-' | '(' | ')' | '/' => 0.38,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.92,
        'A'..='Z' => 0.72,
        character if character.is_ascii() => 0.58,
        // Wide scripts.
        _ => 1.0,
    };
    text.chars().map(width).sum::<f64>() * size
}

/// `name` with its middle left out if it is longer than 36 characters.
pub(crate) fn shortened(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= 36 {
        return name.to_owned();
    }
    let start: String = characters[..22].iter().collect();
    let end: String = characters[characters.len() - 13..].iter().collect();
    format!("{start}…{end}")
}

/// `name` with its middle left out if it needs more than `width` points.
pub(crate) fn shortened_to(name: &str, size: f64, width: f64) -> String {
    if text_width(name, size) <= width {
        return name.to_owned();
    }
    let characters: Vec<char> = name.chars().collect();
    let mut kept = characters.len() - 1;
    loop {
        let (start, end) = (kept.div_ceil(2), kept / 2);
        let start: String = characters[..start].iter().collect();
        let end: String = characters[characters.len() - end..].iter().collect();
        let short = format!("{start}…{end}");
        if kept == 0 || text_width(&short, size) <= width {
            return short;
        }
        kept -= 1;
    }
}

/// `text` in lines of at most `width` points, broken between words.
pub(crate) fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("starts with one");
        if line.is_empty() {
            line.push_str(word);
        } else if text_width(line, size) + text_width(word, size) + size * 0.38 <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}
