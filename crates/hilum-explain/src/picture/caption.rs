//! What is said below a picture.

use hilum_font::{line_height, wrap};

use super::canvas::{ALARM, Canvas, INK, Letters, MUTED, TEXT, TITLE};
use super::scale::Silence;

/// Pixels between two lines.
const LEADING: usize = 3;

/// What a picture of a map says in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// The class whose heat is shown.
    pub class: String,
    /// The layer that the map was read at; `None` for methods that look at the input alone.
    pub layer: Option<String>,
    /// The first line, in bold letters.
    pub title: String,
    /// Lines below it.
    pub lines: Vec<String>,
    /// What speaks against believing the map; each is marked.
    pub problems: Vec<String>,
}

impl Caption {
    /// Class, probability (a dash without one), method and layer, each where it belongs.
    pub fn new(class: &str, probability: Option<f64>, method: &str, layer: Option<&str>) -> Self {
        let probability = probability.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
        let place = layer.map_or_else(String::new, |layer| format!(" at {layer}"));
        Self {
            class: class.to_owned(),
            layer: layer.map(str::to_owned),
            title: format!("{class} {probability}"),
            lines: vec![format!("{method}{place}")],
            problems: Vec::new(),
        }
    }

    /// What is written over a picture without heat.
    pub(super) fn words(&self, silence: Silence) -> String {
        silence.words(&self.class, self.layer.as_deref())
    }

    /// The lines as they are broken to a width.
    pub(super) fn lay(&self, room: usize) -> Laid {
        let lines = self
            .lines
            .iter()
            .map(|line| (line.clone(), Letters::new(TEXT, MUTED)));
        let problems = self.problems.iter();
        let problems = problems.map(|problem| (format!("▲ {problem}"), Letters::bold(TEXT, ALARM)));
        let all = [(self.title.clone(), Letters::bold(TITLE, INK))].into_iter();
        let broken = all
            .chain(lines)
            .chain(problems)
            .flat_map(|(text, letters)| {
                let parts = wrap(&text, letters.weight, letters.size, room as f32);
                parts.into_iter().map(move |part| (part, letters))
            });
        Laid(broken.collect())
    }
}

/// Lines of text that fit.
pub(super) struct Laid(Vec<(String, Letters)>);

impl Laid {
    pub(super) fn height(&self) -> usize {
        let heights = self
            .0
            .iter()
            .map(|(_, letters)| line_height(letters.size) + LEADING);
        heights.sum()
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, left: usize, top: usize) {
        let mut top = top;
        for (text, letters) in &self.0 {
            canvas.write(text, *letters, left, top);
            top += line_height(letters.size) + LEADING;
        }
    }
}
