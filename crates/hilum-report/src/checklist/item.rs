//! An item of a checklist: what it asks, and what answers it.

use super::facts::Facts;
use super::reply::Reply;

/// Finds in the facts what an item asks; both checklists ask the same ones.
pub(super) type Topic = fn(&Facts) -> Reply;

/// An item, in our own words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Its official number.
    pub(super) number: &'static str,
    /// The part of a paper that it belongs to.
    pub(super) section: &'static str,
    /// What it asks.
    pub(super) asks: &'static str,
    /// What a person is to write where nothing here answers it.
    pub(super) hint: &'static str,
    /// What answers it: all of these; nothing does, if there is none.
    pub(super) topics: &'static [Topic],
}

impl Item {
    pub(super) fn reply(&self, facts: &Facts) -> Reply {
        let mut replies = self.topics.iter().map(|topic| topic(facts));
        let Some(first) = replies.next() else {
            return Reply::Silent;
        };
        replies.fold(first, Reply::and)
    }
}

/// A row of a table of items.
pub(super) const fn item(
    number: &'static str,
    section: &'static str,
    asks: &'static str,
    hint: &'static str,
    topics: &'static [Topic],
) -> Item {
    Item {
        number,
        section,
        asks,
        hint,
        topics,
    }
}
