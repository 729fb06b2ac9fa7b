//! DICOM objects of answers, in a folder.

use std::path::{Path, PathBuf};

use clap::Args;
use hilum_experiment::{FileAnswer, Model, Predict, Session};
use hilum_results::{
    CaptureSettings, ModelIdentity, NoResult, ResultKind, Results, Unreferenced, results_of,
};

use super::of_printing;
use crate::error::{ArgumentError, CommandError};
use crate::screen::Screen;

/// Whether answers are also written as DICOM objects.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "DICOM objects")]
pub(super) struct ObjectArguments {
    /// Also write what is said of each DICOM series into this folder, for a PACS: a structured
    /// report (TID 1500), and captures of the slices that carry its answer, with their heat
    #[arg(long, value_name = "DIR")]
    sr: Option<PathBuf>,

    /// Captures of a series, at most
    #[arg(long, value_name = "COUNT", requires = "sr", default_value_t = CaptureSettings::MOST)]
    captures: usize,
}

impl ObjectArguments {
    /// `None` if nobody asks for them.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub(super) fn objects(&self) -> Result<Option<Objects<'_>>, CommandError> {
        let Some(folder) = &self.sr else {
            return Ok(None);
        };
        if folder.is_file() {
            let path = folder.clone();
            return Err(ArgumentError::SrIsFile { path }.into());
        }
        fs_err::create_dir_all(folder)?;
        Ok(Some(Objects {
            folder,
            settings: CaptureSettings {
                most: self.captures,
                ..CaptureSettings::default()
            },
            answers: Vec::new(),
        }))
    }
}

/// Answers that objects are made of.
pub(super) struct Objects<'a> {
    folder: &'a Path,
    settings: CaptureSettings,
    answers: Vec<FileAnswer>,
}

impl Objects<'_> {
    /// Keeps an answer.
    pub(super) fn see(&mut self, answer: &FileAnswer) {
        self.answers.push(answer.clone());
    }

    /// Writes the objects of all answers, and says how many and of which files there are none.
    pub(super) fn write(
        self,
        model: &mut Model,
        request: &Predict,
        session: &Session<'_>,
        screen: &Screen,
    ) -> Result<(), CommandError> {
        let Self {
            folder,
            settings,
            answers,
        } = self;
        let identity = ModelIdentity::of(&model.origin, &model.file.classes);
        let (mut reports, mut captures) = (0, 0);
        let mut take = |object: hilum_results::ResultObject| {
            object.write_into(folder)?;
            match object.kind {
                ResultKind::Report => reports += 1,
                ResultKind::Capture => captures += 1,
            }
            Ok(())
        };
        let results = results_of(
            model, &identity, request, answers, &settings, session, &mut take,
        );
        let Results { unreferenced, .. } = results.map_err(of_printing)?;
        screen.note(format_args!(
            "wrote {} and {} into `{}`",
            counted(reports, "report"),
            counted(captures, "capture"),
            folder.display()
        ));
        for reason in unreferenced_lines(&unreferenced) {
            screen.warn(reason);
        }
        Ok(())
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Of which files there is no report, a line for each reason.
fn unreferenced_lines(files: &[Unreferenced]) -> Vec<String> {
    let mut reasons: Vec<(NoResult, Vec<&Path>)> = Vec::new();
    for file in files {
        match reasons.iter_mut().find(|(known, _)| *known == file.reason) {
            Some((_, paths)) => paths.push(&file.path),
            None => reasons.push((file.reason, vec![&file.path])),
        }
    }
    let line = |(reason, paths): (NoResult, Vec<&Path>)| {
        let first = paths[0].display();
        let (which, is) = match paths.len() {
            1 => (format!("`{first}`"), "it is"),
            count => (format!("{count} files, the first `{first}`"), "they are"),
        };
        match reason {
            NoResult::NotDicom => format!("no report of {which}: {is} no DICOM"),
            NoResult::NoReference(reason) => format!("no report of {which}: {reason}"),
        }
    };
    reasons.into_iter().map(line).collect()
}
