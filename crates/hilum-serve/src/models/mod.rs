//! Models held ready, by name.

mod found;
mod slot;
mod source;

use std::sync::Arc;

use hilum_core::closest;
use hilum_experiment::SharedModel;

use crate::ServeError;
use crate::journal::Journal;
use crate::settings::ServeSettings;

pub(crate) use found::{found, named_or_first};
pub(crate) use slot::{Current, Slot};
pub use source::{ModelSource, ModelSourceError};

/// Models held ready, by name; clones are one and the same.
#[derive(Clone)]
pub struct Models {
    slots: Arc<[Slot]>,
}

impl Models {
    /// Opens all of them.
    pub(crate) fn open(
        settings: &ServeSettings,
        journal: &Arc<dyn Journal>,
    ) -> Result<Self, ServeError> {
        let mut slots: Vec<Slot> = Vec::with_capacity(settings.models.len());
        for source in &settings.models {
            if slots.iter().any(|slot| slot.name() == source.name) {
                let name = source.name.clone();
                return Err(ServeError::SameName { name });
            }
            let slot = Slot::open(source, settings, journal);
            slots.push(slot.map_err(ServeError::Model)?);
        }
        Ok(Self {
            slots: slots.into(),
        })
    }

    /// The model of this name, as it is now.
    pub fn named(&self, name: &str) -> Option<SharedModel> {
        Some(self.slot(name)?.current().model)
    }

    /// The one that is asked where nobody says which.
    pub fn first(&self) -> SharedModel {
        self.slots[0].current().model
    }

    pub(crate) fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name() == name)
    }

    pub(crate) fn first_slot(&self) -> &Slot {
        &self.slots[0]
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// A name that may have been meant.
    pub(crate) fn closest(&self, name: &str) -> Option<&str> {
        closest(name, self.slots.iter().map(Slot::name))
    }

    /// Opens what has changed on the disk, beside what is asked meanwhile.
    pub(crate) fn look_for_changes(&self) {
        for slot in self.slots.iter() {
            slot.look_for_change();
        }
    }
}
