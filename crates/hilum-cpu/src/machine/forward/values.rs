//! Steps that work value by value, or move values.

use hilum_graph::{Activation, DropoutUnit, Shape, dropout_keeps};

use super::reading::{add_view, multiply, multiply_view, read_channels, rewrite};
use crate::kernel::view::View;
use crate::kernel::{activation, window};
use crate::machine::{Along, Context, Seen};
use crate::memory::Shared;
use crate::program::{Mode, Step};
use crate::simd::Simd;

impl Context<'_> {
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
        // SAFETY: one thread; input and output are different values.
        let (from, to) = unsafe {
            (
                self.stored(step.inputs[0]).read(),
                self.stored(step.output).write(),
            )
        };
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
        let seen = self.view(step.inputs[0]);
        let stride = seen.view.stride;
        let line = match (self.mode, &self.biases[index]) {
            (Mode::Inference, Some(line)) => Along((line[stride..].as_ptr(), line.as_ptr())),
            _ => Along((std::ptr::null(), std::ptr::null())),
        };
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, count, to| {
                let (scale, shift) = line.get();
                let seen = &seen;
                // SAFETY: pixels of the input, which nobody writes in this phase.
                unsafe {
                    seen.view.read(s, first, count, to);
                    let own = View {
                        start: to,
                        stride,
                        scale,
                        shift,
                        activation,
                    };
                    if !own.is_plain() {
                        rewrite(s, &own, count, to);
                    }
                }
            },
        );
    }

    pub(super) fn add<S: Simd>(&mut self, s: S, step: &Step, activation: Option<Activation>) {
        let (one, other) = (self.view(step.inputs[0]), self.view(step.inputs[1]));
        let scratch_free = other.view.is_plain();
        let stride = one.view.stride;
        let (a, b) = if scratch_free {
            (one, other)
        } else {
            (other, one)
        };
        let both = !b.view.is_plain();
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, count, to| {
                let (a, b) = (a, b);
                // SAFETY: pixels of the inputs, which nobody writes in this phase.
                unsafe {
                    a.view.read(s, first, count, to);
                    if both {
                        add_view(s, &b.view, first, count, to);
                    } else {
                        window::add(s, to, b.view.start.add(first * stride), count * stride);
                    }
                    if let Some(own) = activation {
                        activation::apply(s, own, to, count * stride);
                    }
                }
            },
        );
    }

    pub(super) fn concat<S: Simd>(&mut self, s: S, step: &Step) {
        let stride = self.program.values[step.output].stride;
        let mut offset = 0;
        let parts: Vec<(Seen<'_>, usize, usize)> = step
            .inputs
            .iter()
            .map(|input| {
                let channels = self.program.values[*input].shape.channels;
                let part = (self.view(*input), offset, channels);
                offset += channels;
                part
            })
            .collect();
        let total = offset;
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, count, to| {
                // SAFETY: every pixel of the output is written in this block, part by part; a
                // pixel's own scratch is on the stack of 16 registers at a time.
                unsafe {
                    for pixel in 0..count {
                        let to = to.add(pixel * stride);
                        for (seen, offset, channels) in &parts {
                            read_channels(s, &seen.view, first + pixel, *channels, to.add(*offset));
                        }
                        for lane in total..stride {
                            to.add(lane).write(0.0);
                        }
                    }
                }
            },
        );
    }

    pub(super) fn gate<S: Simd>(&mut self, s: S, step: &Step) {
        let (image, factor) = (self.view(step.inputs[0]), self.view(step.inputs[1]));
        let per_image = self.program.values[step.output].pixels();
        let stride = image.view.stride;
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, count, to| {
                let (image, factor) = (image, factor);
                // SAFETY: pixels of the inputs, which nobody writes in this phase.
                unsafe {
                    image.view.read(s, first, count, to);
                    for pixel in 0..count {
                        let of = (first + pixel) / per_image;
                        multiply_view(s, &factor.view, of, to.add(pixel * stride));
                    }
                }
            },
        );
    }

    /// Channels, then rows, then columns: PyTorch's order.
    pub(super) fn flatten<S: Simd>(&mut self, s: S, step: &Step) {
        let seen = self.view(step.inputs[0]);
        let shape = self.program.values[step.inputs[0]].shape;
        let (pixels, stride) = (shape.height * shape.width, seen.view.stride);
        let value = &self.program.values[step.output];
        let (len, out_stride) = (value.shape.channels, value.stride);
        let to = self.stored(step.output);
        self.pool.run(self.count, |image, _| {
            let seen = &seen;
            // SAFETY: each task writes its own image.
            let out = unsafe { to.part(image * out_stride, out_stride).write() };
            out[len..].fill(0.0);
            let mut line = vec![0.0_f32; stride];
            for pixel in 0..pixels {
                // SAFETY: a pixel of the input into a line of its own.
                unsafe {
                    s.vectorize(
                        #[inline(always)]
                        || {
                            let pixel = image * pixels + pixel;
                            seen.view.read(s, pixel, 1, line.as_mut_ptr());
                        },
                    );
                }
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
        let len = value.len() * self.count;
        let place = self.plan.notes[index].expect("dropout keeps its factors");
        let factors: Shared<'_> = self.arena.part(place, len);
        let units = match unit {
            DropoutUnit::Value => self.count * value.shape.value_count(),
            DropoutUnit::Image => self.count,
        };
        let keeps = dropout_keeps(seed, step.node, probability, units);
        let kept = 1.0 / (1.0 - probability);
        let seen = self.view(step.inputs[0]);
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, count, to| {
                let seen = &seen;
                // SAFETY: blocks are disjoint.
                let factors = unsafe { factors.part(first * stride, count * stride).write() };
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
                // SAFETY: pixels of the input, which nobody writes in this phase.
                unsafe {
                    seen.view.read(s, first, count, to);
                    multiply(s, to, factors.as_ptr(), count * stride);
                }
            },
        );
    }
}
