//! Class names, their canonical form, and the ordered set that a model knows.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The name of a class, such as `large.cell.carcinoma`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClassName(String);

impl ClassName {
    /// The name as it is given.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The class that a folder name stands for.
    ///
    /// Public chest-CT sets append where the tumour sits and its TNM stage:
    /// `squamous.cell.carcinoma_left.hilum_T1_N2_M0_IIIa` is `squamous.cell.carcinoma`.
    /// The suffix is dropped if it holds T, N and M in this order; every other name is kept.
    pub fn canonical(folder: &str) -> Self {
        let parts: Vec<&str> = folder.trim().split('_').collect();
        let stage = parts.windows(3).position(|window| {
            is_stage(window[0], 'T') && is_stage(window[1], 'N') && is_stage(window[2], 'M')
        });
        match stage {
            // Between the class and the stage stands one part, the location; it may be absent.
            Some(position) if position >= 2 => Self(parts[..position - 1].join("_")),
            Some(1) => Self(parts[0].to_owned()),
            _ => Self(folder.trim().to_owned()),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `part` is a letter of the TNM system with its category: `T2`, `T1a`, `Tis`, `NX`, `M0`.
fn is_stage(part: &str, letter: char) -> bool {
    let mut characters = part.chars();
    characters
        .next()
        .is_some_and(|c| c.eq_ignore_ascii_case(&letter))
        && (characters.as_str().eq_ignore_ascii_case("is")
            || characters
                .next()
                .is_some_and(|c| c.is_ascii_digit() || c.eq_ignore_ascii_case(&'x')))
        && part.len() <= 4
}

impl fmt::Display for ClassName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// The position of a class in [`Classes`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ClassIndex(u16);

impl ClassIndex {
    /// The class at `position`.
    ///
    /// # Panics
    /// If `position` exceeds 65,535; [`Classes::new`] refuses larger sets.
    pub fn new(position: usize) -> Self {
        Self(u16::try_from(position).expect("a class set holds at most 65,536 classes"))
    }

    /// The position.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

/// The classes of a dataset or a model: distinct, two or more, in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ClassName>", into = "Vec<ClassName>")]
pub struct Classes(Vec<ClassName>);

/// Why names do not make a class set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClassesError {
    /// Fewer than two classes: there is nothing to tell apart.
    #[error("a classifier needs two classes or more, found {count}")]
    TooFew {
        /// How many there are.
        count: usize,
    },
    /// More classes than a [`ClassIndex`] can count.
    #[error("{count} classes exceed the limit of 65536")]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// A class without a name.
    #[error("a class name is empty")]
    EmptyName,
}

impl Classes {
    /// Sorts and deduplicates `names`.
    ///
    /// # Errors
    /// [`ClassesError`] if fewer than two, too many, or a name is empty.
    pub fn new(names: impl IntoIterator<Item = ClassName>) -> Result<Self, ClassesError> {
        let mut names: Vec<ClassName> = names.into_iter().collect();
        names.sort();
        names.dedup();
        if names.iter().any(|name| name.0.is_empty()) {
            return Err(ClassesError::EmptyName);
        }
        match names.len() {
            count @ 0..=1 => Err(ClassesError::TooFew { count }),
            count if count > usize::from(u16::MAX) + 1 => Err(ClassesError::TooMany { count }),
            _ => Ok(Self(names)),
        }
    }

    /// How many classes there are.
    #[expect(clippy::len_without_is_empty, reason = "a class set is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The names, in order.
    pub fn names(&self) -> &[ClassName] {
        &self.0
    }

    /// The name at `index`.
    ///
    /// # Panics
    /// If `index` belongs to a larger class set.
    pub fn name(&self, index: ClassIndex) -> &ClassName {
        &self.0[index.get()]
    }

    /// Where the class called `name` stands, if it is known.
    pub fn index_of(&self, name: &str) -> Option<ClassIndex> {
        self.0
            .binary_search_by(|known| known.as_str().cmp(name))
            .ok()
            .map(ClassIndex::new)
    }

    /// The class that says that there is nothing to be seen, if exactly one is called so: `normal`,
    /// `healthy`, `no finding` or the like, also as the first words (`Normal cases`).
    pub fn without_finding(&self) -> Option<ClassIndex> {
        let mut found = self
            .indices()
            .filter(|class| says_nothing_is_there(self.name(*class)));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The class [`without_finding`](Self::without_finding), if all others are of tumours, going by
    /// their names: they hold `carcinoma`, `malignant`, `nodule` or the like.
    pub fn free_of_tumours(&self) -> Option<ClassIndex> {
        let free = self.without_finding()?;
        let mut others = self.indices().filter(|class| *class != free);
        others
            .all(|class| is_tumour(self.name(class)))
            .then_some(free)
    }

    /// Every index, in order.
    pub fn indices(&self) -> impl ExactSizeIterator<Item = ClassIndex> + use<> {
        (0..self.len()).map(ClassIndex::new)
    }
}

/// What classes are called that say that there is nothing to be seen; without separators.
const NOTHING: [&str; 12] = [
    "normal",
    "healthy",
    "negative",
    "control",
    "none",
    "background",
    "nofinding",
    "nofindings",
    "nolesion",
    "nonodule",
    "notumor",
    "notumour",
];

/// What stands in the name of a class of tumours; `bengin` is how a published collection has it.
const TUMOURS: [&str; 15] = [
    "adenoma",
    "bengin",
    "benign",
    "blastoma",
    "cancer",
    "carcinoma",
    "lesion",
    "malignan",
    "mass",
    "metasta",
    "neoplas",
    "nodule",
    "sarcoma",
    "tumor",
    "tumour",
];

fn says_nothing_is_there(name: &ClassName) -> bool {
    let name = name.0.to_lowercase();
    let mut words = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let both = first.to_owned() + words.next().unwrap_or_default();
    NOTHING.contains(&first) || NOTHING.contains(&both.as_str())
}

fn is_tumour(name: &ClassName) -> bool {
    let name = name.0.to_lowercase();
    TUMOURS.iter().any(|word| name.contains(word))
}

impl TryFrom<Vec<ClassName>> for Classes {
    type Error = ClassesError;

    fn try_from(names: Vec<ClassName>) -> Result<Self, ClassesError> {
        Self::new(names)
    }
}

impl From<Classes> for Vec<ClassName> {
    fn from(classes: Classes) -> Self {
        classes.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_staging_suffix_is_dropped_and_nothing_else() {
        let cases = [
            (
                "adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib",
                "adenocarcinoma",
            ),
            (
                "large.cell.carcinoma_left.hilum_T2_N2_M0_IIIa",
                "large.cell.carcinoma",
            ),
            (
                "squamous.cell.carcinoma_left.hilum_T1_N2_M0_IIIa",
                "squamous.cell.carcinoma",
            ),
            ("small_cell_right.hilum_T1a_NX_M1b_IV", "small_cell"),
            ("adenocarcinoma_Tis_N0_M0", "adenocarcinoma"),
            ("normal", "normal"),
            ("large_cell", "large_cell"),
            ("T2_N0_M0", "T2_N0_M0"),
            ("Bengin cases", "Bengin cases"),
            ("tumour_T2_weighted", "tumour_T2_weighted"),
        ];
        for (folder, expected) in cases {
            assert_eq!(
                ClassName::canonical(folder).as_str(),
                expected,
                "of {folder}"
            );
        }
    }

    #[test]
    fn the_order_is_alphabetical_whatever_the_input_order() {
        let names = |list: &[&str]| Classes::new(list.iter().map(|name| ClassName::new(*name)));
        assert_eq!(names(&["b", "a", "b"]), names(&["a", "b"]));
        assert_eq!(names(&["a"]), Err(ClassesError::TooFew { count: 1 }));
        assert_eq!(names(&["a", ""]), Err(ClassesError::EmptyName));
    }

    #[test]
    fn a_class_that_says_nothing_is_there_is_known_by_its_first_words() {
        let index = |names: &[&str]| {
            let classes = Classes::new(names.iter().map(|name| ClassName::new(*name))).unwrap();
            classes.without_finding().map(ClassIndex::get)
        };
        assert_eq!(index(&["adenocarcinoma", "normal"]), Some(1));
        assert_eq!(index(&["No Finding", "nodule"]), Some(0));
        assert_eq!(index(&["Malignant cases", "Normal cases"]), Some(1));
        assert_eq!(index(&["benign", "malignant"]), None);
        assert_eq!(index(&["abnormal", "normality"]), None);
        // Two of them: nobody can tell which one it is.
        assert_eq!(index(&["healthy", "normal", "tumour"]), None);
    }

    #[test]
    fn a_class_is_free_of_tumours_beside_names_of_tumours_alone() {
        let found = |names: &[&str]| {
            let classes = Classes::new(names.iter().map(|name| ClassName::new(*name))).unwrap();
            let index = classes.free_of_tumours()?;
            Some(classes.name(index).to_string())
        };
        assert_eq!(found(&["mass", "normal"]).as_deref(), Some("normal"));
        assert_eq!(
            found(&["Malignant cases", "Normal cases", "Bengin nodules"]).as_deref(),
            Some("Normal cases")
        );
        assert_eq!(
            found(&["No_Finding", "lung_cancer"]).as_deref(),
            Some("No_Finding")
        );
        assert_eq!(found(&["abnormal", "normality", "unhealthy"]), None);
        // A lesion is no sign of these.
        assert_eq!(found(&["normal", "pneumonia"]), None);
        assert_eq!(found(&["normal", "emphysema", "adenocarcinoma"]), None);
    }

    #[test]
    fn a_class_set_read_from_json_obeys_the_same_rules() {
        let classes: Classes = serde_json::from_str(r#"["normal","adenocarcinoma"]"#).unwrap();
        assert_eq!(classes.names()[0].as_str(), "adenocarcinoma");
        assert!(serde_json::from_str::<Classes>(r#"["one"]"#).is_err());
    }

    proptest! {
        #[test]
        fn every_name_is_found_at_its_index(names in prop::collection::btree_set("[a-z]{1,5}", 2..20)) {
            let classes = Classes::new(names.iter().map(ClassName::new)).unwrap();
            for index in classes.indices() {
                prop_assert_eq!(classes.index_of(classes.name(index).as_str()), Some(index));
            }
        }

        #[test]
        fn canonical_is_idempotent(folder in "[A-Za-z._]{1,12}(_T[0-4]_N[0-3]_M[01]_I)?") {
            let once = ClassName::canonical(&folder);
            prop_assert_eq!(ClassName::canonical(once.as_str()), once);
        }
    }
}
