//! Folder names that stand for another class.

use std::collections::{BTreeMap, BTreeSet};

use hilum_core::ClassName;
use thiserror::Error;

/// Which folder or class names are read as another class, as `--class-map FROM=TO` gives them.
///
/// `FROM` is a folder's name as it is, or a canonical class; `TO` is taken word for word.
///
/// ```
/// use hilum_dataset::ClassMap;
///
/// let map = ClassMap::parse(["Bengin cases=benign"]).unwrap();
/// assert_eq!(map.class_of("Bengin cases").as_str(), "benign");
/// assert_eq!(map.class_of("normal").as_str(), "normal");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClassMap(BTreeMap<String, ClassName>);

/// Why text is no class map.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClassMapError {
    /// No `=`, or nothing on one side of it.
    #[error(
        "`{entry}` maps no class to another\nhint: write `--class-map FROM=TO`, such as `--class-map 'Normal cases=normal'`"
    )]
    NotAPair {
        /// What was given.
        entry: String,
    },
    /// One name is sent to two classes.
    #[error("`{from}` is mapped to `{first}` and to `{second}`\nhint: keep one of the two")]
    Contradiction {
        /// The name on the left of both.
        from: String,
        /// Where the first entry sends it.
        first: ClassName,
        /// Where the second entry sends it.
        second: ClassName,
    },
}

impl ClassMap {
    /// Reads entries of the form `FROM=TO`; blanks around either side do not count.
    ///
    /// # Errors
    /// [`ClassMapError`] if an entry is no pair, or two of them disagree.
    pub fn parse<S: AsRef<str>>(
        entries: impl IntoIterator<Item = S>,
    ) -> Result<Self, ClassMapError> {
        let mut map = BTreeMap::new();
        for entry in entries {
            let (from, to) = pair(entry.as_ref())?;
            match map.insert(from.clone(), to.clone()) {
                Some(first) if first != to => {
                    return Err(ClassMapError::Contradiction {
                        from,
                        first,
                        second: to,
                    });
                }
                _ => {}
            }
        }
        Ok(Self(map))
    }

    /// The class that a folder or manifest name stands for.
    ///
    /// An entry for the name itself comes first, then one for its
    /// [canonical form](ClassName::canonical), then that form.
    pub fn class_of(&self, name: &str) -> ClassName {
        let canonical = ClassName::canonical(name);
        self.0
            .get(name.trim())
            .or_else(|| self.0.get(canonical.as_str()))
            .cloned()
            .unwrap_or(canonical)
    }

    /// The entries that none of `names` meets: most likely misspelt.
    pub fn unmatched(&self, names: &BTreeSet<&str>) -> Vec<String> {
        let meets = |from: &str| {
            let mut names = names.iter();
            names.any(|name| name.trim() == from || ClassName::canonical(name).as_str() == from)
        };
        self.0.keys().filter(|from| !meets(from)).cloned().collect()
    }
}

fn pair(entry: &str) -> Result<(String, ClassName), ClassMapError> {
    entry
        .split_once('=')
        .map(|(from, to)| (from.trim(), to.trim()))
        .filter(|(from, to)| !from.is_empty() && !to.is_empty())
        .map(|(from, to)| (from.to_owned(), ClassName::new(to)))
        .ok_or_else(|| ClassMapError::NotAPair {
            entry: entry.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_mapped_by_its_own_or_its_canonical_name() {
        let map = ClassMap::parse(["adenocarcinoma=luad", "n_T1_N0_M0_I = normal"]).unwrap();
        assert_eq!(
            map.class_of("adenocarcinoma_left_T2_N0_M0_Ib").as_str(),
            "luad"
        );
        assert_eq!(map.class_of("n_T1_N0_M0_I").as_str(), "normal");
        assert_eq!(map.class_of("other").as_str(), "other");
    }

    #[test]
    fn an_entry_without_two_sides_is_refused() {
        for entry in ["normal", "=normal", "normal=", " = "] {
            assert!(matches!(
                ClassMap::parse([entry]),
                Err(ClassMapError::NotAPair { .. })
            ));
        }
    }

    #[test]
    fn entries_that_disagree_are_refused_and_repeats_are_not() {
        assert!(ClassMap::parse(["a=b", "a=b"]).is_ok());
        assert!(matches!(
            ClassMap::parse(["a=b", "a=c"]),
            Err(ClassMapError::Contradiction { .. })
        ));
    }

    #[test]
    fn entries_that_meet_no_name_are_told() {
        let map = ClassMap::parse(["a=b", "c=d"]).unwrap();
        let unmatched = |names: [&'static str; 2]| map.unmatched(&BTreeSet::from(names));
        assert_eq!(unmatched(["a_T1_N0_M0", "e"]), ["c"]);
        assert_eq!(unmatched(["A", "c"]), ["a"]);
        assert_eq!(unmatched(["a_left_T1_N0_M0", "c"]), Vec::<String>::new());
    }
}
