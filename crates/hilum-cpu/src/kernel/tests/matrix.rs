//! Products of matrices, and sums of outer products.

use super::{assert_close, few, on_every_instruction_set, values};
use crate::kernel::matrix::{Finish, Panels, Rows, RowsMut, multiply};
use crate::kernel::outer::add_products;
use crate::kernel::term::{Single, Stored};
use crate::memory::Scattered;
use crate::simd::Simd;

/// What lies between rows, and must stay.
const UNTOUCHED: f32 = 77.0;

/// `b`, row by row, in panels.
fn packed<S: Simd>(b: &[f32], k: usize, columns: usize) -> Vec<f32> {
    let layout = Panels::new::<S>(columns);
    let mut to = Vec::with_capacity(b.len());
    for panel in 0..layout.count() {
        let start = layout.start(panel) * S::LANES;
        let width = layout.width(panel) * S::LANES;
        for row in 0..k {
            to.extend_from_slice(&b[row * columns + start..][..width]);
        }
    }
    to
}

/// Rows `stride` apart, with what lies between them set apart.
fn split(c: &[f32], m: usize, columns: usize, stride: usize) -> Vec<f32> {
    let mut rows = Vec::with_capacity(m * columns);
    for (index, row) in c.chunks(stride).enumerate().take(m) {
        rows.extend_from_slice(&row[..columns]);
        let between = &row[columns..];
        assert!(
            between.iter().all(|value| *value == UNTOUCHED),
            "behind row {index}"
        );
    }
    rows
}

fn rows(m: usize, columns: usize, stride: usize, seed: usize) -> Vec<f32> {
    let mut rows = values(m * stride, seed);
    for row in rows.chunks_mut(stride) {
        row[columns..].fill(UNTOUCHED);
    }
    rows
}

#[test]
fn products_are_those_of_plain_loops() {
    fn check<S: Simd>(s: S) {
        for &registers in few(&[4, 1, 2, 3, 5, 7, 10]) {
            for &m in few(&[5, 1, 2, 9, 17, 27]) {
                for &k in few(&[3, 1, 4, 61, 257]) {
                    product(s, m, k, registers * S::LANES);
                }
            }
        }
    }
    on_every_instruction_set!(check);
}

fn product<S: Simd>(s: S, m: usize, k: usize, n: usize) {
    let what = format!("{m} x {k} x {n}, {} lanes", S::LANES);
    let (a_stride, c_stride) = (k + 3, n + 5);
    let (a, b) = (values(m * a_stride, 1), values(k * n, 2));
    let packed = packed::<S>(&b, k, n);
    let (bias, residual) = (values(n, 3), rows(m, n, c_stride, 4));
    let layout = Panels::new::<S>(n);
    let every = Finish {
        bias: Some(&bias),
        residual: Some(Stored {
            places: &residual,
            words: false,
        }),
        low: -0.5,
        high: 1.5,
        activation: None,
        accumulate: true,
    };
    for finish in [Finish::STORE, every] {
        let before = rows(m, n, c_stride, 5);
        let mut c = before.clone();
        // Panel by panel, as tasks take them.
        for panel in 0..layout.count() {
            let out = RowsMut::new(Scattered::of(&mut c), c_stride);
            let a = Rows {
                values: &a,
                stride: a_stride,
            };
            multiply(
                s,
                Single(s),
                m,
                k,
                a,
                &packed,
                layout,
                panel..panel + 1,
                out,
                finish,
            );
        }
        let mut expected = Vec::with_capacity(m * n);
        for row in 0..m {
            for column in 0..n {
                let products =
                    (0..k).map(|i| f64::from(a[row * a_stride + i]) * f64::from(b[i * n + column]));
                let at = row * c_stride + column;
                let mut sum: f64 = products.sum();
                if finish.accumulate {
                    sum += f64::from(before[at]);
                }
                sum += finish.bias.map_or(0.0, |bias| f64::from(bias[column]));
                sum += finish
                    .residual
                    .map_or(0.0, |residual| f64::from(residual.places[at]));
                expected.push(sum.clamp(f64::from(finish.low), f64::from(finish.high)));
            }
        }
        assert_close(&split(&c, m, n, c_stride), &expected, 1e-5, &what);
    }
}

/// The words of every two rows of `n` columns.
#[cfg(target_arch = "x86_64")]
fn words_of_two_rows(b: &[f32], n: usize) -> Vec<f32> {
    use crate::simd::word;

    let rows = b.chunks_exact(2 * n);
    rows.flat_map(|two| (0..n).map(|column| word(two[column], two[n + column])))
        .collect()
}

#[cfg(target_arch = "x86_64")]
#[test]
fn products_of_pairs_are_those_of_plain_loops_over_rounded_values() {
    use super::widened;
    use crate::kernel::matrix::runs_at_once;
    use crate::kernel::narrow::narrow;
    use crate::kernel::term::Paired;
    use crate::simd::{Avx512, Pairs};
    use hilum_graph::Activation;

    type Words = <Avx512 as Simd>::Pairs;
    let (Some(s), Some(pairs)) = (Avx512::detect(), Words::detect()) else {
        return;
    };
    for registers in [1, 2, 3, 5, 10] {
        for (m, k) in [(1, 16), (5, 48), (9, 80), (27, 16), (8, 1040)] {
            let n = registers * Avx512::LANES;
            let (values, b) = (values(m * k, 1), values(k * n, 2));
            let mut a = vec![0.0; m * k / 2];
            narrow(s, pairs, &values, &mut a);
            let words = words_of_two_rows(&b, n);
            let packed = packed::<Avx512>(&words, k / 2, n);
            let (bias, layout) = (self::values(n, 3), Panels::new::<Avx512>(n));
            let finish = Finish {
                bias: Some(&bias),
                low: -0.5,
                high: 6.0,
                ..Finish::STORE
            };
            let mut c = vec![0.0; m * n];
            let out = RowsMut::new(Scattered::of(&mut c), n);
            let stride = k / 2;
            let all = Rows { values: &a, stride };
            let panels = 0..layout.count();
            multiply(
                s,
                Paired(s, pairs),
                m,
                stride,
                all,
                &packed,
                layout,
                panels,
                out,
                finish,
            );
            let a: Vec<f64> = widened(&a).collect();
            // Rounded to eight bits, and no further.
            assert_close(&values, &a, 1.0 / 256.0, "rounded values");
            let b: Vec<Vec<f64>> = words
                .chunks_exact(n)
                .map(|row| widened(row).collect())
                .collect();
            let mut sums = Vec::with_capacity(m * n);
            for row in 0..m {
                for column in 0..n {
                    let products = (0..k).map(|i| a[row * k + i] * b[i / 2][2 * column + i % 2]);
                    sums.push(products.sum::<f64>() + f64::from(bias[column]));
                }
            }
            let expected: Vec<f64> = sums.iter().map(|sum| sum.clamp(-0.5, 6.0)).collect();
            assert_close(&c, &expected, 1e-5, &format!("{m} x {k} x {n}"));
            if !runs_at_once(stride) {
                continue;
            }
            let mut kept = vec![0.0; m * n / 2];
            let out = RowsMut {
                kept: true,
                ..RowsMut::new(Scattered::of(&mut kept), n)
            };
            let residual = self::values(m * n, 4);
            let mut others = vec![0.0; m * n / 2];
            narrow(s, pairs, &residual, &mut others);
            let finish = Finish {
                residual: Some(Stored {
                    places: &others,
                    words: true,
                }),
                low: f32::NEG_INFINITY,
                activation: Some(Activation::Silu),
                ..finish
            };
            let panels = 0..layout.count();
            multiply(
                s,
                Paired(s, pairs),
                m,
                stride,
                all,
                &packed,
                layout,
                panels,
                out,
                finish,
            );
            let silu = |x: f64| x / (1.0 + (-x).exp());
            let expected = sums.iter().zip(widened(&others));
            let expected: Vec<f64> = expected
                .map(|(sum, other)| silu((sum + other).min(6.0)))
                .collect();
            let kept: Vec<f32> = widened(&kept).map(|value| value as f32).collect();
            // Half a step of bf16.
            assert_close(&kept, &expected, 1.0 / 256.0, "kept as words");
        }
    }
}

#[test]
fn a_product_may_begin_with_a_later_column() {
    fn check<S: Simd>(s: S) {
        let (m, k, n) = (3, 5, 6 * S::LANES);
        let (a, b) = (values(m * k, 1), values(k * n, 2));
        let packed = packed::<S>(&b, k, n);
        let layout = Panels::new::<S>(n);
        let a = Rows {
            values: &a,
            stride: k,
        };
        let mut whole = vec![0.0; m * n];
        let out = RowsMut::new(Scattered::of(&mut whole), n);
        let all = 0..layout.count();
        multiply(
            s,
            Single(s),
            m,
            k,
            a,
            &packed,
            layout,
            all,
            out,
            Finish::STORE,
        );
        let first = layout.start(1) * S::LANES;
        let width = n - first;
        let mut part = vec![0.0; m * width];
        let out = RowsMut {
            values: Scattered::of(&mut part),
            stride: width,
            first_column: first,
            kept: false,
        };
        let rest = 1..layout.count();
        multiply(
            s,
            Single(s),
            m,
            k,
            a,
            &packed,
            layout,
            rest,
            out,
            Finish::STORE,
        );
        for (whole, part) in whole.chunks(n).zip(part.chunks(width)) {
            assert_eq!(&whole[first..], part);
        }
    }
    on_every_instruction_set!(check);
}

#[test]
#[should_panic(expected = "rows of `A`")]
fn rows_that_are_not_there_are_refused() {
    let s = crate::simd::Portable::detect().expect("every processor is portable");
    let n = crate::simd::Portable::LANES;
    let mut c = vec![0.0; 4 * n];
    let out = RowsMut::new(Scattered::of(&mut c), n);
    let a = Rows {
        values: &[0.0; 7],
        stride: 2,
    };
    let layout = Panels::new::<crate::simd::Portable>(n);
    multiply(
        s,
        Single(s),
        4,
        2,
        a,
        &[0.0; 16],
        layout,
        0..1,
        out,
        Finish::STORE,
    );
}

#[test]
fn sums_of_outer_products_are_those_of_plain_loops() {
    fn check<S: Simd>(s: S) {
        for &registers in few(&[4, 1, 2, 3, 5, 7]) {
            for &m in few(&[5, 1, 9, 19]) {
                for &count in few(&[3, 1, 95, 97, 200]) {
                    outer(s, count, m, registers * S::LANES);
                }
            }
        }
    }
    on_every_instruction_set!(check);
}

fn outer<S: Simd>(s: S, count: usize, m: usize, n: usize) {
    let what = format!("{count} of {m} x {n}, {} lanes", S::LANES);
    let (a_stride, d_stride, c_stride) = (m + 1, n + 2, n + 5);
    let (a, d) = (values(count * a_stride, 1), values(count * d_stride, 2));
    let layout = Panels::new::<S>(n);
    for replace in [true, false] {
        let before = rows(m, n, c_stride, 3);
        let mut c = before.clone();
        for panel in 0..layout.count() {
            let out = RowsMut::new(Scattered::of(&mut c), c_stride);
            let a = Rows {
                values: &a,
                stride: a_stride,
            };
            let d = Rows {
                values: &d,
                stride: d_stride,
            };
            add_products(s, count, m, a, d, layout, panel..panel + 1, out, replace);
        }
        let mut expected = Vec::with_capacity(m * n);
        for row in 0..m {
            for column in 0..n {
                let products = (0..count).map(|r| {
                    f64::from(a[r * a_stride + row]) * f64::from(d[r * d_stride + column])
                });
                let old = if replace {
                    0.0
                } else {
                    f64::from(before[row * c_stride + column])
                };
                expected.push(old + products.sum::<f64>());
            }
        }
        assert_close(&split(&c, m, n, c_stride), &expected, 1e-5, &what);
    }
}
