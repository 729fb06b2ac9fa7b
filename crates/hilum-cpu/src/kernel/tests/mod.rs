//! Kernels by themselves against plain loops in `f64`, at odd sizes, on every instruction set
//! that this processor has. Under Miri sizes are smaller, so that a run ends within minutes.

mod depthwise;
mod matrix;
mod norm;
mod window;
mod winograd;

use super::view::{Affine, View};
use super::window::Window;
use crate::memory::REGISTER;
use hilum_graph::Activation;

/// Runs a check, a function that is generic over the instruction set, on all that there are.
macro_rules! on_every_instruction_set {
    ($check:ident) => {{
        use crate::simd::{Portable, Simd};
        $check(Portable::detect().expect("every processor is portable"));
        #[cfg(target_arch = "x86_64")]
        {
            crate::simd::Avx2::detect().map(|s| $check(s));
            crate::simd::Avx512::detect().map(|s| $check(s));
        }
        #[cfg(target_arch = "aarch64")]
        crate::simd::Neon::detect().map(|s| $check(s));
    }};
}
use on_every_instruction_set;

/// Fewer of `sizes` under Miri.
fn few<T>(sizes: &[T]) -> &[T] {
    if cfg!(miri) {
        &sizes[..sizes.len().min(2)]
    } else {
        sizes
    }
}

/// Numbers between -1 and 1, another sequence for every seed.
fn values(len: usize, seed: usize) -> Vec<f32> {
    let mut state = (seed as u32).wrapping_mul(2_654_435_761) ^ 0x9e37_79b9;
    let numbers = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    });
    numbers.take(len).collect()
}

/// As many as a view has: one register more than its pixels.
fn pixels(len: usize, seed: usize) -> Vec<f32> {
    values(len + REGISTER, seed)
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}: as many values");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(*found) - expected).abs();
        assert!(
            off <= tolerance * expected.abs().max(1.0),
            "{what}: value {index} is {found}, not {expected}"
        );
    }
}

/// The two values of each word.
#[cfg(target_arch = "x86_64")]
fn widened(words: &[f32]) -> impl Iterator<Item = f64> {
    words.iter().flat_map(|word| {
        let bits = word.to_bits();
        [bits << 16, bits & 0xffff_0000].map(|bits| f64::from(f32::from_bits(bits)))
    })
}

/// Views of the same pixels through nothing, ReLU, batch norm, and batch norm with activations.
fn views<'a>(pixels: &'a [f32], stride: usize, affine: Affine<'a>) -> Vec<View<'a>> {
    let all = [
        (None, None),
        (Some(affine), Some(Activation::Relu)),
        (Some(affine), None),
        (None, Some(Activation::Relu6)),
        (Some(affine), Some(Activation::Silu)),
    ];
    let all = all.map(|(affine, activation)| View {
        values: pixels,
        stride,
        words: false,
        affine,
        activation,
    });
    few(&all).to_vec()
}

/// What a view shows of `count` pixels.
fn shown(view: &View<'_>, count: usize) -> Vec<f64> {
    let values = &view.values[..count * view.stride];
    let shown = values.iter().enumerate().map(|(index, value)| {
        let c = index % view.stride;
        let x = match &view.affine {
            Some(affine) => {
                f64::from(*value) * f64::from(affine.scale[c]) + f64::from(affine.shift[c])
            }
            None => f64::from(*value),
        };
        activate(view.activation, x)
    });
    shown.collect()
}

fn activate(activation: Option<Activation>, x: f64) -> f64 {
    match activation {
        None => x,
        Some(Activation::Relu) => x.max(0.0),
        Some(Activation::Relu6) => x.clamp(0.0, 6.0),
        Some(Activation::Silu) => x / (1.0 + (-x).exp()),
        Some(Activation::Sigmoid) => 1.0 / (1.0 + (-x).exp()),
    }
}

/// A window over an image; the result is as large as fits.
fn window(
    input: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
) -> Window {
    let output =
        [0, 1].map(|axis| (input[axis] + 2 * padding[axis] - kernel[axis]) / stride[axis] + 1);
    Window {
        input,
        output,
        kernel,
        stride,
        padding,
    }
}

/// Calls `each(output pixel, tap, input pixel)` for all taps that lie inside of the image.
fn each_tap(window: &Window, mut each: impl FnMut(usize, usize, usize)) {
    for row in 0..window.output[0] {
        for column in 0..window.output[1] {
            for tap in 0..window.taps() {
                let down = row * window.stride[0] + tap / window.kernel[1];
                let right = column * window.stride[1] + tap % window.kernel[1];
                let [y, x] = [
                    down.wrapping_sub(window.padding[0]),
                    right.wrapping_sub(window.padding[1]),
                ];
                if y < window.input[0] && x < window.input[1] {
                    let output = row * window.output[1] + column;
                    each(output, tap, y * window.input[1] + x);
                }
            }
        }
    }
}
