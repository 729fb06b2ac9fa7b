//! The texts of the page where they stand before any script runs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Every text that a person reads on the page.
static TEXTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../page/en.json")).expect("texts by their names")
});

/// What a text is written into.
#[derive(Debug, Clone, Copy)]
pub(super) enum Notation {
    /// Between tags, or as an attribute in double quotes.
    Html,
    /// A string in double quotes.
    Css,
}

impl Notation {
    fn written(self, text: &str) -> String {
        let escaped = |c: char| match (self, c) {
            (Self::Html, '&') => "&amp;".to_owned(),
            (Self::Html, '<') => "&lt;".to_owned(),
            (Self::Html, '>') => "&gt;".to_owned(),
            (Self::Html, '"') => "&quot;".to_owned(),
            (Self::Css, '"' | '\\') => format!("\\{c}"),
            _ => c.to_string(),
        };
        text.chars().map(escaped).collect()
    }
}

/// `template` with each `{{name}}` replaced by the text of that name.
///
/// # Panics
/// For a name that no text has: a mistake in the page, which its tests find.
pub(super) fn filled(template: &str, notation: Notation) -> String {
    let mut parts = template.split("{{");
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, after) = part.split_once("}}").expect("an end of a name");
        let text = TEXTS.get(name);
        let text = text.unwrap_or_else(|| panic!("no text is called `{name}`"));
        made.push_str(&notation.written(text));
        made.push_str(after);
    }
    made
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// All modules and the page, one after the other.
    fn sources() -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        let entries = fs_err::read_dir(folder).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let sources = paths.filter(|path| path.extension().is_some_and(|end| end != "json"));
        sources
            .map(|path| fs_err::read_to_string(path).unwrap())
            .collect()
    }

    /// What follows `call` up to `after`, wherever it is no end of a longer name.
    fn between<'a>(text: &'a str, call: &str, after: &str) -> BTreeSet<&'a str> {
        let calls = text.match_indices(call).map(|(at, _)| at);
        let calls = calls.filter(|at| !text[..*at].ends_with(char::is_alphabetic));
        let names = calls.filter_map(|at| text[at + call.len()..].split_once(after));
        names.map(|(name, _)| name).collect()
    }

    #[test]
    fn every_text_that_the_page_asks_for_is_there() {
        let sources = sources();
        for name in between(&sources, "text(\"", "\"") {
            assert!(TEXTS.contains_key(name), "no text is called `{name}`");
        }
    }

    /// Names that are put together begin as one in a template does.
    #[test]
    fn no_text_is_there_for_nothing() {
        let sources = sources();
        let beginnings = between(&sources, "text(`", "${");
        for name in TEXTS.keys() {
            let counted = name.strip_suffix(".one").or(name.strip_suffix(".none"));
            let base = counted.unwrap_or(name);
            let is_named = sources.contains(&format!("\"{base}\""))
                || sources.contains(&format!("{{{{{base}}}}}"));
            let is_made = || beginnings.iter().any(|begin| base.starts_with(*begin));
            assert!(is_named || is_made(), "nobody shows `{name}`");
        }
    }

    #[test]
    fn every_method_of_heat_is_explained() {
        for method in hilum_explain::Method::ALL {
            let name = format!("heat.method.{method}");
            assert!(TEXTS.contains_key(&name), "no text is called `{name}`");
        }
    }

    #[test]
    fn a_text_is_no_markup() {
        assert_eq!(
            Notation::Html.written("a <b> & \"c\""),
            "a &lt;b&gt; &amp; &quot;c&quot;"
        );
        assert_eq!(Notation::Css.written("a \"b\\"), "a \\\"b\\\\");
    }
}
