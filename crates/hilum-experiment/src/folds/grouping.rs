//! What was kept on one side of every fold.

use std::collections::BTreeMap;

use hilum_core::{GroupId, Grouping};
use hilum_dataset::audit::is_inferred;

/// What was kept together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grouped {
    /// What was asked for.
    pub grouping: Grouping,
    /// All slices.
    pub slices: usize,
    /// Slices in groups that the data names, and how many groups.
    pub named: Group,
    /// Slices in groups that are a guess, and how many groups.
    pub inferred: Group,
}

/// Groups of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Group {
    /// How many groups there are.
    pub count: usize,
    /// How many slices are in them.
    pub slices: usize,
}

impl Grouped {
    /// Counts the groups of slices.
    pub(crate) fn of(grouping: Grouping, groups: &[Option<GroupId>]) -> Self {
        let mut sizes: BTreeMap<&GroupId, usize> = BTreeMap::new();
        for group in groups.iter().flatten() {
            *sizes.entry(group).or_default() += 1;
        }
        let count = |wanted: bool| {
            let those = sizes
                .iter()
                .filter(|(group, _)| is_inferred(group) == wanted);
            those.fold(Group::default(), |sum, (_, size)| Group {
                count: sum.count + 1,
                slices: sum.slices + size,
            })
        };
        Self {
            grouping,
            slices: groups.len(),
            named: count(false),
            inferred: count(true),
        }
    }
}
