//! Settings as flags: every one comes from its declaration in `hilum-experiment`.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use clap::builder::{PossibleValue, PossibleValuesParser, ValueParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use hilum_experiment::settings::{Heading, Kind};
use hilum_experiment::{Choices, SETTINGS, Setting, SettingError};

use crate::environment::variable;

/// Which settings a command has flags for.
pub(crate) trait Selection {
    /// Whether it has one for `setting`.
    fn holds(setting: &Setting) -> bool;
}

/// The settings that were chosen, by flags, `HILUM_*` or `hilum.toml`.
pub(crate) struct Chosen<S> {
    pub(crate) choices: Choices,
    /// Those that were typed, for whom the rest is given.
    pub(crate) typed: Choices,
    selection: PhantomData<S>,
}

macro_rules! selections {
    ($($(#[doc = $doc:literal])+ $name:ident = |$setting:ident| $holds:expr;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy)]
            pub(crate) enum $name {}

            impl Selection for $name {
                fn holds($setting: &Setting) -> bool {
                    $holds
                }
            }
        )+
    };
}

selections! {
    /// All that decides a run.
    OfRun = |_setting| true;
    /// The same without what makes a final model.
    OfFolds = |setting| setting.heading != Heading::Run;
    /// How data is read.
    OfData = |setting| setting.heading == Heading::Data;
    /// How data is read, audited and judged.
    OfEvaluation = |setting| matches!(setting.heading, Heading::Data | Heading::Audit | Heading::Machine | Heading::Precision);
    /// How files are read and judged.
    OfPrediction = |setting| {
        setting.flag == "max-pixels"
            || matches!(setting.heading, Heading::Machine | Heading::Precision)
    };
    /// What computes.
    OfMachine = |setting| setting.heading == Heading::Machine;
    /// What computes, and in which numbers.
    OfBench = |setting| matches!(setting.heading, Heading::Machine | Heading::Precision);
}

impl<S: Selection> Args for Chosen<S> {
    fn augment_args(command: Command) -> Command {
        let selected = SETTINGS.iter().filter(|setting| S::holds(setting));
        selected.fold(command, |command, setting| command.arg(flag(setting)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<S: Selection> FromArgMatches for Chosen<S> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let (mut choices, mut typed) = (Choices::default(), Choices::default());
        for setting in SETTINGS.iter().filter(|setting| S::holds(setting)) {
            let Some(texts) = given(setting, matches) else {
                continue;
            };
            let refused = |error| refused(setting, matches, &error);
            setting.choose_text(&mut choices, &texts).map_err(refused)?;
            if matches.value_source(setting.name) == Some(ValueSource::CommandLine) {
                setting.choose_text(&mut typed, &texts).map_err(refused)?;
            }
        }
        Ok(Self {
            choices,
            typed,
            selection: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What was given of a setting, wherever it was given; `None` if nobody chose.
fn given(setting: &Setting, matches: &ArgMatches) -> Option<Vec<String>> {
    matches.value_source(setting.name)?;
    if matches!(setting.kind, Kind::Switch) {
        return matches.get_flag(setting.name).then(Vec::new);
    }
    // Values of `hilum.toml` stand as defaults; the declarations themselves have none.
    let texts = matches.get_raw(setting.name)?;
    Some(
        texts
            .map(|text| text.to_string_lossy().into_owned())
            .collect(),
    )
}

/// Says where the value stands that a setting cannot take.
fn refused(setting: &'static Setting, matches: &ArgMatches, error: &SettingError) -> Error {
    let is_variable = matches.value_source(setting.name) == Some(ValueSource::EnvVariable);
    let variable = variable(&flag(setting)).filter(|_| is_variable);
    let blamed = variable.map_or(String::new(), |name| format!("`{name}` is refused: "));
    Error::raw(ErrorKind::ValueValidation, format!("{blamed}{error}\n"))
}

fn flag(setting: &'static Setting) -> Arg {
    let is_hidden = |name: &&str| *name != setting.flag && Some(*name) != setting.alias();
    // One name may be there for two reasons.
    let hidden: BTreeSet<&str> = setting.names().filter(is_hidden).collect();
    let argument = Arg::new(setting.name)
        .long(setting.flag)
        .aliases(hidden)
        .visible_aliases(setting.alias())
        .help_heading(heading(setting.heading))
        .help(setting.help_text());
    match setting.kind {
        Kind::Switch => argument.action(ArgAction::SetTrue),
        Kind::Texts => argument
            .action(ArgAction::Append)
            .value_names(setting.value_names),
        kind => argument
            .action(ArgAction::Set)
            .num_args(kind.text_count())
            .value_names(setting.value_names)
            .allow_hyphen_values(matches!(kind, Kind::Text))
            .value_parser(parser(setting)),
    }
}

/// Refuses what the setting cannot read, and lists what it can.
fn parser(setting: &'static Setting) -> ValueParser {
    match setting.kind {
        Kind::Word(words) => {
            let known = words.iter().map(|word| {
                PossibleValue::new(word.name)
                    .alias(word.name.replace('-', "_"))
                    .help(word.says)
            });
            ValueParser::new(PossibleValuesParser::new(known.collect::<Vec<_>>()))
        }
        Kind::Bool => ValueParser::new(PossibleValuesParser::new(["true", "false"])),
        Kind::Text => ValueParser::new(move |text: &str| {
            let mut scratch = Choices::default();
            let read = setting.choose_text(&mut scratch, &[text.to_owned()]);
            read.map(|()| text.to_owned()).map_err(reason)
        }),
        Kind::Count(_) => ValueParser::new(|text: &str| {
            let number = text.parse::<u64>();
            number
                .map(|_| text.to_owned())
                .map_err(|error| Reason(error.to_string()))
        }),
        _ => ValueParser::new(|text: &str| {
            let number = text.parse::<f64>();
            number
                .map(|_| text.to_owned())
                .map_err(|error| Reason(error.to_string()))
        }),
    }
}

#[derive(Debug)]
struct Reason(String);

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Reason {}

/// clap names flag and value itself.
fn reason(error: SettingError) -> Reason {
    match error {
        SettingError::Value { expected, .. } => Reason(expected),
        error => Reason(error.to_string()),
    }
}

fn heading(heading: Heading) -> &'static str {
    match heading {
        Heading::Data => "Data",
        Heading::Audit => "Audit",
        Heading::Network => "Network",
        Heading::Training => "Training (defaults: from nothing / from pre-trained weights)",
        Heading::Preprocessing => "Preprocessing",
        Heading::Augmentation => "Augmentation (training slices only)",
        Heading::Machine | Heading::Precision => "Machine",
        Heading::Run => "Run",
    }
}

impl<S> Clone for Chosen<S> {
    fn clone(&self) -> Self {
        Self {
            choices: self.choices.clone(),
            typed: self.typed.clone(),
            selection: PhantomData,
        }
    }
}

impl<S> fmt::Debug for Chosen<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.choices.fmt(formatter)
    }
}
