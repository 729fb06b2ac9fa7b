//! Adam, AdamW and SGD over flat parameter memory.

use hilum_graph::{EngineError, OptimizerState, UpdateRule};

use crate::memory::Buffer;
use crate::simd::Simd;
use crate::store::Store;
use crate::threads::Pool;

/// Values that a task updates.
const PIECE: usize = 16_384;

/// The optimiser's memory, in the layout of the parameters.
#[derive(Default)]
pub(crate) struct Optimizer {
    /// By parameter.
    steps: Vec<u64>,
    first: Moment,
    second: Moment,
    velocity: Moment,
}

/// A moment of all parameters, and which of them have one.
#[derive(Default)]
struct Moment {
    values: Option<Buffer>,
    known: Vec<bool>,
}

impl Moment {
    fn values(&mut self, store: &Store) -> &mut Buffer {
        self.known.resize(store.entries().len(), false);
        self.values.get_or_insert_with(|| store.buffer())
    }
}

const NAMES: [&str; 3] = ["first", "second", "velocity"];

impl Optimizer {
    /// Moves the parameters numbered in `trained` along their gradients, each at its own rate.
    pub(crate) fn update<S: Simd>(
        &mut self,
        s: S,
        store: &Store,
        trained: &[(usize, f64)],
        rule: UpdateRule,
        weights: &mut Buffer,
        gradients: &mut Buffer,
        pool: &mut Pool,
    ) {
        self.steps.resize(store.entries().len(), 0);
        let moments: [Option<&mut Moment>; 2] = match rule {
            UpdateRule::Adam { .. } | UpdateRule::AdamW { .. } => {
                [Some(&mut self.first), Some(&mut self.second)]
            }
            UpdateRule::Sgd { momentum: 0.0, .. } => [None, None],
            UpdateRule::Sgd { .. } => [Some(&mut self.velocity), None],
        };
        let moments = moments.map(|moment| {
            moment.map(|moment| {
                moment.values(store);
                for (entry, _) in trained {
                    moment.known[*entry] = true;
                }
                moment.values(store).shared()
            })
        });
        let (weights, gradients) = (weights.shared(), gradients.shared());
        let mut pieces = Vec::new();
        for &(index, learning_rate) in trained {
            self.steps[index] += 1;
            let entry = &store.entries()[index];
            let update = Update::new(rule, learning_rate, self.steps[index]);
            for start in (0..entry.len).step_by(PIECE) {
                let len = PIECE.min(entry.len - start);
                pieces.push((entry.offset + start, len, update));
            }
        }
        pool.run(pieces.len(), |task, _| {
            let (offset, len, update) = pieces[task];
            // SAFETY: pieces are disjoint, and nobody writes gradients.
            let (weights, moments, gradients) = unsafe {
                (
                    weights.part(offset, len).write(),
                    moments.map(|moment| moment.map(|moment| moment.part(offset, len).write())),
                    gradients.part(offset, len).read(),
                )
            };
            s.vectorize(
                #[inline(always)]
                || update.apply(s, weights, gradients, moments),
            );
        });
    }

    /// A copy by name.
    pub(crate) fn state(&self, store: &Store) -> OptimizerState {
        let mut state = OptimizerState::default();
        for (index, entry) in store.entries().iter().enumerate() {
            let name = &entry.spec.name;
            if let Some(steps) = self.steps.get(index).filter(|steps| **steps > 0) {
                state.steps.insert(name.clone(), *steps);
            }
            for (suffix, moment) in NAMES.iter().zip(self.moments()) {
                if let Some(values) = &moment.values
                    && moment.known[index]
                {
                    let tensor = store.read(values, index);
                    state.moments.insert(format!("{name}/{suffix}"), tensor);
                }
            }
        }
        state
    }

    /// The optimiser that `state` describes.
    ///
    /// # Errors
    /// The first entry without a place: an unknown name, or moments of another shape.
    pub(crate) fn from_state(state: &OptimizerState, store: &Store) -> Result<Self, EngineError> {
        let refuse = |name: &str| EngineError::OptimizerState {
            name: name.to_owned(),
        };
        let find = |name: &str| {
            let mut entries = store.entries().iter();
            entries.position(|entry| entry.spec.name == name && entry.spec.role.is_trained())
        };
        let mut optimizer = Self::default();
        optimizer.steps.resize(store.entries().len(), 0);
        for (name, steps) in &state.steps {
            let index = find(name).ok_or_else(|| refuse(name))?;
            optimizer.steps[index] = *steps;
        }
        for (name, tensor) in state.moments.iter() {
            let (parameter, suffix) = name.rsplit_once('/').ok_or_else(|| refuse(name))?;
            let index = find(parameter).ok_or_else(|| refuse(name))?;
            let which = NAMES.iter().position(|known| *known == suffix);
            let which = which.ok_or_else(|| refuse(name))?;
            if tensor.shape != store.entries()[index].spec.shape {
                return Err(refuse(name));
            }
            let moment = match which {
                0 => &mut optimizer.first,
                1 => &mut optimizer.second,
                _ => &mut optimizer.velocity,
            };
            let values = moment.values(store);
            store.write(values, index, &tensor.data);
            moment.known[index] = true;
        }
        Ok(optimizer)
    }

    /// Values that it remembers.
    pub(crate) fn memory(&self) -> usize {
        let values = self
            .moments()
            .into_iter()
            .filter_map(|moment| moment.values.as_ref());
        values.map(|values| values.len()).sum()
    }

    fn moments(&self) -> [&Moment; 3] {
        [&self.first, &self.second, &self.velocity]
    }
}

/// One step of one parameter, with everything that is the same for all its values.
#[derive(Clone, Copy)]
enum Update {
    /// Kingma & Ba, 2015, algorithm 1, with the corrections as PyTorch applies them.
    Adam {
        beta1: f32,
        beta2: f32,
        epsilon: f32,
        /// `learning_rate / (1 - beta1^steps)`
        rate: f32,
        /// `1 / sqrt(1 - beta2^steps)`
        root: f32,
        /// `1 - learning_rate * weight_decay`
        keep: f32,
    },
    Sgd {
        momentum: f32,
        weight_decay: f32,
        rate: f32,
    },
}

impl Update {
    fn new(rule: UpdateRule, learning_rate: f64, steps: u64) -> Self {
        let (beta1, beta2, epsilon, weight_decay) = match rule {
            UpdateRule::Adam {
                beta1,
                beta2,
                epsilon,
            } => (beta1, beta2, epsilon, 0.0),
            UpdateRule::AdamW {
                beta1,
                beta2,
                epsilon,
                weight_decay,
            } => (beta1, beta2, epsilon, weight_decay),
            UpdateRule::Sgd {
                momentum,
                weight_decay,
            } => {
                return Self::Sgd {
                    momentum: momentum as f32,
                    weight_decay: weight_decay as f32,
                    rate: learning_rate as f32,
                };
            }
        };
        let steps = steps as f64;
        Self::Adam {
            beta1: beta1 as f32,
            beta2: beta2 as f32,
            epsilon: epsilon as f32,
            rate: (learning_rate / (1.0 - beta1.powf(steps))) as f32,
            root: (1.0 / (1.0 - beta2.powf(steps)).sqrt()) as f32,
            keep: (1.0 - learning_rate * weight_decay) as f32,
        }
    }

    /// Moves `weights` along `gradients`, all of them whole registers.
    #[inline(always)]
    fn apply<S: Simd>(
        &self,
        s: S,
        weights: &mut [f32],
        gradients: &[f32],
        moments: [Option<&mut [f32]>; 2],
    ) {
        match (*self, moments) {
            (
                Self::Adam {
                    beta1,
                    beta2,
                    epsilon,
                    rate,
                    root,
                    keep,
                },
                [Some(firsts), Some(seconds)],
            ) => {
                let (keep, rate, root) = (s.splat(keep), s.splat(rate), s.splat(root));
                let (share1, share2) = (s.splat(1.0 - beta1), s.splat(1.0 - beta2));
                let (beta1, beta2) = (s.splat(beta1), s.splat(beta2));
                let epsilon = s.splat(epsilon);
                let len = weights.len();
                let (gradients, one) = (&gradients[..len], &mut firsts[..len]);
                let two = &mut seconds[..len];
                let mut i = 0;
                while i + S::LANES <= len {
                    let g = s.read(gradients, i);
                    let first = s.fma(share1, g, s.mul(beta1, s.read(one, i)));
                    let square = s.mul(g, g);
                    let second = s.fma(share2, square, s.mul(beta2, s.read(two, i)));
                    s.write(one, i, first);
                    s.write(two, i, second);
                    let below = s.fma(s.sqrt(second), root, epsilon);
                    let step = s.div(s.mul(rate, first), below);
                    let kept = s.mul(keep, s.read(weights, i));
                    s.write(weights, i, s.sub(kept, step));
                    i += S::LANES;
                }
            }
            (
                Self::Sgd {
                    momentum,
                    weight_decay,
                    rate,
                },
                [mut velocity, _],
            ) => {
                let (momentum, decay) = (s.splat(momentum), s.splat(weight_decay));
                let rate = s.splat(rate);
                let gradients = &gradients[..weights.len()];
                let mut i = 0;
                while i + S::LANES <= weights.len() {
                    let weight = s.read(weights, i);
                    let mut g = s.fma(decay, weight, s.read(gradients, i));
                    if let Some(velocity) = &mut velocity {
                        g = s.fma(momentum, s.read(velocity, i), g);
                        s.write(velocity, i, g);
                    }
                    s.write(weights, i, s.sub(weight, s.mul(rate, g)));
                    i += S::LANES;
                }
            }
            (Self::Adam { .. }, _) => unreachable!("Adam has two moments"),
        }
    }
}
