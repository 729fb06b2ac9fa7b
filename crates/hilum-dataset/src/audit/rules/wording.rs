//! How rules name files and classes in a sentence.

use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

/// How many paths one line names.
const PATH_COUNT: usize = 3;

/// Each name in backticks.
pub(super) fn quoted<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    let mut quoted: Vec<String> = names
        .iter()
        .take(PATH_COUNT)
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    if names.len() > PATH_COUNT {
        quoted.push(format!("{} more", names.len() - PATH_COUNT));
    }
    quoted
}

/// The first few paths and how many more there are.
pub(super) fn first_of(paths: &[String]) -> String {
    quoted(paths).join(", ")
}

/// One finding for all files of a kind; none if there are none.
pub(super) fn one_finding(evidence: &Evidence<'_>, files: &[usize], what: &str) -> Vec<Finding> {
    if files.is_empty() {
        return Vec::new();
    }
    let paths = evidence.paths(files);
    let message = match paths.len() {
        1 => format!("{what}: {}", first_of(&paths)),
        count => format!("{count} {what}: {}", first_of(&paths)),
    };
    vec![
        Finding::new(message, paths)
            .with("count", files.len())
            .with("classes", evidence.class_counts(files)),
    ]
}
