//! The memory in which a program runs, of one pass at a time.

use super::normalise::Coefficients;
use super::plan::{Plan, Shape};
use crate::memory::Buffer;
use crate::program::{Mode, Program};

/// The memory in which a program runs.
pub(crate) struct Workspace {
    /// Values, gradients and notes, where the plan has them.
    pub(super) arena: Buffer,
    /// Weights of the step that runs.
    pub(super) packed: Buffer,
    /// A place where they are transposed before they are packed.
    pub(super) transposed: Buffer,
    /// Per value: what its batch norm is at the moment; where backward follows.
    pub(super) coefficients: Vec<Option<Coefficients>>,
    /// Their rows.
    pub(super) norm_lines: Buffer,
    /// One part per thread.
    pub(super) scratch: Buffer,
    pub(super) scratch_len: usize,
    /// Weight gradients that tasks leave behind, one per task.
    pub(super) partial: Buffer,
    /// Sums by channel that tasks leave behind, one per block of pixels.
    pub(super) tallies: Buffer,
}

impl Workspace {
    /// Room for passes that run on as many threads.
    pub(super) fn new(program: &Program, mode: Mode, plan: &Plan, threads: usize) -> Self {
        let largest = |len: fn(&Shape) -> usize| {
            let steps = (0..program.steps.len()).filter(|_| mode.has_backward());
            let wanted = steps.filter_map(|index| plan.weights(program, index));
            wanted.map(|shape| len(&shape)).max().unwrap_or(0)
        };
        let mut norm_len = 0;
        let coefficients = program.values.iter().map(|value| {
            let found = Coefficients::new(value.norm?, value.stride, norm_len);
            norm_len = found.end();
            Some(found)
        });
        let coefficients: Vec<_> = coefficients.collect();
        let scratch_len = plan.scratch.next_multiple_of(1024) + 1024;
        Self {
            arena: Buffer::zeroed(plan.len),
            packed: Buffer::zeroed(largest(|shape| shape.len())),
            transposed: Buffer::zeroed(largest(|shape| shape.source_len())),
            coefficients,
            norm_lines: Buffer::zeroed(norm_len),
            scratch: Buffer::zeroed(scratch_len * threads),
            scratch_len,
            partial: Buffer::zeroed(0),
            tallies: Buffer::zeroed(0),
        }
    }

    /// Values of memory that it takes.
    pub(super) fn len(&self) -> usize {
        let buffers = [
            &self.arena,
            &self.scratch,
            &self.partial,
            &self.tallies,
            &self.packed,
            &self.transposed,
        ];
        buffers.iter().map(|buffer| buffer.len()).sum()
    }
}
