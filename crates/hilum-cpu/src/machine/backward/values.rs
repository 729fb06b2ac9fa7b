//! Gradients of steps that work value by value, or move values.

use crate::kernel::window;
use crate::machine::Context;
use crate::machine::forward::{multiply, one_vector};
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
        let pixels = self.program.values[id].pixels();
        match &step.work {
            Work::Copy { .. } | Work::Add { .. } => self.over_gradient(
                s,
                id,
                to,
                #[inline(always)]
                |first, count, to| {
                    let from = g.part(first * stride, count * stride).start();
                    // SAFETY: blocks are disjoint.
                    unsafe { put(s, to, from, count * stride, adds) }
                },
            ),
            Work::Dropout { .. } => {
                let place = self.plan.notes[index].expect("dropout keeps its factors");
                let factors = self.arena.part(place, g.len());
                self.over_gradient(
                    s,
                    id,
                    to,
                    #[inline(always)]
                    |first, count, to| {
                        let (at, len) = (first * stride, count * stride);
                        let from = g.part(at, len).start();
                        // SAFETY: blocks are disjoint; nobody reads `g` after this step.
                        unsafe {
                            multiply(s, from, factors.part(at, len).start(), len);
                            put(s, to, from, len, adds);
                        }
                    },
                );
            }
            Work::GlobalAveragePool => {
                let share = 1.0 / pixels as f32;
                self.over_gradient(
                    s,
                    id,
                    to,
                    #[inline(always)]
                    |first, count, to| {
                        for pixel in 0..count {
                            let image = (first + pixel) / pixels;
                            let from = g.part(image * stride, stride).start();
                            // SAFETY: blocks are disjoint.
                            unsafe {
                                put_scaled(s, to.add(pixel * stride), from, stride, share, adds);
                            }
                        }
                    },
                );
            }
            Work::Flatten => self.flatten_gradient(step, g, adds),
            Work::Concat => self.concat_gradient(step, position, offset, g, adds),
            Work::Gate => self.gate_gradient(s, step, position, g, adds),
            Work::MaxPool(window) => self.max_pool_gradient(s, index, step, window, g, adds),
            Work::Repeat => self.repeat_gradient(step, g, adds),
            Work::Receive { .. } | Work::Convolution(_) => unreachable!("handled before"),
        }
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
        let stride = image.view.stride;
        let pixels = self.program.values[step.output].pixels();
        let to = self.gradient(step.inputs[position]);
        if position == 0 {
            self.over_gradient(
                s,
                step.inputs[0],
                to,
                #[inline(always)]
                |first, count, to| {
                    let factor = &factor;
                    for pixel in 0..count {
                        let from = g.part((first + pixel) * stride, stride).start();
                        let to = to.wrapping_add(pixel * stride);
                        let mut c = 0;
                        while c < stride {
                            // SAFETY: blocks are disjoint.
                            unsafe {
                                let gate = one_vector(s, &factor.view, (first + pixel) / pixels, c);
                                let mut x = s.mul(s.load(from.add(c)), gate);
                                if adds {
                                    x = s.add(x, s.load(to.add(c)));
                                }
                                s.store(to.add(c), x);
                            }
                            c += S::LANES;
                        }
                    }
                },
            );
            return;
        }
        self.pool.run(self.count, |number, _| {
            let (image, part) = (image, to.part(number * stride, stride).start());
            let from = g.part(number * pixels * stride, pixels * stride).start();
            // SAFETY: each task writes the factors of its own image.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || {
                        let mut c = 0;
                        while c < stride {
                            let mut sum = if adds {
                                s.load(part.add(c))
                            } else {
                                s.splat(0.0)
                            };
                            for pixel in 0..pixels {
                                let x = one_vector(s, &image.view, number * pixels + pixel, c);
                                sum = s.fma(x, s.load(from.add(pixel * stride + c)), sum);
                            }
                            s.store(part.add(c), sum);
                            c += S::LANES;
                        }
                    },
                );
            }
        });
    }
}

/// `to = from`, or `to += from`.
#[inline(always)]
unsafe fn put<S: Simd>(s: S, to: *mut f32, from: *const f32, len: usize, adds: bool) {
    if adds {
        window::add(s, to, from, len);
    } else {
        window::copy(s, from, to, len);
    }
}

/// `to = from * factor`, or `to += from * factor`.
#[inline(always)]
unsafe fn put_scaled<S: Simd>(
    s: S,
    to: *mut f32,
    from: *const f32,
    len: usize,
    factor: f32,
    adds: bool,
) {
    let mut c = 0;
    while c < len {
        let x = s.mul(s.load(from.add(c)), s.splat(factor));
        let x = if adds { s.add(x, s.load(to.add(c))) } else { x };
        s.store(to.add(c), x);
        c += S::LANES;
    }
}
