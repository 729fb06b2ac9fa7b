//! What is decided before anything runs: how each convolution is computed, and where everything
//! lies.

use crate::kernel::window::{Order, Window};
use crate::kernel::{depthwise, stem};
use crate::program::{Convolution, Mode, Program, ValueId, Work};

use super::algorithm::{Algorithm, choose, gains, passing_values, rounded_values};
use super::arena::{self, Lease};
pub(crate) use super::factors::{Factors, Shape};

/// The order in which a convolution computes its pixels.
pub(crate) fn order(convolution: &Convolution) -> Order {
    if convolution.pool {
        Order::Pooled
    } else {
        Order::Raster
    }
}

/// Rows of a block of a matrix product: the block's part of `A` stays in the second cache.
pub(crate) fn block_rows(depth: usize) -> usize {
    (65_536 / depth.max(1)).clamp(24, 96) / 24 * 24
}

/// Tiles that one task transforms: about half a megabyte of them.
pub(crate) fn block_tiles(positions: usize, c: usize) -> usize {
    (147_456 / (positions * c)).clamp(32, 64) / 8 * 8
}

/// Filters whose products of `tiles` tiles take about a quarter of a megabyte.
pub(crate) fn filters_at_a_time(tiles: usize, positions: usize) -> usize {
    73_728 / (positions * tiles.max(1))
}

/// Where everything of a program lies.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Images that it has room for.
    pub(crate) capacity: usize,
    /// Whether weights are turned around for gradients.
    turns: bool,
    /// By step; `Pointwise` where there is no convolution.
    pub(crate) algorithms: Vec<Algorithm>,
    /// By step: what its product multiplies.
    pub(crate) factors: Vec<Factors>,
    /// By value: whether it is stored as all that read it would round it.
    pub(crate) rounded: Vec<bool>,
    /// By value: whether it is never stored as a whole: the step that reads it computes it row by row.
    pub(crate) passing: Vec<bool>,
    /// What products multiply where that is faster: as that rounded values are stored.
    pub(crate) form: Factors,
    /// Each value's place.
    pub(crate) values: Vec<usize>,
    /// Each value's gradient's place, where it has one and backward follows.
    pub(crate) gradients: Vec<Option<usize>>,
    /// Each step's own memory: a pool's choices, a dropout's factors; where backward follows.
    pub(crate) notes: Vec<Option<usize>>,
    /// Transformed tiles and their gradients, in turn used by all steps.
    pub(crate) shared: [usize; SHARED],
    /// Values that everything together takes.
    pub(crate) len: usize,
    /// Values that each thread needs for itself.
    pub(crate) scratch: usize,
    /// By step: see [`stem::distances`](crate::kernel::stem::distances).
    pub(crate) distances: Vec<Vec<usize>>,
    /// Tiles that are transformed at a time where all threads work on them together.
    pub(crate) tiles_at_a_time: Vec<usize>,
}

/// Places that steps use in turn: tiles of the image, of the result or its gradient, of the image's gradient,
/// and the result's gradient as products multiply it.
const SHARED: usize = 4;

/// Rows of a product that are multiplied in one block.
const FEW_ROWS: usize = 256;

/// Weights that do not stay in the second cache from block to block.
const MANY_WEIGHTS: usize = 1 << 18;

/// Values of transformed tiles at a time: they stay in the last cache.
const TILE_VALUES: usize = 1 << 20;

impl Plan {
    /// The plan of `program` for at most `capacity` images at a time. Products multiply `factors`
    /// where that is faster.
    pub(crate) fn new(program: &Program, mode: Mode, capacity: usize, factors: Factors) -> Self {
        let algorithms: Vec<Algorithm> = program
            .steps
            .iter()
            .map(|step| match &step.work {
                Work::Convolution(convolution) => choose(convolution, capacity),
                _ => Algorithm::Pointwise,
            })
            .collect();
        let steps = program.steps.iter().zip(&algorithms);
        let by_step = steps.map(|(step, algorithm)| match &step.work {
            Work::Convolution(convolution) => {
                let channels = |id: ValueId| program.values[id].shape.channels;
                let matrix = channels(step.inputs[0]) * channels(step.output);
                let weights = convolution.window.taps() * matrix;
                if gains(convolution, *algorithm, weights) {
                    factors
                } else {
                    Factors::Exact
                }
            }
            _ => Factors::Exact,
        });
        let by_step: Vec<Factors> = by_step.collect();
        let distances = program.steps.iter().map(|step| match &step.work {
            Work::Convolution(convolution) if convolution.stem => {
                stem::distances(&convolution.window, program.values[step.inputs[0]].stride)
            }
            _ => Vec::new(),
        });
        let mut plan = Self {
            capacity,
            distances: distances.collect(),
            tiles_at_a_time: vec![0; program.steps.len()],
            rounded: vec![false; program.values.len()],
            turns: mode.has_backward(),
            passing: vec![false; program.values.len()],
            form: factors,
            factors: by_step,
            algorithms,
            values: Vec::new(),
            gradients: Vec::new(),
            notes: Vec::new(),
            shared: [0; SHARED],
            len: 0,
            scratch: 0,
        };
        if mode == Mode::Inference {
            plan.rounded = rounded_values(program, &plan.algorithms, &plan.factors);
            plan.passing = passing_values(program, &plan);
        }
        plan.arrange(program, mode);
        plan.scratch = (0..program.steps.len())
            .map(|step| plan.scratch_of(program, step, mode))
            .max()
            .unwrap_or(0);
        plan
    }

    /// Whether a value is stored as words of two.
    pub(crate) fn has_words(&self, id: ValueId) -> bool {
        self.rounded[id] && self.form == Factors::Words
    }

    /// Places that a value of one image takes.
    pub(crate) fn places(&self, program: &Program, id: ValueId) -> usize {
        let len = program.values[id].len();
        match (self.passing[id], self.has_words(id)) {
            (true, _) => 0,
            (false, true) => len / 2,
            (false, false) => len,
        }
    }

    /// The step before `index` that is computed row by row within it.
    pub(crate) fn passes_on(&self, program: &Program, index: usize) -> Option<usize> {
        let before = index.checked_sub(1)?;
        self.passing[program.steps[before].output].then_some(before)
    }

    /// Whether the same algorithms would be chosen for one image alone.
    pub(crate) fn computes_one_alike(&self, program: &Program) -> bool {
        let mut steps = program.steps.iter().zip(&self.algorithms);
        steps.all(|(step, algorithm)| match &step.work {
            Work::Convolution(convolution) => choose(convolution, 1) == *algorithm,
            _ => true,
        })
    }

    /// Whether the rows of a product are so few that all are gathered before any is multiplied:
    /// the weights, which are the most of it, are then read once.
    pub(crate) fn gathers_first(&self, convolution: &Convolution, weights: usize) -> bool {
        convolution.window.output_pixels() * self.capacity <= FEW_ROWS
            && weights >= MANY_WEIGHTS
            && !convolution.pool
            && !convolution.depthwise
            && convolution.whole
    }

    /// What the packed weights of step `index` look like.
    pub(crate) fn weights(&self, program: &Program, index: usize) -> Option<Shape> {
        let step = &program.steps[index];
        let Work::Convolution(convolution) = &step.work else {
            return None;
        };
        let algorithm = self.algorithms[index];
        let c = program.values[step.inputs[0]].stride;
        let rows = match algorithm {
            Algorithm::Depthwise => return None,
            Algorithm::Two | Algorithm::Four => c,
            // Channels of padding are left out, where none is turned around for a gradient.
            Algorithm::Pointwise if self.factors[index] != Factors::Exact && !self.turns => {
                let channels = program.values[step.inputs[0]].shape.channels;
                channels.next_multiple_of(8).min(c)
            }
            _ => convolution.window.taps() * c,
        };
        Some(Shape {
            algorithm,
            factors: self.factors[index],
            rows,
            columns: program.values[step.output].stride,
        })
    }

    fn arrange(&mut self, program: &Program, mode: Mode) {
        let mut leases = Leases::new(program, self.capacity, &self.passing);
        let values: Vec<usize> = (0..program.values.len())
            .map(|id| leases.value(id, self.places(program, id), mode))
            .collect();
        let (mut gradients, mut notes) = (
            vec![None; program.values.len()],
            vec![None; program.steps.len()],
        );
        if mode.has_backward() {
            gradients = (0..program.values.len())
                .map(|id| leases.gradient(id))
                .collect();
            notes = (0..program.steps.len())
                .map(|step| leases.note(step))
                .collect();
        }
        let shared = self.shared_sizes(program, mode);
        let shared = shared.map(|len| leases.always(len));
        let (offsets, len) = arena::arrange(&leases.list);
        self.values = values.into_iter().map(|lease| offsets[lease]).collect();
        let place = |lease: Option<usize>| lease.map(|lease| offsets[lease]);
        self.gradients = gradients.into_iter().map(place).collect();
        self.notes = notes.into_iter().map(place).collect();
        self.shared = shared.map(|lease| offsets[lease]);
        self.len = len;
    }

    /// The sizes of what all steps use in turn, and how many tiles go together in each.
    fn shared_sizes(&mut self, program: &Program, mode: Mode) -> [usize; SHARED] {
        let mut sizes = [0; SHARED];
        for (index, step) in program.steps.iter().enumerate() {
            let Work::Convolution(convolution) = &step.work else {
                continue;
            };
            let algorithm = self.algorithms[index];
            let c = program.values[step.inputs[0]].stride;
            let k = program.values[step.output].stride;
            let depth = convolution.window.taps() * c;
            if mode == Mode::Inference && self.gathers_first(convolution, depth * k) {
                let rows = convolution.window.output_pixels() * self.capacity;
                sizes[0] = sizes[0].max(rows * depth + 64);
            }
            let positions = algorithm.positions();
            if positions == 1 {
                continue;
            }
            let tiles = tile_count(&convolution.window, algorithm) * self.capacity;
            let fit = (TILE_VALUES / (positions * c.max(k))).clamp(48, 4096) / 48 * 48;
            let most = tiles.min(fit);
            self.tiles_at_a_time[index] = most;
            sizes[0] = sizes[0].max(positions * plane(most, c));
            sizes[1] = sizes[1].max(positions * plane(most, k));
            if mode.has_backward() {
                sizes[2] = sizes[2].max(positions * plane(most, c));
                let own = self.factors[index].places(k);
                sizes[3] = sizes[3].max(positions * plane(most, own));
            }
        }
        sizes
    }

    fn scratch_of(&self, program: &Program, index: usize, mode: Mode) -> usize {
        let step = &program.steps[index];
        let Work::Convolution(convolution) = &step.work else {
            return 0;
        };
        let window = &convolution.window;
        let c = program.values[step.inputs[0]].stride;
        let k = program.values[step.output].stride;
        match self.algorithms[index] {
            Algorithm::Depthwise => {
                let ring =
                    depthwise::Ring::len(window.kernel[0], depthwise::padded_width(window), c);
                let (slots, width, _) = depthwise::gradient_ring(window);
                let before = self.passes_on(program, index);
                let row = before.map_or(0, |before| row_scratch(program, before));
                ring + depthwise::Ring::len(slots, width, c) + window.taps() * c + 64 + row
            }
            Algorithm::Two | Algorithm::Four => {
                let positions = self.algorithms[index].positions();
                let block = block_tiles(positions, c);
                let k = k.min(filters_at_a_time(block, positions) + 128);
                positions * (c + plane(block, c) + plane(block, k)) + 64
            }
            Algorithm::Pointwise | Algorithm::Patches => {
                let depth = window.taps() * c;
                let rows = block_rows(depth);
                let factors = self.factors[index];
                let backward = if mode.has_backward() {
                    rows * (depth.next_multiple_of(16) + factors.places(k))
                } else {
                    0
                };
                let words = match factors {
                    Factors::Words => rows * depth / 2,
                    Factors::Exact | Factors::Rounded => 0,
                };
                rows * (spread(depth) + spread(k)) + backward + words + 256
            }
        }
    }
}

/// What a row of pixels of step `index` takes where the next one asks for it.
fn row_scratch(program: &Program, index: usize) -> usize {
    let step = &program.steps[index];
    let Work::Convolution(convolution) = &step.work else {
        return 0;
    };
    let window = &convolution.window;
    let depth = window.taps() * program.values[step.inputs[0]].stride;
    2 * window.output[1] * depth + 256
}

/// Spans of time: forward runs at `0..steps`, backward at `steps..2 * steps`.
struct Leases<'a> {
    program: &'a Program,
    capacity: usize,
    /// By value: the step that stores it, and the last that reads it.
    born: Vec<usize>,
    last_use: Vec<usize>,
    list: Vec<Lease>,
}

impl<'a> Leases<'a> {
    fn new(program: &'a Program, capacity: usize, passing: &[bool]) -> Self {
        let mut born = vec![0; program.values.len()];
        let mut last_use = vec![0; program.values.len()];
        for (index, step) in program.steps.iter().enumerate() {
            born[step.output] = index;
            last_use[step.output] = index;
            let read = index + usize::from(passing[step.output]);
            for input in readers(step) {
                last_use[input] = read;
            }
        }
        for output in &program.outputs {
            last_use[*output] = 2 * program.steps.len();
        }
        Self {
            program,
            capacity,
            born,
            last_use,
            list: Vec::new(),
        }
    }

    /// When backward runs a step.
    fn backward(&self, step: usize) -> usize {
        2 * self.program.steps.len() - 1 - step
    }

    fn add(&mut self, len: usize, start: usize, end: usize) -> usize {
        let len = len * self.capacity;
        self.list.push(Lease { len, start, end });
        self.list.len() - 1
    }

    fn value(&mut self, id: ValueId, len: usize, mode: Mode) -> usize {
        let end = if mode.has_backward() {
            self.backward(self.born[id]).max(self.last_use[id])
        } else {
            self.last_use[id]
        };
        self.add(len, self.born[id], end)
    }

    fn gradient(&mut self, id: ValueId) -> Option<usize> {
        let value = &self.program.values[id];
        if !value.needs_gradient {
            return None;
        }
        let first = self.last_use[id].min(self.program.steps.len() - 1);
        // What is asked for stays until it is read.
        let end = if self.program.derived == Some(id) {
            2 * self.program.steps.len()
        } else {
            self.backward(self.born[id])
        };
        let start = self.backward(first);
        Some(self.add(value.len(), start, end))
    }

    fn note(&mut self, index: usize) -> Option<usize> {
        let step = &self.program.steps[index];
        let keeps = match &step.work {
            Work::MaxPool(_) | Work::Dropout { .. } => true,
            Work::Convolution(convolution) => convolution.pool,
            _ => false,
        };
        let len = self.program.values[step.output].len();
        keeps.then(|| self.add(len, index, self.backward(index)))
    }

    /// `len` values for the whole time, whatever the capacity.
    fn always(&mut self, len: usize) -> usize {
        let end = 2 * self.program.steps.len();
        self.list.push(Lease { len, start: 0, end });
        self.list.len() - 1
    }
}

/// Every value that a step reads.
pub(crate) fn readers(step: &crate::program::Step) -> Vec<ValueId> {
    let mut inputs = step.inputs.clone();
    if let Work::Convolution(convolution) = &step.work {
        inputs.extend(convolution.residual);
        inputs.extend(convolution.gate);
    }
    inputs
}

/// Values from position to position of transformed tiles. Not a round number: positions at
/// distances of powers of two would share one set of the cache.
pub(crate) fn plane(tiles: usize, channels: usize) -> usize {
    tiles * row(channels) + 16
}

/// Values from tile to tile, for the same reason.
pub(crate) fn row(channels: usize) -> usize {
    spread(channels)
}

/// A distance between rows that are read across: a little more than `len` if many of them would
/// share one set of the cache.
pub(crate) fn spread(len: usize) -> usize {
    if len.is_multiple_of(64) {
        len + 16
    } else {
        len
    }
}

/// Tiles per image.
pub(crate) fn tile_count(window: &Window, algorithm: Algorithm) -> usize {
    let size = algorithm.tile();
    window.output[0].div_ceil(size) * window.output[1].div_ceil(size)
}
