//! Steps that work value by value, or move values.

use hilum_graph::{Activation, DropoutUnit, Op, Shape, dropout_keeps};

use crate::kernel::view::{Affine, View};
use crate::kernel::{activation, window};
use crate::machine::context::Context;
use crate::program::{Mode, Step};
use crate::simd::Simd;

impl Context<'_> {
    /// Runs an operation that takes nothing along.
    pub(super) fn operation<S: Simd>(&mut self, s: S, step: &Step, op: Op) {
        match op {
            Op::GlobalAveragePool => self.average(s, step),
            Op::Flatten => self.flatten(s, step),
            Op::Concat => self.concat(s, step),
            Op::Gate => self.gate(s, step),
            Op::Input
            | Op::RepeatChannels { .. }
            | Op::Convolution { .. }
            | Op::BatchNorm { .. }
            | Op::Dense { .. }
            | Op::Activation(_)
            | Op::MaxPool { .. }
            | Op::Add
            | Op::Dropout { .. } => unreachable!("compiled to work of their own"),
        }
    }

    pub(super) fn receive(&mut self, step: &Step, from: &[f32], inner: Shape, corner: [usize; 2]) {
        let value = &self.program.values[step.output];
        let (channels, stride) = (value.shape.channels, value.stride);
        let [height, width] = [value.shape.height, value.shape.width];
        let to = self.stored(step.output);
        let rows = self.count * height;
        let len = inner.width * channels;
        assert!(
            from.len() >= self.count * inner.height * len,
            "a value per pixel and channel"
        );
        let tasks = self.pool.threads().min(rows);
        self.pool.run(tasks, |task, _| {
            for row in task * rows / tasks..(task + 1) * rows / tasks {
                // SAFETY: tasks write disjoint rows.
                let to = unsafe { to.part(row * width * stride, width * stride).write() };
                let (image, line) = (row / height, (row % height).wrapping_sub(corner[0]));
                if line >= inner.height {
                    to.fill(0.0);
                    continue;
                }
                let from = &from[(image * inner.height + line) * len..][..len];
                let (before, rest) = to.split_at_mut(corner[1] * stride);
                let (inside, after) = rest.split_at_mut(inner.width * stride);
                before.fill(0.0);
                after.fill(0.0);
                if channels == stride {
                    inside.copy_from_slice(from);
                } else {
                    for (to, from) in inside
                        .chunks_exact_mut(stride)
                        .zip(from.chunks_exact(channels))
                    {
                        to[..channels].copy_from_slice(from);
                        to[channels..].fill(0.0);
                    }
                }
            }
        });
    }

    pub(super) fn repeat(&mut self, step: &Step) {
        let value = &self.program.values[step.output];
        let (channels, stride) = (value.shape.channels, value.stride);
        let from_stride = self.program.values[step.inputs[0]].stride;
        let from = self.read(step.inputs[0]);
        // SAFETY: one thread; input and output are different values.
        let to = unsafe { self.stored(step.output).write() };
        for (to, from) in to
            .chunks_exact_mut(stride)
            .zip(from.chunks_exact(from_stride))
        {
            to[..channels].fill(from[0]);
            to[channels..].fill(0.0);
        }
    }

    pub(super) fn copy<S: Simd>(
        &mut self,
        s: S,
        index: usize,
        step: &Step,
        activation: Option<Activation>,
    ) {
        let view = self.view(step.inputs[0]);
        let stride = view.stride;
        let affine = match (self.mode, &self.biases[index]) {
            (Mode::Inference, Some(line)) => {
                let (shift, scale) = line.split_at(stride);
                Some(Affine { scale, shift })
            }
            _ => None,
        };
        let own = View {
            values: &[],
            stride,
            words: false,
            affine,
            activation,
        };
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, to| {
                view.read(s, first, to.len() / stride, to);
                own.apply(s, to);
            },
        );
    }

    pub(super) fn add<S: Simd>(&mut self, s: S, step: &Step, activation: Option<Activation>) {
        let (one, other) = (self.view(step.inputs[0]), self.view(step.inputs[1]));
        let stride = one.stride;
        let (a, b) = if other.is_plain() {
            (one, other)
        } else {
            (other, one)
        };
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, to| {
                let count = to.len() / stride;
                a.read(s, first, count, to);
                if b.is_plain() {
                    window::add(s, to, b.pixels(first, count));
                } else {
                    b.add_to(s, first, to);
                }
                if let Some(own) = activation {
                    activation::apply(s, own, to);
                }
            },
        );
    }

    pub(super) fn concat<S: Simd>(&mut self, s: S, step: &Step) {
        let stride = self.program.values[step.output].stride;
        let parts: Vec<(View<'_>, usize)> = step
            .inputs
            .iter()
            .map(|input| {
                let channels = self.program.values[*input].shape.channels;
                (self.view(*input), channels)
            })
            .collect();
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, to| {
                for (pixel, to) in (first..).zip(to.chunks_exact_mut(stride)) {
                    let mut rest = to;
                    for (view, channels) in &parts {
                        let (own, others) = rest.split_at_mut(*channels);
                        view.read_channels(s, pixel, own);
                        rest = others;
                    }
                    rest.fill(0.0);
                }
            },
        );
    }

    pub(super) fn gate<S: Simd>(&mut self, s: S, step: &Step) {
        let (image, factor) = (self.view(step.inputs[0]), self.view(step.inputs[1]));
        let per_image = self.program.values[step.output].pixels();
        let stride = image.stride;
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, to| {
                image.read(s, first, to.len() / stride, to);
                for (pixel, to) in (first..).zip(to.chunks_exact_mut(stride)) {
                    factor.multiply_to(s, pixel / per_image, to);
                }
            },
        );
    }

    /// Channels, then rows, then columns: PyTorch's order.
    pub(super) fn flatten<S: Simd>(&mut self, s: S, step: &Step) {
        let view = self.view(step.inputs[0]);
        let shape = self.program.values[step.inputs[0]].shape;
        let (pixels, stride) = (shape.height * shape.width, view.stride);
        let value = &self.program.values[step.output];
        let (len, out_stride) = (value.shape.channels, value.stride);
        let to = self.stored(step.output);
        self.pool.run(self.count, |image, _| {
            // SAFETY: each task writes its own image.
            let out = unsafe { to.part(image * out_stride, out_stride).write() };
            out[len..].fill(0.0);
            let mut line = vec![0.0_f32; stride];
            for pixel in 0..pixels {
                view.read(s, image * pixels + pixel, 1, &mut line);
                for channel in 0..shape.channels {
                    out[channel * pixels + pixel] = line[channel];
                }
            }
        });
    }

    pub(super) fn dropout<S: Simd>(
        &mut self,
        s: S,
        index: usize,
        step: &Step,
        probability: f32,
        unit: DropoutUnit,
        seed: u64,
    ) {
        let value = &self.program.values[step.output];
        let (channels, stride) = (value.shape.channels, value.stride);
        let pixels = value.pixels();
        let factors = self.note(index).expect("dropout keeps its factors");
        let units = match unit {
            DropoutUnit::Value => self.count * value.shape.value_count(),
            DropoutUnit::Image => self.count,
        };
        let keeps = dropout_keeps(seed, step.node, probability, units);
        let kept = 1.0 / (1.0 - probability);
        let view = self.view(step.inputs[0]);
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, to| {
                // SAFETY: blocks are disjoint.
                let factors = unsafe { factors.part(first * stride, to.len()).write() };
                for (pixel, line) in (first..).zip(factors.chunks_exact_mut(stride)) {
                    for (channel, factor) in line.iter_mut().enumerate() {
                        let keep = match unit {
                            DropoutUnit::Value => {
                                channel < channels && keeps[pixel * channels + channel]
                            }
                            DropoutUnit::Image => keeps[pixel / pixels],
                        };
                        *factor = if keep { kept } else { 0.0 };
                    }
                }
                view.read(s, first, to.len() / stride, to);
                multiply(s, to, factors);
            },
        );
    }
}

/// `to *= factors`, whole registers.
#[inline(always)]
pub(in crate::machine) fn multiply<S: Simd>(s: S, to: &mut [f32], factors: &[f32]) {
    let factors = &factors[..to.len()];
    let mut i = 0;
    while i + S::LANES <= to.len() {
        s.write(to, i, s.mul(s.read(to, i), s.read(factors, i)));
        i += S::LANES;
    }
}
