//! How logits answer to what a node made: backward in inference mode, as far as that node.

use hilum_graph::{Batch, EngineError, Gradient, Graph, LogitFactors, Logits, NodeIndex};

use super::border::source;
use super::core::Core;
use crate::Precision;
use crate::machine::Machine;
use crate::memory::Buffer;
use crate::program::{self, Mode};
use crate::simd::Simd;
use crate::store::{self, ParameterMemory, Store};

/// The machine behind one node, with parameters of its own: in their layout every image has whole
/// registers of channels, so that also a gradient by grey values can be computed.
pub(super) struct Deriver<S> {
    strides: Vec<usize>,
    store: Store,
    parameters: ParameterMemory,
    /// By parameter: the generation of the engine's that was copied, if any was.
    copied: Vec<Option<u64>>,
    machine: Option<(NodeIndex, Machine<S>)>,
}

impl<S: Simd> Deriver<S> {
    fn new(graph: &Graph) -> Self {
        let strides = store::whole_strides(graph, S::LANES);
        let store = Store::new(graph, &strides, S::LANES);
        Self {
            parameters: ParameterMemory::new(&store),
            copied: vec![None; store.entries().len()],
            machine: None,
            strides,
            store,
        }
    }

    /// Values of memory that it keeps.
    pub(super) fn memory(&self) -> usize {
        let machine = self.machine.as_ref();
        self.parameters.values().len() + machine.map_or(0, |(_, machine)| machine.memory())
    }

    /// Copies the parameters that have changed.
    fn follow(&mut self, store: &Store, parameters: &ParameterMemory) {
        for (index, copied) in self.copied.iter_mut().enumerate() {
            let latest = Some(parameters.latest([index].into_iter()));
            if *copied != latest {
                let tensor = store.read(parameters.values(), index);
                let place = self.parameters.change([index]);
                self.store.write(place, index, &tensor.data);
                *copied = latest;
            }
        }
    }

    /// The machine for batches of `count`, made anew if the last one does not do.
    fn machine(
        &mut self,
        (simd, threads): (S, usize),
        graph: &Graph,
        node: NodeIndex,
        count: usize,
    ) -> Machine<S> {
        let fits = |(known, machine): &(NodeIndex, Machine<S>)| {
            *known == node && machine.capacity() >= count
        };
        if let Some((_, machine)) = self.machine.take().filter(fits) {
            return machine;
        }
        let end = graph.nodes().len();
        let mode = Mode::Derivative { node };
        let (nodes, last) = (node.0 + 1..end, NodeIndex(end - 1));
        let (store, strides) = (&self.store, &self.strides);
        let program = program::compile(graph, store, strides, S::LANES, mode, nodes, &[last]);
        Machine::new(simd, program, mode, count, Precision::F32, threads)
    }
}

impl<S: Simd> Core<S> {
    pub(super) fn derive(
        &mut self,
        images: &Batch,
        node: NodeIndex,
        factors: LogitFactors<'_>,
    ) -> Result<Gradient, EngineError> {
        if node == self.last() {
            return self.derive_logits(images, factors);
        }
        let behind = NodeIndex(node.0 + 1);
        let crossed;
        let received = if self.graph.has_border(behind) {
            crossed = self.cross(images, behind);
            self.received(&crossed, behind)
        } else {
            vec![(node, images.data.clone())]
        };
        let mut deriver = match self.deriver.take() {
            Some(deriver) => deriver,
            None => Deriver::new(&self.graph),
        };
        deriver.follow(&self.store, &self.parameters);
        let count = images.count;
        let with = (self.simd, self.pool.threads());
        let mut machine = deriver.machine(with, &self.graph, node, count);
        let (store, parameters) = (&deriver.store, &deriver.parameters);
        let pool = &mut self.pool;
        machine.forward(
            count,
            &source(&received, images),
            0,
            store,
            parameters,
            pool,
        );
        let logits = machine.output(0, count);
        let found = self.finite(logits).map(|logits| {
            let seed = checked(&logits, factors);
            let (weights, mut none) = (parameters.values(), Buffer::zeroed(0));
            machine.backward(count, &seed, store, weights, &mut none, &mut self.pool);
            let shape = self.graph.node(node).shape;
            let own = received.into_iter().find(|(of, _)| *of == node);
            let (_, results) = own.expect("a node before the end is read behind it");
            Gradient {
                logits,
                results: Batch::new(count, shape, results),
                gradient: Batch::new(count, shape, machine.derivative(count)),
            }
        });
        deriver.machine = Some((node, machine));
        self.deriver = Some(deriver);
        found
    }

    /// The logits answer to themselves with their factors.
    fn derive_logits(
        &mut self,
        images: &Batch,
        factors: LogitFactors<'_>,
    ) -> Result<Gradient, EngineError> {
        let logits = self.infer(images);
        let logits = self.finite(logits)?;
        let seed = checked(&logits, factors);
        let shape = self.graph.node(self.last()).shape;
        Ok(Gradient {
            results: Batch::new(images.count, shape, logits.as_slice().to_vec()),
            gradient: Batch::new(images.count, shape, seed),
            logits,
        })
    }
}

fn checked(logits: &Logits, factors: LogitFactors<'_>) -> Vec<f32> {
    let seed = factors(logits);
    assert_eq!(seed.len(), logits.as_slice().len(), "a factor per logit");
    seed
}
