//! What is asked of which model, and how it is answered.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Request};
use hilum_core::Cancel;
use hilum_experiment::{
    Event, Frames, MemoryFile, Observer as _, Predict, SharedModel, Task, Wishes, answer_each,
};

use super::answered::{Answered, Said};
use super::files::receive;
use super::wishes::Query;
use crate::admission::Permit;
use crate::context::Context;
use crate::models::named_or_first;
use crate::refusal::Refusal;
use crate::settings::ServeSettings;
use crate::traces::{NetworkSteps, Trace};

/// What is asked of which model.
pub(super) struct Ask {
    /// What clients call the model.
    name: String,
    model: SharedModel,
    frames: Frames,
    wishes: Wishes,
}

/// A request whose files have come.
pub(super) struct Received {
    pub(super) query: Query,
    pub(super) ask: Ask,
    pub(super) files: Vec<MemoryFile>,
    pub(super) permit: Permit,
    pub(super) trace: Trace,
}

impl Received {
    /// Looks at what is asked before any file comes.
    ///
    /// # Errors
    /// As [`Ask::of`] and [`receive`]; `503` if too much waits.
    pub(super) async fn of(
        context: &Context,
        query: Result<extract::Query<Query>, QueryRejection>,
        request: Request,
    ) -> Result<Self, Refusal> {
        let extract::Query(query) = query.map_err(|error| Refusal::malformed(error.body_text()))?;
        let ask = Ask::of(context, &query)?;
        let permit = context.admission().admit()?;
        let trace = request.extensions().get::<Trace>().cloned();
        let trace = trace.unwrap_or_default();
        let _reading = trace.step("read");
        let (files, permit) = receive(request, permit, &context.settings().limits).await?;
        Ok(Self {
            query,
            ask,
            files,
            permit,
            trace: trace.clone(),
        })
    }
}

impl Ask {
    /// # Errors
    /// `404` for a model that is not there, `400` for a word that is not known.
    pub(super) fn of(context: &Context, query: &Query) -> Result<Self, Refusal> {
        let (name, model) = named_or_first(context.models(), query.model.as_deref())?;
        Ok(Self {
            name,
            model,
            frames: query.frames()?,
            wishes: query.wishes()?,
        })
    }

    /// What clients call the model.
    pub(super) fn model_name(&self) -> &str {
        &self.name
    }

    /// Answers files; tells `told` how many of how many are done, and `trace` what takes time.
    pub(super) fn answered(
        self,
        files: Vec<MemoryFile>,
        settings: &ServeSettings,
        cancel: Cancel,
        trace: Trace,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Answered, Refusal> {
        let steps = NetworkSteps::begin(trace);
        let request = Predict {
            batch: settings.sharing.batch,
            limits: settings.limits.decode,
            frames: self.frames,
            policy: settings.policy,
            most_files: settings.limits.files,
            ..Predict::of_memory(files)
        };
        let total = AtomicUsize::new(0);
        let observer = |event: &Event<'_>| match event {
            Event::Begins {
                task: Task::Predict,
                total: count,
            } => {
                total.store(*count, Ordering::Relaxed);
                told(0, *count);
            }
            Event::Advances {
                task: Task::Predict,
                done,
            } => told(*done, total.load(Ordering::Relaxed)),
            event => steps.notice(event),
        };
        let session = settings.session(&observer, cancel);
        let mut said = Said::default();
        let (model, wishes) = (&self.model, &self.wishes);
        let counts = answer_each(model, &request, wishes, &session, &mut |given| {
            said.keep(given)
        });
        Ok(said.answered(self.name, counts?, wishes.by.is_some()))
    }
}
