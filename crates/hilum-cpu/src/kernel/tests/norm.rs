//! Sums of batch norm, and gradients on their way through it.

use super::{activate, assert_close, few, on_every_instruction_set, values};
use crate::kernel::norm::{Backprop, BatchNorm, Linear, Sums, moments};
use crate::simd::Simd;
use hilum_graph::Activation;

const COUNTS: [usize; 5] = [5, 1, 3, 8, 31];
const REGISTERS: [usize; 6] = [7, 1, 2, 3, 4, 5];

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

#[test]
fn moments_are_sums_around_the_first_pixel() {
    fn check<S: Simd>(s: S) {
        for &count in few(&COUNTS) {
            for &registers in few(&REGISTERS) {
                let stride = registers * S::LANES;
                let z = values(count * stride, 1);
                let (mut first, mut second) = (vec![9.0; stride], vec![9.0; stride]);
                let sums = Sums {
                    first: &mut first,
                    second: &mut second,
                };
                moments(s, &z, stride, sums);
                let distance =
                    |pixel: usize, c: usize| f64::from(z[pixel * stride + c]) - f64::from(z[c]);
                let sum = |power: i32| -> Vec<f64> {
                    let of = |c| (0..count).map(|pixel| distance(pixel, c).powi(power)).sum();
                    (0..stride).map(of).collect()
                };
                let what = format!("{count} pixels of {stride}");
                assert_close(&first, &sum(1), 1e-5, &what);
                assert_close(&second, &sum(2), 1e-5, &what);
            }
        }
    }
    on_every_instruction_set!(check);
}

/// The slope of an activation from its formula; at a kink zero, as in PyTorch.
fn slope(activation: Option<Activation>, x: f64) -> f64 {
    let sigmoid = activate(Some(Activation::Sigmoid), x);
    match activation {
        None => 1.0,
        Some(Activation::Relu) => f64::from(u8::from(x > 0.0)),
        Some(Activation::Relu6) => f64::from(u8::from(x > 0.0 && x < 6.0)),
        Some(Activation::Silu) => sigmoid * (1.0 + x * (1.0 - sigmoid)),
        Some(Activation::Sigmoid) => sigmoid * (1.0 - sigmoid),
    }
}

#[test]
fn gradients_go_back_through_activation_and_batch_norm() {
    fn check<S: Simd>(s: S) {
        let activations = [
            Some(Activation::Silu),
            Some(Activation::Relu),
            Some(Activation::Relu6),
            Some(Activation::Sigmoid),
            None,
        ];
        for activation in activations {
            for &count in few(&COUNTS) {
                for &registers in few(&REGISTERS) {
                    for with_norm in [true, false] {
                        backprop(s, activation, count, registers * S::LANES, with_norm);
                    }
                }
            }
        }
    }
    on_every_instruction_set!(check);
}

fn backprop<S: Simd>(
    s: S,
    activation: Option<Activation>,
    count: usize,
    stride: usize,
    with_norm: bool,
) {
    // Up to eight, so that the bend of ReLU6 is reached; negative zero is no kink.
    let z: Vec<f32> = values(count * stride, 1).iter().map(|z| z * 8.0).collect();
    let before = values(count * stride, 2);
    let lines = [3, 4, 5].map(|seed| values(stride, seed));
    let norm = with_norm.then_some(BatchNorm {
        scale: &lines[0],
        shift: &lines[1],
        mean: &lines[2],
    });
    let mut gradient = before.clone();
    let (mut first, mut second) = (vec![9.0; stride], vec![9.0; stride]);
    let sums = Sums {
        first: &mut first,
        second: &mut second,
    };
    Backprop { norm, activation }.run(s, &mut gradient, &z, stride, sums);
    let line = |index: usize, c: usize, none: f64| {
        if with_norm {
            f64::from(lines[index][c])
        } else {
            none
        }
    };
    let mut expected = vec![0.0; count * stride];
    let mut totals = [vec![0.0; stride], vec![0.0; stride]];
    for (at, g) in expected.iter_mut().enumerate() {
        let c = at % stride;
        let x = f64::from(z[at]);
        *g = f64::from(before[at]) * slope(activation, x * line(0, c, 1.0) + line(1, c, 0.0));
        totals[0][c] += *g;
        totals[1][c] += *g * (x - line(2, c, 0.0));
    }
    let what = format!("{activation:?}, {count} pixels of {stride}, norm {with_norm}");
    assert_close(&gradient, &expected, 1e-5, &what);
    assert_close(&first, &totals[0], 1e-5, &what);
    assert_close(&second, &totals[1], 1e-5, &what);
}

#[test]
fn the_line_of_batch_norm_is_applied_in_place_and_to_rows_apart() {
    fn check<S: Simd>(s: S) {
        for &count in few(&COUNTS) {
            for &registers in few(&REGISTERS) {
                let stride = registers * S::LANES;
                let (g, z) = (values(count * stride, 1), values(count * stride, 2));
                let lines = [3, 4, 5].map(|seed| values(stride, seed));
                let linear = Linear {
                    a: &lines[0],
                    b: &lines[1],
                    c: &lines[2],
                };
                let [a, b, c] = [&lines[0], &lines[1], &lines[2]].map(|line| wide(line));
                let expected = (0..count * stride).map(|at| {
                    let channel = at % stride;
                    a[channel] * f64::from(g[at]) + b[channel] * f64::from(z[at]) + c[channel]
                });
                let expected: Vec<f64> = expected.collect();
                let what = format!("{count} pixels of {stride}");
                let mut own = g.clone();
                linear.run(s, &mut own, &z, stride);
                assert_close(&own, &expected, 1e-5, &what);
                let row = stride + 3;
                let mut rows = vec![7.0; count * row];
                linear.write_rows(s, &g, &z, stride, &mut rows, row);
                for (row, expected) in rows.chunks(row).zip(expected.chunks(stride)) {
                    assert_close(&row[..stride], expected, 1e-5, &what);
                    assert_eq!(row[stride..], [7.0; 3], "{what}: between rows");
                }
            }
        }
    }
    on_every_instruction_set!(check);
}
