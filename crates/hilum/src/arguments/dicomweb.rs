//! By what a DICOMweb server knows us.

use std::path::PathBuf;

use clap::Args;
use hilum_dicomweb::{Credentials, DicomWebSettings};
use hilum_experiment::{Predict, Session, fetch_dicomweb, names_dicomweb};

use crate::error::CommandError;

/// How images of a DICOMweb server are fetched.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Images of a server")]
pub(crate) struct DicomWebArguments {
    /// File of the token that a DICOMweb server asks for; else HILUM_DICOMWEB_TOKEN, or
    /// HILUM_DICOMWEB_USER and HILUM_DICOMWEB_PASSWORD
    #[arg(long, value_name = "FILE")]
    dicomweb_token_file: Option<PathBuf>,
}

impl DicomWebArguments {
    /// Fetches what `request` names by `dicomweb:...`, if it names any.
    ///
    /// # Errors
    /// If the token cannot be read, and what the library says.
    pub(crate) fn fetch(
        &self,
        request: &mut Predict,
        session: &Session<'_>,
    ) -> Result<(), CommandError> {
        if !names_dicomweb(&request.paths) {
            return Ok(());
        }
        let credentials = match &self.dicomweb_token_file {
            Some(file) => Credentials::Bearer(fs_err::read_to_string(file)?.trim().to_owned()),
            None => Credentials::from_variables(&|name| std::env::var(name).ok()),
        };
        let settings = DicomWebSettings {
            credentials,
            proxies: session.hub.proxies.clone(),
            ..DicomWebSettings::default()
        };
        Ok(fetch_dicomweb(request, &settings, session)?)
    }
}
