//! Gradients of steps that work value by value, or move values.

use hilum_graph::Op;

use crate::kernel::window;
use crate::machine::context::Context;
use crate::machine::forward::multiply;
use crate::memory::Shared;
use crate::program::{Step, Work};
use crate::simd::Simd;

impl Context<'_> {
    /// The gradient of input `position` of a step that is no convolution.
    pub(super) fn step_gradient<S: Simd>(
        &mut self,
        s: S,
        index: usize,
        step: &Step,
        position: usize,
        offset: usize,
        g: Shared<'_>,
        adds: bool,
    ) {
        let id = step.inputs[position];
        let to = self.gradient(id);
        let stride = self.program.values[id].stride;
        match &step.work {
            Work::Copy { .. } | Work::Add { .. } => self.over_gradient(
                s,
                id,
                to,
                #[inline(always)]
                |first, to| {
                    // SAFETY: nobody writes the result's gradient in this phase.
                    let from = unsafe { g.part(first * stride, to.len()).read() };
                    put(s, to, from, adds);
                },
            ),
            Work::Dropout { .. } => {
                let factors = self.note(index).expect("dropout keeps its factors");
                self.over_gradient(
                    s,
                    id,
                    to,
                    #[inline(always)]
                    |first, to| {
                        // SAFETY: blocks are disjoint; nobody reads `g` after this step.
                        let (from, factors) = unsafe {
                            (
                                g.part(first * stride, to.len()).write(),
                                factors.part(first * stride, to.len()).read(),
                            )
                        };
                        multiply(s, from, factors);
                        put(s, to, from, adds);
                    },
                );
            }
            Work::Operation(op) => self.operation_gradient(s, step, *op, position, offset, g, adds),
            Work::MaxPool(window) => self.max_pool_gradient(s, index, step, window, g, adds),
            Work::Repeat => self.repeat_gradient(step, g, adds),
            Work::Receive { .. } | Work::Convolution(_) => unreachable!("handled before"),
        }
    }

    /// The gradient of input `position` of an operation that takes nothing along.
    fn operation_gradient<S: Simd>(
        &mut self,
        s: S,
        step: &Step,
        op: Op,
        position: usize,
        offset: usize,
        g: Shared<'_>,
        adds: bool,
    ) {
        match op {
            Op::GlobalAveragePool => self.average_gradient(s, step, g, adds),
            Op::Flatten => self.flatten_gradient(step, g, adds),
            Op::Concat => self.concat_gradient(step, position, offset, g, adds),
            Op::Gate => self.gate_gradient(s, step, position, g, adds),
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

    fn average_gradient<S: Simd>(&mut self, s: S, step: &Step, g: Shared<'_>, adds: bool) {
        let id = step.inputs[0];
        let value = &self.program.values[id];
        let (stride, pixels) = (value.stride, value.pixels());
        let to = self.gradient(id);
        let share = 1.0 / pixels as f32;
        // SAFETY: nobody writes the result's gradient in this phase.
        let g = unsafe { g.read() };
        self.over_gradient(
            s,
            id,
            to,
            #[inline(always)]
            |first, to| {
                for (pixel, to) in (first..).zip(to.chunks_exact_mut(stride)) {
                    let from = &g[pixel / pixels * stride..][..stride];
                    put_scaled(s, to, from, share, adds);
                }
            },
        );
    }

    pub(super) fn flatten_gradient(&mut self, step: &Step, g: Shared<'_>, adds: bool) {
        let value = &self.program.values[step.inputs[0]];
        let (pixels, stride, channels) = (value.pixels(), value.stride, value.shape.channels);
        let from_stride = self.program.values[step.output].stride;
        let to = self.gradient(step.inputs[0]);
        self.pool.run(self.count, |image, _| {
            // SAFETY: each task writes its own image.
            let (from, to) = unsafe {
                let from = g.part(image * from_stride, from_stride).read();
                (
                    from,
                    to.part(image * pixels * stride, pixels * stride).write(),
                )
            };
            for (pixel, line) in to.chunks_exact_mut(stride).enumerate() {
                if !adds {
                    line.fill(0.0);
                }
                for (channel, value) in line[..channels].iter_mut().enumerate() {
                    *value += from[channel * pixels + pixel];
                }
            }
        });
    }

    pub(super) fn concat_gradient(
        &mut self,
        step: &Step,
        position: usize,
        offset: usize,
        g: Shared<'_>,
        adds: bool,
    ) {
        let id = step.inputs[position];
        let value = &self.program.values[id];
        let (stride, channels) = (value.stride, value.shape.channels);
        let from_stride = self.program.values[step.output].stride;
        let pixels = value.pixels();
        let to = self.gradient(id);
        self.pool.run(self.count, |image, _| {
            // SAFETY: each task writes its own image.
            let (from, to) = unsafe {
                let from = g
                    .part(image * pixels * from_stride, pixels * from_stride)
                    .read();
                (
                    from,
                    to.part(image * pixels * stride, pixels * stride).write(),
                )
            };
            for (to, from) in to
                .chunks_exact_mut(stride)
                .zip(from.chunks_exact(from_stride))
            {
                if !adds {
                    to.fill(0.0);
                }
                for (to, from) in to[..channels].iter_mut().zip(&from[offset..]) {
                    *to += from;
                }
            }
        });
    }

    pub(super) fn repeat_gradient(&mut self, step: &Step, g: Shared<'_>, adds: bool) {
        let value = &self.program.values[step.output];
        let (stride, channels) = (value.stride, value.shape.channels);
        let to_stride = self.program.values[step.inputs[0]].stride;
        // SAFETY: one thread.
        let (from, to) = unsafe { (g.read(), self.gradient(step.inputs[0]).write()) };
        for (to, from) in to
            .chunks_exact_mut(to_stride)
            .zip(from.chunks_exact(stride))
        {
            if !adds {
                to.fill(0.0);
            }
            to[0] += from[..channels].iter().sum::<f32>();
        }
    }

    pub(super) fn gate_gradient<S: Simd>(
        &mut self,
        s: S,
        step: &Step,
        position: usize,
        g: Shared<'_>,
        adds: bool,
    ) {
        let (image, factor) = (self.view(step.inputs[0]), self.view(step.inputs[1]));
        let stride = image.stride;
        let pixels = self.program.values[step.output].pixels();
        let to = self.gradient(step.inputs[position]);
        // SAFETY: nobody writes the result's gradient in this phase.
        let g = unsafe { g.read() };
        if position == 0 {
            self.over_gradient(
                s,
                step.inputs[0],
                to,
                #[inline(always)]
                |first, to| {
                    for (pixel, to) in (first..).zip(to.chunks_exact_mut(stride)) {
                        let from = &g[pixel * stride..][..stride];
                        for c in (0..stride).step_by(S::LANES) {
                            let gate = factor.register(s, pixel / pixels, c);
                            let mut x = s.mul(s.read(from, c), gate);
                            if adds {
                                x = s.add(x, s.read(to, c));
                            }
                            s.write(to, c, x);
                        }
                    }
                },
            );
            return;
        }
        self.pool.run(self.count, |number, _| {
            // SAFETY: each task writes the factors of its own image.
            let to = unsafe { to.part(number * stride, stride).write() };
            let from = &g[number * pixels * stride..][..pixels * stride];
            s.vectorize(
                #[inline(always)]
                || {
                    for c in (0..stride).step_by(S::LANES) {
                        let mut sum = if adds { s.read(to, c) } else { s.splat(0.0) };
                        for pixel in 0..pixels {
                            let x = image.register(s, number * pixels + pixel, c);
                            sum = s.fma(x, s.read(from, pixel * stride + c), sum);
                        }
                        s.write(to, c, sum);
                    }
                },
            );
        });
    }
}

/// `to = from`, or `to += from`.
#[inline(always)]
fn put<S: Simd>(s: S, to: &mut [f32], from: &[f32], adds: bool) {
    if adds {
        window::add(s, to, from);
    } else {
        window::copy(s, from, to, from.len());
    }
}

/// `to = from * factor`, or `to += from * factor`.
#[inline(always)]
fn put_scaled<S: Simd>(s: S, to: &mut [f32], from: &[f32], factor: f32, adds: bool) {
    for c in (0..from.len()).step_by(S::LANES) {
        let x = s.mul(s.read(from, c), s.splat(factor));
        let x = if adds { s.add(x, s.read(to, c)) } else { x };
        s.write(to, c, x);
    }
}
