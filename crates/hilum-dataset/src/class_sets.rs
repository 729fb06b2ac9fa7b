//! All splits must hold the same classes.

use std::collections::BTreeMap;
use std::fmt;

use hilum_core::{ClassName, Split};

/// A class that one split lacks while another holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassMismatch {
    /// The class.
    pub class: ClassName,
    /// The split without an image of it.
    pub missing_in: Split,
    /// How many images the other splits hold.
    pub held_by: Vec<(Split, usize)>,
    /// What is most likely the same class in `missing_in`.
    pub resembles: Option<Lookalike>,
}

/// A class whose name differs only in case, separators or an appendix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookalike {
    /// The class as it is read; the splits that hold the missing one do not know it.
    pub class: ClassName,
    /// The folder or manifest name, for a `--class-map` that works.
    pub found_as: String,
}

impl ClassMismatch {
    /// The argument that would bring both names together, ready for a shell.
    pub fn suggestion(&self) -> Option<String> {
        let from = &self.resembles.as_ref()?.found_as;
        let argument = format!("{from}={}", self.class);
        let plain = argument
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-=/".contains(c));
        Some(if plain {
            format!("--class-map {argument}")
        } else {
            format!("--class-map '{}'", argument.replace('\'', r"'\''"))
        })
    }

    /// What to do about it, in one line.
    pub fn hint(&self) -> String {
        let held: Vec<String> = self
            .held_by
            .iter()
            .map(|(split, count)| format!("`{split}` holds {count} of them"))
            .collect();
        let held = held.join(" and ");
        let split = self.missing_in;
        match self.suggestion() {
            Some(suggestion) => format!("{held}; say `{suggestion}` if that is the same class"),
            None => format!(
                "{held}; is the folder under `{split}` named differently? map it with `--class-map`"
            ),
        }
    }
}

impl fmt::Display for ClassMismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            class, missing_in, ..
        } = self;
        write!(formatter, "class `{class}` has no images in `{missing_in}`")
    }
}

/// How many images each split holds of each class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassTable(BTreeMap<Split, BTreeMap<ClassName, Row>>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Row {
    count: usize,
    /// The name as it was found, for a `--class-map` that works.
    found_as: String,
}

impl ClassTable {
    /// Adds `count` images; 0 makes an empty folder known.
    pub(crate) fn add(&mut self, split: Split, class: &ClassName, found_as: &str, count: usize) {
        let row = self
            .0
            .entry(split)
            .or_default()
            .entry(class.clone())
            .or_default();
        row.count += count;
        found_as.clone_into(&mut row.found_as);
    }

    /// Every class that a split lacks, by split and class.
    pub(crate) fn mismatches(&self) -> Vec<ClassMismatch> {
        let names: std::collections::BTreeSet<&ClassName> =
            self.0.values().flat_map(BTreeMap::keys).collect();
        let mut mismatches = Vec::new();
        for split in self.0.keys() {
            for class in &names {
                let held_by = self.held_by(class);
                if self.count(*split, class) == 0 && !held_by.is_empty() {
                    mismatches.push(ClassMismatch {
                        class: (*class).clone(),
                        missing_in: *split,
                        resembles: self.resembling(*split, class, &held_by),
                        held_by,
                    });
                }
            }
        }
        mismatches
    }

    fn count(&self, split: Split, class: &ClassName) -> usize {
        self.0[&split].get(class).map_or(0, |row| row.count)
    }

    fn held_by(&self, class: &ClassName) -> Vec<(Split, usize)> {
        self.0
            .keys()
            .map(|split| (*split, self.count(*split, class)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    fn resembling(
        &self,
        split: Split,
        class: &ClassName,
        held_by: &[(Split, usize)],
    ) -> Option<Lookalike> {
        self.0[&split]
            .iter()
            .filter(|(name, row)| row.count > 0 && *name != class)
            .filter(|(name, _)| {
                held_by
                    .iter()
                    .all(|(other, _)| self.count(*other, name) == 0)
            })
            .find(|(name, _)| resemble(name.as_str(), class.as_str()))
            .map(|(class, row)| Lookalike {
                class: class.clone(),
                found_as: row.found_as.clone(),
            })
    }
}

impl fmt::Display for ClassTable {
    /// A line a split: what it holds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (split, classes)) in self.0.iter().enumerate() {
            let holds: Vec<String> = classes
                .iter()
                .map(|(class, row)| format!("{class} ({})", row.count))
                .collect();
            let newline = if position == 0 { "" } else { "\n" };
            write!(formatter, "{newline}`{split}` holds {}", holds.join(", "))?;
        }
        Ok(())
    }
}

/// Whether two names differ only in case, separators, or something appended to one of them.
fn resemble(a: &str, b: &str) -> bool {
    let letters = |name: &str| -> String {
        name.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let (a, b) = (letters(a), letters(b));
    let shorter = a.len().min(b.len());
    shorter >= 3 && (a.starts_with(&b) || b.starts_with(&a))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(entries: &[(Split, &str, usize)]) -> ClassTable {
        let mut table = ClassTable::default();
        for (split, name, count) in entries {
            table.add(*split, &ClassName::new(*name), name, *count);
        }
        table
    }

    #[test]
    fn equal_sets_have_no_mismatch() {
        let table = table(&[(Split::Train, "a", 3), (Split::Test, "a", 1)]);
        assert_eq!(table.mismatches(), []);
    }

    #[test]
    fn a_name_that_differs_in_case_and_separators_is_suggested() {
        let table = table(&[
            (Split::Train, "Large Cell Carcinoma", 115),
            (Split::Train, "normal", 148),
            (Split::Test, "large.cell.carcinoma", 51),
            (Split::Test, "normal", 54),
        ]);
        let mismatches = table.mismatches();
        assert_eq!(mismatches.len(), 2);
        assert_eq!(
            mismatches[0].suggestion().as_deref(),
            Some("--class-map 'Large Cell Carcinoma=large.cell.carcinoma'")
        );
        assert_eq!(mismatches[0].held_by, [(Split::Test, 51)]);
    }

    #[test]
    fn an_empty_folder_is_a_missing_class_and_suggests_nothing() {
        let table = table(&[
            (Split::Train, "benign", 4),
            (Split::Valid, "benign", 0),
            (Split::Valid, "malignant", 2),
            (Split::Train, "malignant", 2),
        ]);
        let mismatches = table.mismatches();
        assert_eq!(mismatches.len(), 1);
        assert_eq!(
            mismatches[0].to_string(),
            "class `benign` has no images in `valid`"
        );
        assert_eq!(mismatches[0].suggestion(), None);
        assert_eq!(
            mismatches[0].hint(),
            "`train` holds 4 of them; is the folder under `valid` named differently? map it with `--class-map`"
        );
    }

    #[test]
    fn unlike_names_do_not_resemble() {
        assert!(resemble("Normal", "normal cases"));
        assert!(!resemble("benign", "malignant"));
        assert!(!resemble("a", "ab"));
    }
}
