//! From a space to the settings of every trial.

use std::collections::BTreeMap;

use hilum_train::search::{Halving, Rung, Space, Values};

use super::{Search, SearchError, Strategy};
use crate::ExperimentError;
use crate::folds::inner_share;
use crate::settings::{Choices, RunSettings, Scope, Setting, SettingError, shown};

/// Everything that is tried, and in which steps.
pub(super) struct Searched {
    /// Of each trial, in order; the first is number 1.
    pub(super) trials: Vec<Trial>,
    pub(super) rungs: Vec<Rung>,
    /// What trials share.
    pub(super) settings: RunSettings,
    /// The same as it was chosen.
    pub(super) choices: Choices,
}

/// One set of values, and what it makes of the settings.
pub(super) struct Trial {
    pub(super) values: Values,
    /// With all its epochs.
    pub(super) settings: RunSettings,
}

impl Searched {
    /// Draws every trial and checks that it can be trained.
    pub(super) fn new(request: &Search, space: &Space) -> Result<Self, ExperimentError> {
        if request.trial_count == 0 {
            return Err(SearchError::NoTrials.into());
        }
        check_names(space)?;
        let settings = request.choices.resolve(&request.data)?;
        let mut trials: Vec<Trial> = Vec::with_capacity(request.trial_count);
        for number in 1..=request.trial_count {
            let values = space.sample(settings.training.seed, number);
            let trial = trial(request, number, values)?;
            let first = trials.first().unwrap_or(&trial);
            if first.settings.recipe != trial.settings.recipe {
                return Err(SearchError::OtherRecipe { trial: number }.into());
            }
            inner_share(request.folds.inner_valid, &trial.settings.training)?;
            trials.push(trial);
        }
        let epochs = trials.iter().map(|trial| trial.settings.training.epochs);
        let rungs = match request.strategy {
            Strategy::Random => vec![Rung {
                trial_count: request.trial_count,
                divisor: 1,
            }],
            Strategy::Halving => Halving::new(request.trial_count, epochs.min().unwrap_or(1))
                .map_err(SearchError::from)?
                .rungs()
                .to_vec(),
        };
        Ok(Self {
            trials,
            rungs,
            settings,
            choices: request.choices.clone(),
        })
    }
}

/// Every name is one setting that trials may differ in, and no setting has two names.
fn check_names(space: &Space) -> Result<(), ExperimentError> {
    let mut names: BTreeMap<&str, &String> = BTreeMap::new();
    for name in space.dimensions().keys() {
        let setting = Setting::named(name)?;
        if let Scope::Run(reason) = setting.scope {
            let name = name.clone();
            return Err(SearchError::Fixed { name, reason }.into());
        }
        if let Some(first) = names.insert(setting.name, name) {
            let (first, second) = (first.clone(), name.clone());
            return Err(SearchError::Twice { first, second }.into());
        }
    }
    Ok(())
}

fn trial(request: &Search, number: usize, values: Values) -> Result<Trial, ExperimentError> {
    let settings = with_values(request.choices.clone(), &values)
        .map_err(ExperimentError::from)
        .and_then(|choices| choices.resolve(&request.data));
    match settings {
        Ok(settings) => Ok(Trial { values, settings }),
        Err(source) => Err(SearchError::Refused {
            trial: number,
            values: described(&values),
            source: Box::new(source),
        }
        .into()),
    }
}

/// `choices` with the values of a trial.
pub(super) fn with_values(mut choices: Choices, values: &Values) -> Result<Choices, SettingError> {
    for (name, value) in values {
        Setting::named(name)?.choose(&mut choices, value.clone())?;
    }
    Ok(choices)
}

fn described(values: &Values) -> String {
    let one = |(name, value)| format!("`{name} = {}`", shown(value));
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}
