//! The objects among inputs, fetched ahead of their turn.

use std::sync::Arc;

use hilum_core::Cancel;
use hilum_imaging::{DecodeError, DecodeLimits, SliceFile};
use hilum_stores::{Ahead, Stores};

use super::input::{Input, Source};

/// The objects among inputs, fetched in the order in which they will be opened.
pub(crate) struct Fetched {
    ahead: Ahead,
    cancel: Cancel,
}

impl Fetched {
    /// Begins to fetch what `order` says; `None` where no input is an object.
    pub(crate) fn begin(inputs: &Arc<[Input]>, order: Vec<usize>, cancel: &Cancel) -> Option<Self> {
        let stores = stores_of(inputs, &order)?;
        let (inputs, count) = (Arc::clone(inputs), order.len());
        let source = move |at: usize| inputs[order[at]].object().cloned();
        Some(Self {
            ahead: Ahead::new(&stores, count, source),
            cancel: cancel.clone(),
        })
    }

    /// The same, but of each object its beginning is fetched, in the order of `inputs`.
    pub(crate) fn heads(inputs: &Arc<[Input]>, bytes: u64, cancel: &Cancel) -> Option<Self> {
        let order: Vec<usize> = (0..inputs.len()).collect();
        let stores = stores_of(inputs, &order)?;
        let (inputs, count) = (Arc::clone(inputs), order.len());
        let source = move |at: usize| inputs[at].object().cloned();
        Some(Self {
            ahead: Ahead::heads(&stores, count, bytes, source),
            cancel: cancel.clone(),
        })
    }

    /// Opens the input that is the `at`th of the order.
    pub(crate) fn open(
        &self,
        at: usize,
        input: &Input,
        limits: DecodeLimits,
    ) -> Result<SliceFile, DecodeError> {
        match &input.source {
            Source::Object(..) => input.of_store(self.ahead.take(at, &self.cancel), limits),
            _ => input.open(limits),
        }
    }

    /// What is there of the beginning of an object; `None` if it does not come, or is none.
    pub(crate) fn head(&self, at: usize, input: &Input) -> Option<Vec<u8>> {
        input.object()?;
        self.ahead.take(at, &self.cancel).ok().map(Vec::from)
    }
}

fn stores_of(inputs: &[Input], order: &[usize]) -> Option<Stores> {
    order.iter().find_map(|index| match &inputs[*index].source {
        Source::Object(_, stores) => Some(stores.clone()),
        _ => None,
    })
}
