//! Which slices go through the network together, and their preparation ahead of time.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use hilum_graph::{Batch, Shape};
use rayon::Yield;
use rayon::prelude::*;

/// Batches that are ready and wait for the engine, besides the next one.
const QUEUE_LENGTH: usize = 2;

/// Cuts `order` into batches of `size`, the last of which may be smaller.
pub(crate) fn for_inference(order: &[usize], size: NonZeroUsize) -> Vec<Vec<usize>> {
    order.chunks(size.get()).map(<[usize]>::to_vec).collect()
}

/// The same, but that a last batch of one slice joins the batch before.
///
/// Batch norm over a single vector knows no variance; PyTorch refuses such a step.
pub(crate) fn for_training(order: &[usize], size: NonZeroUsize) -> Vec<Vec<usize>> {
    let mut batches = for_inference(order, size);
    if batches.len() > 1
        && size.get() > 1
        && let Some([alone]) = batches.last().map(Vec::as_slice)
    {
        let alone = *alone;
        batches.pop();
        if let Some(last) = batches.last_mut() {
            last.push(alone);
        }
    }
    batches
}

/// Fills a batch on all threads of the pool; `fill` writes the values of the slice at an index.
///
/// `buffer` is what the batch is made of: that of an earlier one, or an empty one.
pub(crate) fn prepare(
    indices: &[usize],
    shape: Shape,
    mut buffer: Vec<f32>,
    fill: &(impl Fn(usize, &mut [f32]) + Sync),
) -> Batch {
    buffer.resize(indices.len() * shape.value_count(), 0.0);
    buffer
        .par_chunks_mut(shape.value_count())
        .zip(indices)
        .for_each(|(values, index)| fill(*index, values));
    Batch::new(indices.len(), shape, buffer)
}

/// Hands every batch to `consume`, in order, while the next ones are prepared by the other threads
/// of the pool that this is called in.
///
/// `prepare` gets the buffer of a batch that was consumed, so that a pass allocates no more than
/// the batches that are on their way at once. Stops early where `consume` breaks or fails; what
/// was prepared is then dropped.
pub(crate) fn for_each<E>(
    batches: &[Vec<usize>],
    prepare: impl Fn(&[usize], Vec<f32>) -> Batch + Sync,
    mut consume: impl FnMut(&[usize], &Batch) -> Result<ControlFlow<()>, E>,
) -> Result<ControlFlow<()>, E> {
    let prepare = &prepare;
    rayon::in_place_scope(|pool| {
        let mut ahead = batches.iter();
        let mut on_their_way = VecDeque::new();
        let mut buffers: Vec<Vec<f32>> = Vec::new();
        for indices in batches {
            while on_their_way.len() <= QUEUE_LENGTH
                && let Some(next) = ahead.next()
            {
                let buffer = buffers.pop().unwrap_or_default();
                let (sender, receiver) = channel();
                pool.spawn(move |_| {
                    // Nobody listens any more where the consumer stopped early.
                    let _ = sender.send(prepare(next, buffer));
                });
                on_their_way.push_back(receiver);
            }
            // A preparation that panicked has sent nothing; the scope passes its panic on.
            let Some(batch) = on_their_way.pop_front().and_then(|next| wait(&next)) else {
                break;
            };
            if consume(indices, &batch)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            buffers.push(batch.data);
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// What is sent. A thread of a pool works on while it waits: what it waits for may be its own to do.
fn wait<T>(receiver: &Receiver<T>) -> Option<T> {
    loop {
        match receiver.try_recv() {
            Ok(sent) => return Some(sent),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => match rayon::yield_now() {
                Some(Yield::Executed) => {}
                Some(Yield::Idle) => thread::yield_now(),
                None => return receiver.recv().ok(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn size(size: usize) -> NonZeroUsize {
        NonZeroUsize::new(size).unwrap()
    }

    fn lengths(batches: &[Vec<usize>]) -> Vec<usize> {
        batches.iter().map(Vec::len).collect()
    }

    #[test]
    fn no_training_batch_holds_one_slice_and_none_is_left_out() {
        let batches = |count, length| for_training(&(0..count).collect::<Vec<_>>(), size(length));
        assert_eq!(lengths(&batches(9, 4)), [4, 5]);
        assert_eq!(lengths(&batches(10, 4)), [4, 4, 2]);
        assert_eq!(lengths(&batches(8, 4)), [4, 4]);
        assert_eq!(batches(9, 4).concat(), (0..9).collect::<Vec<_>>());
        assert_eq!(
            lengths(&for_inference(&(0..9).collect::<Vec<_>>(), size(4))),
            [4, 4, 1]
        );
    }

    #[test]
    fn batches_arrive_in_order_and_are_prepared_by_the_threads_of_the_caller_s_pool() {
        let shape = Shape::new(1, 2, 1);
        let fill = |index: usize, values: &mut [f32]| values.fill(index as f32);
        let batches = for_inference(&(0..50).rev().collect::<Vec<_>>(), size(7));
        let seen = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let mut seen = Vec::new();
            let outcome: Result<_, ()> = pool.build().unwrap().install(|| {
                let prepare = |indices: &[usize], buffer| {
                    assert_eq!(rayon::current_num_threads(), threads, "of another pool");
                    prepare(indices, shape, buffer, &fill)
                };
                for_each(&batches, prepare, |indices, batch| {
                    assert_eq!(batch.data[0], indices[0] as f32);
                    seen.extend(batch.data.clone());
                    Ok(ControlFlow::Continue(()))
                })
            });
            assert_eq!(outcome, Ok(ControlFlow::Continue(())));
            seen
        };
        let expected: Vec<f32> = (0..50).rev().flat_map(|value| [value as f32; 2]).collect();
        assert_eq!(seen(1), expected);
        assert_eq!(seen(5), expected);
    }

    #[test]
    fn a_consumer_that_stops_early_gets_no_more() {
        let shape = Shape::vector(1);
        let batches = for_inference(&(0..100).collect::<Vec<_>>(), size(1));
        let mut count = 0;
        let outcome: Result<_, &str> = for_each(
            &batches,
            |indices, buffer| {
                let fill = |_, values: &mut [f32]| values.fill(0.0);
                prepare(indices, shape, buffer, &fill)
            },
            |_, _| {
                count += 1;
                if count == 3 {
                    Err("enough")
                } else {
                    Ok(ControlFlow::Continue(()))
                }
            },
        );
        assert_eq!((outcome, count), (Err("enough"), 3));
    }

    #[test]
    #[should_panic(expected = "this slice")]
    fn a_preparation_that_panics_is_no_pass_that_ended_early() {
        let batches = for_inference(&(0..10).collect::<Vec<_>>(), size(2));
        let prepare = |indices: &[usize], _| {
            assert!(!indices.contains(&5), "this slice");
            Batch::new(2, Shape::vector(1), vec![0.0; 2])
        };
        let _: Result<_, ()> = for_each(&batches, prepare, |_, _| Ok(ControlFlow::Continue(())));
    }

    #[test]
    fn buffers_are_used_again_and_hold_nothing_of_an_earlier_batch() {
        let shape = Shape::vector(5);
        let batches = for_inference(&(0..100).collect::<Vec<_>>(), size(3));
        let fresh_count = AtomicUsize::new(0);
        let outcome: Result<_, ()> = for_each(
            &batches,
            |indices, buffer| {
                fresh_count.fetch_add(usize::from(buffer.capacity() == 0), Ordering::Relaxed);
                let fill = |index, values: &mut [f32]| values.fill(index as f32);
                prepare(indices, shape, buffer, &fill)
            },
            |indices, batch| {
                let values = indices.iter().flat_map(|index| [*index as f32; 5]);
                assert_eq!(batch.data, values.collect::<Vec<_>>());
                Ok(ControlFlow::Continue(()))
            },
        );
        assert_eq!(outcome, Ok(ControlFlow::Continue(())));
        // On their way, and with the consumer.
        assert!(fresh_count.into_inner() <= QUEUE_LENGTH + 2);
    }
}
