//! Doing jobs: those that were taken on now, and those that an earlier start did not finish.

use std::sync::Arc;

use hilum_experiment::MemoryFile;
use tokio::task::spawn_blocking;

use super::job::Job;
use super::upload::Upload;
use crate::admission::Permit;
use crate::api::ask::Ask;
use crate::context::Context;
use crate::journal::{Entry, Level};
use crate::refusal::Refusal;
use crate::traces::Trace;

/// A job that never came to its end so often is begun no more: it may be what ends the server.
const MOST_TRIES: u64 = 3;

/// Where the files of a job are.
pub(super) enum Work {
    /// In memory, with the room that they take.
    Held(Box<Ask>, Vec<MemoryFile>, Permit),
    /// In the folder of jobs; they are read when its turn comes.
    Kept,
}

/// Begins jobs that an earlier start has taken on and not finished.
pub(crate) fn resume(context: &Context) {
    let unfinished = context.jobs().unfinished();
    if unfinished.is_empty() {
        return;
    }
    let entry = Entry::new(Level::Info, "jobs-resumed").with("count", unfinished.len());
    context.journal().note(&entry);
    for job in unfinished {
        tokio::spawn(run(context.clone(), job, Work::Kept));
    }
}

/// Does a job when its turn comes.
pub(super) async fn run(context: Context, job: Arc<Job>, work: Work) {
    let Ok(_turn) = context.jobs().runners.acquire().await else {
        return;
    };
    let outcome = answer(&context, &job, work).await;
    let (own, ended) = (context.clone(), Arc::clone(&job));
    let kept = spawn_blocking(move || own.jobs().end(&ended, outcome)).await;
    let Ok(Err(error)) = kept else { return };
    let entry = Entry::new(Level::Error, "job-not-kept");
    let entry = entry.with("error", error.kind().to_string());
    context.journal().note(&entry);
}

async fn answer(context: &Context, job: &Arc<Job>, work: Work) -> Result<Vec<u8>, Refusal> {
    if job.cancel.cancelled() {
        return Err(Refusal::failed());
    }
    let (ask, files, permit) = match work {
        Work::Held(ask, files, permit) => (*ask, files, permit),
        Work::Kept => taken_up(context, job).await?,
    };
    job.begin();
    let (own, settings) = (Arc::clone(job), context.settings().clone());
    let work = move || {
        let told = |done, total| own.advance(done, total);
        let (cancel, nobody) = (own.cancel.clone(), Trace::default());
        let answered = ask.answered(files, &settings, cancel, nobody, &told)?;
        serde_json::to_vec(&answered).map_err(|_| Refusal::failed())
    };
    let outcome = spawn_blocking(work).await;
    drop(permit);
    outcome.unwrap_or_else(|_| Err(Refusal::failed()))
}

/// Reads the files of a job when there is room for them.
async fn taken_up(context: &Context, job: &Job) -> Result<(Ask, Vec<MemoryFile>, Permit), Refusal> {
    let bytes = context.jobs().upload_bytes(&job.id);
    let permit = context.admission().room(bytes).await?;
    let (own, id) = (context.clone(), job.id.clone());
    let read = spawn_blocking(move || own.jobs().take_up(&id, MOST_TRIES)).await;
    let Upload { query, files } = read.unwrap_or_else(|_| Err(Refusal::failed()))?;
    Ok((Ask::of(context, &query)?, files, permit))
}
