//! Who may associate, and what is said to others (PS3.8 table 9-21).

use std::cell::RefCell;

use dicom_ul::association::server::AccessControl;
use dicom_ul::pdu::{AssociationRJServiceUserReason, UserIdentity};

use crate::NodeSettings;

/// Checks both titles of one association, and remembers who asked.
pub(super) struct Access<'a> {
    settings: &'a NodeSettings,
    asked: RefCell<Asked>,
}

/// What a request said, and why it was rejected.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) calling: String,
    pub(super) rejected: Option<String>,
}

impl<'a> Access<'a> {
    pub(super) fn new(settings: &'a NodeSettings) -> Self {
        Self {
            settings,
            asked: RefCell::default(),
        }
    }

    pub(super) fn asked(&self) -> Asked {
        self.asked.borrow().clone()
    }
}

impl AccessControl for &Access<'_> {
    fn check_access(
        &self,
        own: &str,
        calling: &str,
        called: &str,
        _identity: Option<&UserIdentity>,
    ) -> Result<(), AssociationRJServiceUserReason> {
        let mut asked = self.asked.borrow_mut();
        calling.clone_into(&mut asked.calling);
        if called != own {
            asked.rejected = Some(format!("it calls `{called}`"));
            return Err(AssociationRJServiceUserReason::CalledAETitleNotRecognized);
        }
        if !self.settings.callers.allow(calling) {
            asked.rejected = Some("nobody allowed it to send".to_owned());
            return Err(AssociationRJServiceUserReason::CallingAETitleNotRecognized);
        }
        Ok(())
    }
}
