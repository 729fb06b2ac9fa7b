//! A machine that runs: everything a step may use.
//!
//! Memory is lent out here with the machine's lifetime instead of the borrow's, because a step
//! runs phases on the pool while it holds views. What makes that sound: a step reads its inputs,
//! and writes its output, its notes and gradients, and [the plan](super::plan) gives none of them
//! the place of another while both are needed.

use super::normalise::{Coefficients, Line};
use super::packed;
use super::plan::Plan;
use crate::kernel::norm::{BatchNorm, Linear};
use crate::kernel::view::{Affine, View};
use crate::memory::{Buffer, REGISTER, Shared};
use crate::program::{Mode, Program, ValueId};
use crate::simd::Simd;
use crate::threads::Pool;

/// A machine that runs: everything a step may use.
pub(super) struct Context<'a> {
    pub(super) program: &'a Program,
    pub(super) mode: Mode,
    pub(super) plan: &'a Plan,
    pub(super) arena: Shared<'a>,
    pub(super) scratch: Scratch<'a>,
    pub(super) forward_weights: &'a [Option<Buffer>],
    pub(super) packed: Shared<'a>,
    pub(super) transposed: Shared<'a>,
    pub(super) biases: &'a [Option<Buffer>],
    pub(super) coefficients: &'a mut [Option<Coefficients>],
    pub(super) norm_lines: Shared<'a>,
    pub(super) partial: &'a mut Buffer,
    pub(super) tallies: &'a mut Buffer,
    pub(super) pool: &'a mut Pool,
    /// Images at hand.
    pub(super) count: usize,
}

impl<'a> Context<'a> {
    /// Where a value is stored.
    pub(super) fn stored(&self, id: ValueId) -> Shared<'a> {
        let len = self.plan.places(self.program, id) * self.count;
        self.arena.part(self.plan.values[id], len)
    }

    /// The stored values of an input, or of an output that is complete.
    pub(super) fn read(&self, id: ValueId) -> &'a [f32] {
        // SAFETY: a step does not write what it reads, and no other step runs; see the module.
        unsafe { self.stored(id).read() }
    }

    /// An input as its readers see it.
    pub(super) fn view(&self, id: ValueId) -> View<'a> {
        let value = &self.program.values[id];
        let len = self.plan.places(self.program, id) * self.count + REGISTER;
        let words = self.plan.has_words(id);
        let values = self.arena.part(self.plan.values[id], len);
        View {
            // SAFETY: as in `read`; behind every tensor lies a register that nobody writes.
            values: unsafe { values.read() },
            stride: if words {
                value.stride / 2
            } else {
                value.stride
            },
            words,
            affine: self.batch_norm(id).map(|norm| Affine {
                scale: norm.scale,
                shift: norm.shift,
            }),
            activation: value.activation,
        }
    }

    /// A step's own memory, of as many values as its output.
    pub(super) fn note(&self, index: usize) -> Option<Shared<'a>> {
        let output = self.program.steps[index].output;
        let len = self.program.values[output].len() * self.count;
        self.plan.notes[index].map(|place| self.arena.part(place, len))
    }

    /// A row of what is known about the batch norm of a value.
    fn norm_line(&self, id: ValueId, line: Line) -> Option<&'a [f32]> {
        let part = self.coefficients[id].as_ref()?.part(line);
        let line = self.norm_lines.part(part.start, part.len());
        // SAFETY: rows are written between phases, before anybody asks for them.
        Some(unsafe { line.read() })
    }

    /// The batch norm of a value in the batch at hand.
    pub(super) fn batch_norm(&self, id: ValueId) -> Option<BatchNorm<'a>> {
        Some(BatchNorm {
            scale: self.norm_line(id, Line::Scale)?,
            shift: self.norm_line(id, Line::Shift)?,
            mean: self.norm_line(id, Line::Mean)?,
        })
    }

    /// What leads from `g` and `z` to `dL/dz`, where there is a batch norm.
    pub(super) fn linear(&self, id: ValueId) -> Option<Linear<'a>> {
        Some(Linear {
            a: self.norm_line(id, Line::A)?,
            b: self.norm_line(id, Line::B)?,
            c: self.norm_line(id, Line::C)?,
        })
    }

    /// The weights of a convolution in the order in which its forward product reads them, or,
    /// with `turned`, the product for its input's gradient. They stay until the next step's.
    pub(super) fn weights<S: Simd>(
        &mut self,
        s: S,
        index: usize,
        source: &[f32],
        turned: bool,
    ) -> &'a [f32] {
        if let Some(kept) = &self.forward_weights[index] {
            return kept;
        }
        let shape = self.plan.weights(self.program, index);
        let shape = shape.expect("a convolution with a matrix of weights");
        if turned {
            packed::pack_transposed(s, shape, source, self.transposed, self.packed, self.pool);
        } else {
            packed::pack(s, shape, source, self.packed, self.pool);
        }
        // SAFETY: written by phases that are over; the next step packs its own when this one has
        // no use for them any more.
        unsafe { self.packed.read() }
    }
}

/// Memory for every thread.
#[derive(Clone, Copy)]
pub(super) struct Scratch<'a> {
    pub(super) memory: Shared<'a>,
    /// Values of each thread.
    pub(super) len: usize,
}

impl<'a> Scratch<'a> {
    /// The part of `worker`, cut into pieces of `sizes`, each at a cache line.
    ///
    /// # Safety
    /// Once in a task that runs as `worker`.
    pub(super) unsafe fn pieces<const N: usize>(
        self,
        worker: usize,
        sizes: [usize; N],
    ) -> [&'a mut [f32]; N] {
        let part = self.memory.part(worker * self.len, self.len);
        let mut offset = 0;
        sizes.map(|size| {
            let piece = part.part(offset, size);
            offset += size.next_multiple_of(REGISTER);
            // SAFETY: pieces are disjoint, and no two tasks run at once as the same worker.
            unsafe { piece.write() }
        })
    }
}
