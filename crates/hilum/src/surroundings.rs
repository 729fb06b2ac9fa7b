//! What the machine and its user say to every call: the cache, mirrors, instructions, and Ctrl-C.

use std::sync::OnceLock;

use hilum_core::Cancel;
use hilum_experiment::{InstructionSet, Observer, Session};
use hilum_files::cache_folder;
use hilum_hub::HubSettings;

use crate::error::{ArgumentError, INTERRUPTED};

/// A session that tells `observer`, and ends with Ctrl-C.
pub(crate) fn session(observer: &dyn Observer) -> Result<Session<'_>, ArgumentError> {
    let mut session = Session::observed(observer).cancelled_by(ctrl_c());
    session.caches = cache_folder(&|name| std::env::var_os(name));
    session.hub = HubSettings::from_environment();
    session.instruction_set = InstructionSet::from_environment()?;
    Ok(session)
}

/// Set by the first Ctrl-C; a second one ends the process at once.
fn ctrl_c() -> Cancel {
    static CANCEL: OnceLock<Cancel> = OnceLock::new();
    let cancel = CANCEL.get_or_init(|| {
        let cancel = Cancel::default();
        let asked = cancel.clone();
        // Without a handler Ctrl-C still ends the process, at the cost of the running epoch.
        let _ = ctrlc::set_handler(move || {
            if asked.cancelled() {
                std::process::exit(i32::from(INTERRUPTED));
            }
            asked.cancel();
        });
        cancel
    });
    cancel.clone()
}
