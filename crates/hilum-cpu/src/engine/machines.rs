//! Machines for inference over one part of a graph.

use crate::machine::Machine;
use crate::simd::Simd;

/// A machine for one image alone, and one for many: which convolution is computed how may depend
/// on how many images read its weights. Where it does not, the one for many does both.
pub(super) struct Machines<S> {
    alone: Option<Machine<S>>,
    many: Option<Machine<S>>,
}

impl<S> Default for Machines<S> {
    fn default() -> Self {
        Self {
            alone: None,
            many: None,
        }
    }
}

impl<S: Simd> Machines<S> {
    /// The machine for batches of `count`, which is given back by [`put`](Self::put); `make` makes
    /// one for 1 image or for more.
    pub(super) fn take(
        &mut self,
        count: usize,
        make: impl FnOnce(usize) -> Machine<S>,
    ) -> Machine<S> {
        if count == 1 {
            let many = self.many.take_if(|many| many.computes_one_alike());
            return many
                .or_else(|| self.alone.take())
                .unwrap_or_else(|| make(1));
        }
        let many = self.many.take().unwrap_or_else(|| make(count));
        if many.computes_one_alike() {
            self.alone = None;
        }
        many
    }

    pub(super) fn put(&mut self, machine: Machine<S>) {
        let place = match machine.capacity() {
            1 => &mut self.alone,
            _ => &mut self.many,
        };
        *place = Some(machine);
    }

    /// Values of memory that they keep.
    pub(super) fn memory(&self) -> usize {
        let both = self.alone.iter().chain(&self.many);
        both.map(Machine::memory).sum()
    }
}
