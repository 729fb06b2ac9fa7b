//! The files of the page, as they are sent.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::HeaderValue;

use super::heat::{heat_colors, heat_methods};
use super::texts::{Notation, filled};

/// The page itself.
pub(super) const INDEX: &str = "index.html";
/// Made here, so that colours and methods are those of `hilum explain`.
const HEAT_COLORS: &str = "heat-colors.js";
const HEAT_METHODS: &str = "heat-methods.js";

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../page/", $name)))),+]
    };
}

/// Every file of `page/`.
const FILES: &[(&str, &str)] = files![
    "along.js",
    "announce.js",
    "answer.js",
    "api.js",
    "archive.js",
    "batches.js",
    "cache.js",
    "card.js",
    "csv.js",
    "drop.js",
    "element.js",
    "en.json",
    "files.js",
    "geometry.js",
    "gestures.js",
    "heat-panel.js",
    "heat.js",
    "heating.js",
    "icon.svg",
    "index.html",
    "judging.js",
    "keys.js",
    "layout.css",
    "look.css",
    "main.js",
    "measure-list.js",
    "measure.js",
    "measuring.js",
    "order.js",
    "overlay.js",
    "pixels.js",
    "print.css",
    "progress.js",
    "report.js",
    "results.js",
    "saying.js",
    "stage.js",
    "table.css",
    "table.js",
    "texts.js",
    "token.js",
    "toolbar.js",
    "viewer.css",
    "viewer.js",
    "window.js",
];

/// A file as it is sent.
#[derive(Debug)]
pub(super) struct Asset {
    pub(super) media_type: HeaderValue,
    /// A digest of the content (RFC 9110, 8.8.3).
    pub(super) etag: HeaderValue,
    pub(super) content: Cow<'static, str>,
}

/// The file of this name.
pub(super) fn asset(name: &str) -> Option<&'static Asset> {
    static ASSETS: LazyLock<BTreeMap<&'static str, Asset>> = LazyLock::new(|| {
        let files = FILES.iter().map(|(name, content)| {
            let content = match *name {
                INDEX => Cow::Owned(filled(content, Notation::Html)),
                "print.css" => Cow::Owned(filled(content, Notation::Css)),
                _ => Cow::Borrowed(*content),
            };
            (*name, content)
        });
        let made = [
            (HEAT_COLORS, Cow::Owned(heat_colors())),
            (HEAT_METHODS, Cow::Owned(heat_methods())),
        ];
        files
            .chain(made)
            .map(|(name, content)| (name, Asset::new(name, content)))
            .collect()
    });
    ASSETS.get(name)
}

impl Asset {
    fn new(name: &str, content: Cow<'static, str>) -> Self {
        let digest = blake3::hash(content.as_bytes()).to_hex();
        let etag = format!("\"{}\"", &digest[..32]);
        Self {
            media_type: HeaderValue::from_static(media_type(name)),
            etag: HeaderValue::from_str(&etag).expect("hexadecimal digits"),
            content,
        }
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_sent() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        for entry in fs_err::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let asset = asset(&name).unwrap_or_else(|| panic!("`{name}` is not listed"));
            assert_ne!(asset.media_type, "application/octet-stream", "{name}");
        }
    }

    /// The policy forbids them: a browser would drop them without a word to the reader.
    #[test]
    fn no_script_and_no_style_stands_in_the_page() {
        let page = &asset(INDEX).unwrap().content;
        for forbidden in ["<style", " style=", "javascript:", " onclick=", "<script>"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert!(page.contains("not for diagnosis"));
        assert!(!page.contains("{{"));
        assert!(
            asset("print.css")
                .unwrap()
                .content
                .contains("not for diagnosis")
        );
    }

    #[test]
    fn modules_import_what_is_there_and_no_two_import_each_other() {
        let imports = |name: &str| -> Vec<&'static str> {
            let content = &asset(name).unwrap_or_else(|| panic!("no `{name}`")).content;
            let parts = content.split(" from \"./").skip(1);
            parts.filter_map(|part| part.split('"').next()).collect()
        };
        let is_module = |name: &str| name.rsplit_once('.').is_some_and(|(_, kind)| kind == "js");
        for (name, _) in FILES.iter().filter(|(name, _)| is_module(name)) {
            for other in imports(name) {
                assert!(!imports(other).contains(name), "{name} and {other}");
            }
        }
    }
}
