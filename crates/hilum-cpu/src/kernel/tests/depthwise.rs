//! Depthwise convolutions, forward and both gradients.

#[cfg(target_arch = "x86_64")]
use super::widened;
use super::{
    assert_close, each_tap, few, on_every_instruction_set, pixels, shown, values, views, window,
};
#[cfg(target_arch = "x86_64")]
use crate::kernel::depthwise::is_fast;
use crate::kernel::depthwise::{
    Finish, InputGradient, Ring, WeightGradient, flip, forward, gradient_ring, padded_width,
};
use crate::kernel::term::{Single, Term};
use crate::kernel::view::{Affine, View};
use crate::kernel::window::{Window, copy};
use crate::simd::Simd;
#[cfg(target_arch = "x86_64")]
use hilum_graph::Activation;

fn windows() -> Vec<Window> {
    let all = [
        window([5, 9], [3, 3], [1, 1], [1, 1]),
        window([7, 6], [3, 3], [2, 2], [1, 1]),
        window([6, 13], [5, 5], [1, 1], [2, 2]),
        window([11, 10], [5, 5], [2, 2], [2, 2]),
        window([4, 5], [3, 3], [1, 1], [0, 0]),
        window([1, 1], [3, 3], [1, 1], [1, 1]),
        window([8, 7], [2, 3], [3, 1], [1, 2]),
        window([9, 19], [9, 9], [1, 2], [4, 4]),
        window([5, 21], [3, 3], [2, 1], [1, 0]),
    ];
    few(&all).to_vec()
}

#[test]
fn results_are_those_of_plain_loops() {
    fn check<S: Simd>(s: S) {
        for window in windows() {
            for c in [S::LANES, 2 * S::LANES] {
                let (inside, outside) = (window.input_pixels(), window.output_pixels());
                // The second image of two.
                let stored = pixels(2 * inside * c, 1);
                let weights = values(window.taps() * c, 2);
                let lines = [3, 4, 5].map(|seed| values(c, seed));
                let affine = Affine {
                    scale: &lines[0],
                    shift: &lines[1],
                };
                for view in views(&stored, c, affine) {
                    let image = &shown(&view, 2 * inside)[inside * c..];
                    let mut expected = vec![0.0; outside * c];
                    each_tap(&window, |output, tap, input| {
                        for channel in 0..c {
                            let product =
                                image[input * c + channel] * f64::from(weights[tap * c + channel]);
                            expected[output * c + channel] += product;
                        }
                    });
                    for (at, sum) in expected.iter_mut().enumerate() {
                        *sum = (*sum + f64::from(lines[2][at % c])).clamp(-0.75, 2.0);
                    }
                    let finish = Finish {
                        bias: Some(&lines[2]),
                        low: -0.75,
                        high: 2.0,
                        activation: None,
                        accumulate: false,
                    };
                    let found =
                        in_two_bands(s, Single(s), &window, &view, inside, &weights, finish);
                    assert_close(
                        &found,
                        &expected,
                        1e-5,
                        &format!("{window:?}, {c} channels"),
                    );
                }
            }
        }
    }
    on_every_instruction_set!(check);
}

/// All rows of one image, in two bands, as tasks take them.
fn in_two_bands<S: Simd, T: Term<S>>(
    s: S,
    term: T,
    window: &Window,
    view: &View<'_>,
    first_pixel: usize,
    weights: &[f32],
    finish: Finish<'_>,
) -> Vec<f32> {
    let (width, slots, stride) = (padded_width(window), window.kernel[0], view.stride);
    let mut memory = vec![9.0; Ring::len(slots, width, stride)];
    let middle = window.output[0] / 2;
    let mut found = Vec::new();
    for rows in [0..middle, middle..window.output[0]] {
        let [padding, pixels] = [window.padding[1], window.input[1]];
        let mut ring = Ring::new(&mut memory, slots, width, stride, padding, pixels);
        let pixel = stride * T::VALUES / T::KEPT;
        let mut out = vec![9.0; rows.len() * window.output[1] * pixel];
        forward(
            s,
            term,
            window,
            view,
            first_pixel,
            rows,
            weights,
            &mut ring,
            finish,
            &mut out,
        );
        found.extend(out);
    }
    found
}

/// Words are read and kept as the values that they hold.
#[cfg(target_arch = "x86_64")]
#[test]
fn results_of_words_are_those_of_the_values_that_they_hold() {
    use crate::kernel::depthwise::spread;
    use crate::kernel::narrow::narrow;
    use crate::kernel::term::{Narrowed, Paired};
    use crate::simd::{Avx512, Pairs, round};

    let (Some(s), Some(pairs)) = (Avx512::detect(), <Avx512 as Simd>::Pairs::detect()) else {
        return;
    };
    for window in windows().into_iter().filter(is_fast) {
        for c in [16, 48, 64] {
            let inside = window.input_pixels();
            let mut stored = pixels(2 * inside * c, 1);
            round(&mut stored);
            let mut words = vec![0.0; stored.len() / 2];
            narrow(s, pairs, &stored, &mut words);
            let weights = values(window.taps() * c, 2);
            let bias = values(c, 3);
            let finish = Finish {
                bias: Some(&bias),
                low: -0.75,
                high: 2.0,
                activation: Some(Activation::Silu),
                accumulate: false,
            };
            let plain = |values, stride, words| View {
                values,
                stride,
                words,
                affine: None,
                activation: None,
            };
            let view = plain(&stored, c, false);
            let mut expected = in_two_bands(s, Single(s), &window, &view, inside, &weights, finish);
            round(&mut expected);
            let expected: Vec<f64> = expected.into_iter().map(f64::from).collect();
            let kept = in_two_bands(
                s,
                Narrowed(s, pairs),
                &window,
                &view,
                inside,
                &weights,
                finish,
            );
            let view = plain(&words, c / 2, true);
            let (mut weights, mut bias) = (weights, bias.clone());
            weights.chunks_exact_mut(c).for_each(spread::<Avx512>);
            spread::<Avx512>(&mut bias);
            let both = in_two_bands(
                s,
                Paired(s, pairs),
                &window,
                &view,
                inside,
                &weights,
                Finish {
                    bias: Some(&bias),
                    ..finish
                },
            );
            for found in [kept, both] {
                let found: Vec<f32> = widened(&found).map(|value| value as f32).collect();
                // The last bit may differ where a sum lies between two: a step of 1/128 at most.
                let what = format!("{window:?}, {c} channels");
                assert_close(&found, &expected, 1.0 / 127.0, &what);
                let equal = found
                    .iter()
                    .zip(&expected)
                    .filter(|(a, b)| f64::from(**a) == **b);
                assert!(
                    equal.count() * 25 > expected.len() * 24,
                    "{what}: nearly all equal"
                );
            }
        }
    }
}

#[test]
fn gradients_of_the_image_are_those_of_plain_loops() {
    fn check<S: Simd>(s: S) {
        for window in windows() {
            for accumulate in [false, true] {
                let c = 2 * S::LANES;
                let (inside, outside) = (window.input_pixels(), window.output_pixels());
                let g = values(outside * c, 1);
                let weights = values(window.taps() * c, 2);
                let before = values(inside * c, 3);
                let mut expected = vec![0.0; inside * c];
                each_tap(&window, |output, tap, input| {
                    for channel in 0..c {
                        expected[input * c + channel] += f64::from(g[output * c + channel])
                            * f64::from(weights[tap * c + channel]);
                    }
                });
                if accumulate {
                    let sums = expected.iter_mut().zip(&before);
                    sums.for_each(|(sum, old)| *sum += f64::from(*old));
                }
                let (slots, width, padding) = gradient_ring(&window);
                let mut memory = vec![9.0; Ring::len(slots, width, c)];
                let mut ring = Ring::new(&mut memory, slots, width, c, padding, window.output[1]);
                let mut flipped = vec![9.0; weights.len()];
                flip(s, &weights, c, &mut flipped);
                let gradient = InputGradient {
                    window: &window,
                    c,
                    weights: &weights,
                    flipped: &flipped,
                    accumulate,
                };
                let row = window.output[1] * c;
                let mut found = before.clone();
                let finished = std::cell::Cell::new(0);
                gradient.run(
                    s,
                    &mut ring,
                    |line, slot| copy(s, &g[line * row..][..row], slot, row),
                    &mut found,
                    |line, _| assert_eq!(finished.replace(line + 1), line, "in their order"),
                );
                assert_eq!(finished.get(), window.input[0], "every row is finished");
                assert_close(
                    &found,
                    &expected,
                    1e-5,
                    &format!("{window:?}, {accumulate}"),
                );
            }
        }
    }
    on_every_instruction_set!(check);
}

#[test]
fn gradients_of_weights_are_those_of_plain_loops() {
    fn check<S: Simd>(s: S) {
        for window in windows() {
            let c = 2 * S::LANES;
            let (inside, outside) = (window.input_pixels(), window.output_pixels());
            let stored = pixels(2 * inside * c, 1);
            let g = values(outside * c, 2);
            let lines = [3, 4].map(|seed| values(c, seed));
            let affine = Affine {
                scale: &lines[0],
                shift: &lines[1],
            };
            for view in views(&stored, c, affine) {
                let image = &shown(&view, 2 * inside)[inside * c..];
                let mut expected = vec![0.0; window.taps() * c];
                each_tap(&window, |output, tap, input| {
                    for channel in 0..c {
                        expected[tap * c + channel] +=
                            f64::from(g[output * c + channel]) * image[input * c + channel];
                    }
                });
                let width = padded_width(&window);
                let slots = window.kernel[0];
                let mut memory = vec![9.0; Ring::len(slots, width, c)];
                let [padding, columns] = [window.padding[1], window.input[1]];
                let mut sums = vec![0.0; window.taps() * c];
                let mut gradient = WeightGradient {
                    window: &window,
                    view: &view,
                    first_pixel: inside,
                    ring: Ring::new(&mut memory, slots, width, c, padding, columns),
                    sums: &mut sums,
                    read: 0,
                };
                for (line, row) in g.chunks_exact(window.output[1] * c).enumerate() {
                    gradient.add_row(s, line, row);
                }
                assert_close(&sums, &expected, 1e-4, &format!("{window:?}"));
            }
        }
    }
    on_every_instruction_set!(check);
}
