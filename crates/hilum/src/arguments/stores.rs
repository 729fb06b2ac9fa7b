//! How objects of stores are fetched.

use std::num::NonZeroUsize;

use clap::Args;
use hilum_experiment::{ExperimentError, Predict, Session, names_objects};
use hilum_stores::{StoreSettings, Stores};

use crate::error::CommandError;

/// Bytes of an object for each pixel that a slice may have, as of members of archives.
const BYTES_PER_PIXEL: u64 = 8;

/// How objects of stores are fetched.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Objects of a store")]
pub(crate) struct StoreArguments {
    /// Objects that are fetched at the same time. Where a store is and by what it knows you, the
    /// variables AWS_*, GOOGLE_* and AZURE_* say, as other programs read them
    #[arg(long, value_name = "COUNT", default_value = "64")]
    requests: NonZeroUsize,
}

impl StoreArguments {
    /// Lets `request` fetch what it names by addresses of objects, if it names any.
    ///
    /// # Errors
    /// If there are no more threads.
    pub(crate) fn attach(
        &self,
        request: &mut Predict,
        session: &Session<'_>,
    ) -> Result<(), CommandError> {
        if !names_objects(request.paths.iter().chain(&request.listed)) {
            return Ok(());
        }
        let settings = StoreSettings {
            variables: StoreSettings::relevant(std::env::vars_os()),
            proxies: session.hub.proxies.clone(),
            patience: session.hub.patience,
            requests: self.requests,
            object_bytes: request.limits.max_pixels.saturating_mul(BYTES_PER_PIXEL),
            ..StoreSettings::default()
        };
        request.stores = Some(Stores::new(settings).map_err(ExperimentError::from)?);
        Ok(())
    }
}
