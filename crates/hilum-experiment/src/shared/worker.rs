//! The thread that owns an engine.

use std::sync::atomic::Ordering;
use std::time::Instant;

use hilum_core::Cancel;
use hilum_graph::Engine;
use hilum_imaging::Pixels;
use hilum_trust::Judgement;
use rayon::ThreadPool;

use super::queue::{Next, Part, Queue, SliceTask};
use super::{Core, SharedModelError};
use crate::ready_network::ReadyNetwork;
use crate::{ExperimentError, chain};

/// Does what waits until nobody is left to ask.
pub(super) fn run(engine: &mut dyn Engine, core: &Core, queue: &Queue, workers: &ThreadPool) {
    // Whoever waits is told, should the engine panic.
    let _ends = Ends(queue);
    let mut worker = Worker {
        engine,
        core,
        workers,
    };
    loop {
        match queue.next() {
            Next::Batch(parts) => queue.put_back(worker.batch(parts).into_iter()),
            Next::Engine(work) => work.run(worker.network()),
            Next::End => return,
        }
    }
}

struct Ends<'a>(&'a Queue);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

struct Worker<'a> {
    engine: &'a mut dyn Engine,
    core: &'a Core,
    workers: &'a ThreadPool,
}

impl Worker<'_> {
    fn network(&mut self) -> ReadyNetwork<'_> {
        ReadyNetwork {
            engine: self.engine,
            file: &self.core.file,
            workers: self.workers,
        }
    }

    /// Judges a batch; gives back the tasks that are not done.
    fn batch(&mut self, parts: Vec<Part>) -> Vec<SliceTask> {
        let begun = Instant::now();
        match self.judge(&parts, begun) {
            Ok(judgements) => deal_out(parts, begun, judgements),
            // One caller's slices must not cost the others their answers.
            Err(_) if parts.len() > 1 => {
                let alone = parts.into_iter().map(|part| vec![part]);
                alone.flat_map(|part| self.batch(part)).collect()
            }
            Err(error) => {
                let reason = chain(&error);
                for part in parts {
                    let reason = reason.clone();
                    part.task.fail(SharedModelError::Engine { reason }.into());
                }
                Vec::new()
            }
        }
    }

    fn judge(&mut self, parts: &[Part], begun: Instant) -> Result<Vec<Judgement>, ExperimentError> {
        let slices = parts.iter().flat_map(|part| part.task.next(part.count));
        let slices: Vec<&Pixels> = slices.collect();
        let (Some(share), Some(batch)) = (
            parts.first().map(|part| part.task.ood_share),
            slices.len().try_into().ok(),
        ) else {
            return Ok(Vec::new());
        };
        let judged = self.network().judgements(
            &slices,
            batch,
            share,
            &|_| {},
            // A batch takes less time than looking would save.
            &Cancel::default(),
        )?;
        let done = &self.core.done;
        let micros = begun.elapsed().as_micros() as u64;
        done.busy_micros.fetch_add(micros, Ordering::Relaxed);
        done.slices
            .fetch_add(slices.len() as u64, Ordering::Relaxed);
        done.batches.fetch_add(1, Ordering::Relaxed);
        Ok(judged)
    }
}

/// To each caller what was said of its slices.
fn deal_out(parts: Vec<Part>, begun: Instant, judgements: Vec<Judgement>) -> Vec<SliceTask> {
    let mut judgements = judgements.into_iter();
    let tasks = parts.into_iter().filter_map(|part| {
        let own = judgements.by_ref().take(part.count);
        part.task.judged(begun, own)
    });
    tasks.collect()
}
