//! Winograd's convolutions of 3x3 kernels, forward and both gradients.

use super::{
    assert_close, each_tap, few, on_every_instruction_set, pixels, shown, values, views, window,
};
use crate::kernel::matrix::{Finish, Panels, Rows, RowsMut, multiply};
use crate::kernel::outer::add_products;
use crate::kernel::term::{Single, Stored, Term};
use crate::kernel::view::{Affine, View};
use crate::kernel::window::Window;
#[cfg(target_arch = "x86_64")]
use crate::kernel::winograd::transform_weights_to_words;
use crate::kernel::winograd::{
    Algebra, Four, Output, Patch, ResultGradient, Two, gradient_tile, image_tile,
    input_gradient_tile, output_tile, transform_weights, weight_gradient,
};
use crate::memory::Scattered;
use crate::simd::Simd;

const IMAGES: usize = 2;

fn windows() -> Vec<Window> {
    let all = [
        window([5, 7], [3, 3], [1, 1], [1, 1]),
        window([3, 3], [3, 3], [1, 1], [0, 0]),
        window([1, 1], [3, 3], [1, 1], [1, 1]),
        window([9, 6], [3, 3], [1, 1], [1, 1]),
        window([10, 11], [3, 3], [1, 1], [0, 1]),
    ];
    few(&all).to_vec()
}

/// A convolution of `c` channels to `k`, and what plain loops make of it.
struct Case<S> {
    s: S,
    window: Window,
    c: usize,
    k: usize,
    weights: Vec<f32>,
}

impl<S: Simd> Case<S> {
    fn tiles(&self, size: usize) -> usize {
        let [rows, columns] = self.window.output.map(|len| len.div_ceil(size));
        IMAGES * rows * columns
    }

    /// Calls `each(output value, input value, weight)` for every product of an image.
    fn each_product(&self, mut each: impl FnMut(usize, usize, usize)) {
        let (c, k) = (self.c, self.k);
        each_tap(&self.window, |output, tap, input| {
            for channel in 0..c {
                for filter in 0..k {
                    let weight = (tap * c + channel) * k + filter;
                    each(output * k + filter, input * c + channel, weight);
                }
            }
        });
    }

    /// Transformed tiles at all positions, `[position][tile][c]`.
    fn image<A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
        &self,
        view: &View<'_>,
    ) -> Vec<f32> {
        self.image_for::<_, A, OUT, IN>(Single(self.s), view)
    }

    /// The same as what `term` multiplies.
    fn image_for<T: Term<S>, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
        &self,
        term: T,
        view: &View<'_>,
    ) -> Vec<f32> {
        let (tiles, c) = (self.tiles(OUT), self.c / T::VALUES);
        let mut to = vec![9.0; IN * IN * tiles * c];
        let mut scratch = vec![9.0; IN * IN * self.c];
        for tile in 0..tiles {
            let patch = Patch::new(&self.window, OUT, tile);
            let to = Scattered::of(&mut to[tile * c..]);
            let plane = tiles * c;
            let (s, window) = (self.s, &self.window);
            image_tile::<S, T, A, OUT, IN>(s, term, window, view, patch, &mut scratch, to, plane);
        }
        to
    }

    /// Weights at all positions, packed.
    fn weights<A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(&self) -> Vec<f32> {
        let (c, k) = (self.c, self.k);
        let mut to = vec![9.0; IN * IN * c * k];
        let middle = c / 2;
        for channels in [0..middle, middle..c] {
            let to = Scattered::of(&mut to);
            transform_weights::<S, A, OUT, IN>(self.s, &self.weights, c, k, channels, to);
        }
        to
    }

    /// The product at every position, `[position][tile][k]`.
    fn products(&self, image: &[f32], weights: &[f32], tiles: usize, positions: usize) -> Vec<f32> {
        self.products_of(Single(self.s), image, weights, tiles, positions)
    }

    /// The same of what `term` multiplies.
    fn products_of<T: Term<S>>(
        &self,
        term: T,
        image: &[f32],
        weights: &[f32],
        tiles: usize,
        positions: usize,
    ) -> Vec<f32> {
        let (c, k) = (self.c / T::VALUES, self.k);
        let mut to = vec![9.0; positions * tiles * k];
        let layout = Panels::new::<S>(k);
        for position in 0..positions {
            let a = Rows {
                values: &image[position * tiles * c..],
                stride: c,
            };
            let out = RowsMut::new(Scattered::of(&mut to[position * tiles * k..]), k);
            let b = &weights[position * c * k..];
            let all = 0..layout.count();
            multiply(
                self.s,
                term,
                tiles,
                c,
                a,
                b,
                layout,
                all,
                out,
                Finish::STORE,
            );
        }
        to
    }
}

#[test]
fn results_are_those_of_plain_loops() {
    fn check<S: Simd>(s: S) {
        for window in windows() {
            let (c, k) = (S::LANES, 2 * S::LANES);
            let weights = values(9 * c * k, 1);
            let case = Case {
                s,
                window,
                c,
                k,
                weights,
            };
            forward::<S, Two, 2, 4>(&case);
            forward::<S, Four, 4, 6>(&case);
        }
    }
    on_every_instruction_set!(check);
}

fn forward<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(case: &Case<S>) {
    let (c, k, window) = (case.c, case.k, &case.window);
    let (inside, outside) = (window.input_pixels(), window.output_pixels());
    let stored = pixels(IMAGES * inside * c, 2);
    let (scale, shift, bias) = (values(c, 3), values(c, 4), values(k, 5));
    let residual = values(IMAGES * outside * k, 6);
    let affine = Affine {
        scale: &scale,
        shift: &shift,
    };
    let tiles = case.tiles(OUT);
    let packed = case.weights::<A, OUT, IN>();
    for view in views(&stored, c, affine) {
        let image = shown(&view, IMAGES * inside);
        let mut expected: Vec<f64> = residual.iter().map(|value| f64::from(*value)).collect();
        for number in 0..IMAGES {
            case.each_product(|output, input, weight| {
                expected[number * outside * k + output] +=
                    image[number * inside * c + input] * f64::from(case.weights[weight]);
            });
        }
        for (at, sum) in expected.iter_mut().enumerate() {
            *sum = (*sum + f64::from(bias[at % k])).clamp(-3.0, 4.0);
        }
        let products = case.products(&case.image::<A, OUT, IN>(&view), &packed, tiles, IN * IN);
        let mut found = vec![9.0; IMAGES * outside * k];
        let output = Output {
            to: Scattered::of(&mut found),
            kept: false,
            bias: &bias,
            residual: Some(Stored {
                places: &residual,
                words: false,
            }),
            low: -3.0,
            high: 4.0,
            pool: false,
            choice: None,
        };
        for tile in 0..tiles {
            let patch = Patch::new(window, OUT, tile);
            // Filters in two parts, as tasks take them.
            for channels in [0..S::LANES, S::LANES..k] {
                let from = &products[tile * k + channels.start..];
                let plane = tiles * k;
                let (s, term) = (case.s, Single(case.s));
                output_tile::<S, _, A, OUT, IN>(
                    s, term, window, from, plane, k, channels, patch, &output,
                );
            }
        }
        assert_close(
            &found,
            &expected,
            2e-4,
            &format!("{window:?}, tiles of {OUT}"),
        );
    }
}

/// Words hold exactly what values hold once they are rounded; so their products must be those of the rounded
/// values, summed up in `f64`.
#[cfg(target_arch = "x86_64")]
#[test]
fn products_of_words_are_those_of_rounded_values_at_every_position() {
    use crate::simd::{Avx512, Pairs};

    let (Some(s), Some(pairs)) = (Avx512::detect(), <Avx512 as Simd>::Pairs::detect()) else {
        return;
    };
    for window in windows() {
        for (c, k) in [(16, 16), (48, 80), (64, 32)] {
            let weights = values(9 * c * k, 1);
            let case = Case {
                s,
                window,
                c,
                k,
                weights,
            };
            words::<_, Two, 2, 4>(&case, pairs);
            words::<_, Four, 4, 6>(&case, pairs);
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn words<P, A, const OUT: usize, const IN: usize>(case: &Case<crate::simd::Avx512>, pairs: P)
where
    P: crate::simd::Pairs<crate::simd::Avx512>,
    A: Algebra<crate::simd::Avx512, OUT, IN>,
{
    use crate::kernel::term::Paired;
    use crate::simd::round;

    let (c, k, tiles, positions) = (case.c, case.k, case.tiles(OUT), IN * IN);
    let stored = pixels(IMAGES * case.window.input_pixels() * c, 2);
    let mut packed = vec![9.0; positions * c * k / 2];
    for words in [0..c / 4, c / 4..c / 2] {
        let to = Scattered::of(&mut packed);
        pairs.vectorize(|| {
            transform_weights_to_words::<_, _, A, OUT, IN>(
                case.s,
                pairs,
                &case.weights,
                c,
                k,
                words,
                to,
            );
        });
    }
    let mut exact = case.weights::<A, OUT, IN>();
    round(&mut exact);
    let (scale, shift) = (values(c, 3), values(c, 4));
    let (scale, shift) = (&scale[..], &shift[..]);
    for view in views(&stored, c, Affine { scale, shift }) {
        let image = case.image_for::<_, A, OUT, IN>(Paired(case.s, pairs), &view);
        let found = case.products_of(Paired(case.s, pairs), &image, &packed, tiles, positions);
        let mut image = case.image::<A, OUT, IN>(&view);
        round(&mut image);
        let layout = Panels::new::<crate::simd::Avx512>(k);
        let mut expected = vec![0.0; positions * tiles * k];
        for (row, to) in expected.chunks_exact_mut(k).enumerate() {
            for panel in 0..layout.count() {
                let first = layout.start(panel) * 16;
                let width = layout.width(panel) * 16;
                for (column, to) in to[first..first + width].iter_mut().enumerate() {
                    let panel = &exact[row / tiles * c * k + first * c..];
                    let products = (0..c).map(|channel| {
                        let weight = panel[channel * width + column];
                        f64::from(image[row * c + channel]) * f64::from(weight)
                    });
                    *to = products.sum();
                }
            }
        }
        let what = format!("{:?}, tiles of {OUT}, {c} channels", case.window);
        assert_close(&found, &expected, 1e-5, &what);
    }
}

/// The same tiles, and the same results, whether values lie in memory rounded or as words.
#[cfg(target_arch = "x86_64")]
#[test]
fn tiles_read_and_store_words_as_they_do_rounded_values() {
    use crate::simd::{Avx512, Pairs};

    let (Some(s), Some(pairs)) = (Avx512::detect(), <Avx512 as Simd>::Pairs::detect()) else {
        return;
    };
    for window in windows() {
        for (c, k) in [(16, 16), (48, 80)] {
            let weights = values(9 * c * k, 1);
            let case = Case {
                s,
                window,
                c,
                k,
                weights,
            };
            stored_as_words::<_, Two, 2, 4>(&case, pairs);
            stored_as_words::<_, Four, 4, 6>(&case, pairs);
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn stored_as_words<P, A, const OUT: usize, const IN: usize>(
    case: &Case<crate::simd::Avx512>,
    pairs: P,
) where
    P: crate::simd::Pairs<crate::simd::Avx512>,
    A: Algebra<crate::simd::Avx512, OUT, IN>,
{
    use super::widened;
    use crate::kernel::narrow::narrow;
    use crate::kernel::term::Paired;
    use crate::simd::round;

    let (s, term, c, k, window) = (case.s, Paired(case.s, pairs), case.c, case.k, &case.window);
    let in_words = |values: &[f32]| {
        let mut words = vec![9.0; values.len() / 2];
        narrow(s, pairs, values, &mut words);
        words
    };
    let mut stored = pixels(IMAGES * window.input_pixels() * c, 2);
    round(&mut stored);
    let words = in_words(&stored);
    let plain = |values, stride, words| View {
        values,
        stride,
        words,
        affine: None,
        activation: None,
    };
    let image = case.image_for::<_, A, OUT, IN>(term, &plain(&stored, c, false));
    let from_words = case.image_for::<_, A, OUT, IN>(term, &plain(&words, c / 2, true));
    assert!(widened(&image).eq(widened(&from_words)), "tiles of {OUT}");

    let (tiles, bias) = (case.tiles(OUT), values(k, 5));
    let products = values(IN * IN * tiles * k, 7);
    let mut residual = values(IMAGES * window.output_pixels() * k, 6);
    round(&mut residual);
    let residual_words = in_words(&residual);
    for pool in [false, true] {
        let pooled = if pool { 2 } else { 1 };
        let pixels: usize = window.output.iter().map(|len| len / pooled).product();
        let results = |kept: bool, residual| {
            let len = IMAGES * pixels * k;
            let mut found = vec![9.0; if kept { len / 2 } else { len }];
            let output = Output {
                to: Scattered::of(&mut found),
                kept,
                bias: &bias,
                residual: Some(residual).filter(|_| !pool),
                low: 0.0,
                high: f32::INFINITY,
                pool,
                choice: None,
            };
            for tile in 0..tiles {
                let (patch, from) = (Patch::new(window, OUT, tile), &products[tile * k..]);
                let plane = tiles * k;
                output_tile::<_, _, A, OUT, IN>(
                    s,
                    term,
                    window,
                    from,
                    plane,
                    k,
                    0..k,
                    patch,
                    &output,
                );
            }
            found
        };
        let stored = |places, words| Stored { places, words };
        let mut expected = results(false, stored(&residual, false));
        round(&mut expected);
        let kept = results(true, stored(&residual_words, true));
        let expected = expected.into_iter().map(f64::from);
        assert!(
            widened(&kept).eq(expected),
            "tiles of {OUT}, pooled: {pool}"
        );
    }
}

#[test]
fn pooled_results_and_their_choices_are_those_of_plain_loops() {
    fn check<S: Simd>(s: S) {
        for mut window in windows() {
            window.output = window.output.map(|len| len / 2 * 2);
            if window.output_pixels() == 0 {
                continue;
            }
            let c = S::LANES;
            let weights = values(9 * c * c, 1);
            let case = Case {
                s,
                window,
                c,
                k: c,
                weights,
            };
            pooled::<S, Two, 2, 4>(&case);
            pooled::<S, Four, 4, 6>(&case);
        }
    }
    on_every_instruction_set!(check);
}

fn pooled<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(case: &Case<S>) {
    let (c, k, window) = (case.c, case.k, &case.window);
    let (inside, outside) = (window.input_pixels(), window.output_pixels());
    let stored = pixels(IMAGES * inside * c, 2);
    let view = views(&stored, c, Affine::NONE)[0];
    let mut full = vec![0.0; IMAGES * outside * k];
    for number in 0..IMAGES {
        case.each_product(|output, input, weight| {
            full[number * outside * k + output] +=
                f64::from(stored[number * inside * c + input]) * f64::from(case.weights[weight]);
        });
    }
    let [height, width] = window.output;
    let len = IMAGES * outside / 4 * k;
    let (mut found, mut choice) = (vec![9.0; len], vec![9.0; len]);
    let output = Output {
        to: Scattered::of(&mut found),
        kept: false,
        bias: &vec![0.0; k],
        residual: None,
        low: f32::NEG_INFINITY,
        high: f32::INFINITY,
        pool: true,
        choice: Some(Scattered::of(&mut choice)),
    };
    let tiles = case.tiles(OUT);
    let image = case.image::<A, OUT, IN>(&view);
    let products = case.products(&image, &case.weights::<A, OUT, IN>(), tiles, IN * IN);
    for tile in 0..tiles {
        let patch = Patch::new(window, OUT, tile);
        let from = &products[tile * k..];
        let (s, term, plane) = (case.s, Single(case.s), tiles * k);
        output_tile::<S, _, A, OUT, IN>(s, term, window, from, plane, k, 0..k, patch, &output);
    }
    for (at, (found, choice)) in found.iter().zip(&choice).enumerate() {
        let (pixel, filter) = (at / k, at % k);
        let (image, rest) = (pixel / (outside / 4), pixel % (outside / 4));
        let [row, column] = [rest / (width / 2) * 2, rest % (width / 2) * 2];
        let corner = |corner: usize| {
            let row = image * height + row + corner / 2;
            full[(row * width + column + corner % 2) * k + filter]
        };
        let largest = (0..4).map(corner).fold(f64::NEG_INFINITY, f64::max);
        assert_close(
            &[*found],
            &[largest],
            2e-4,
            &format!("{window:?}, tiles of {OUT}"),
        );
        // Of two that are as good as equal either may be chosen.
        let chosen = corner(*choice as usize);
        assert!(
            (chosen - largest).abs() < 1e-3,
            "{chosen} was chosen, not {largest}"
        );
    }
}

#[test]
fn gradients_are_those_of_plain_loops() {
    fn check<S: Simd>(s: S) {
        for window in windows() {
            let (c, k) = (2 * S::LANES, S::LANES);
            let weights = values(9 * c * k, 1);
            let case = Case {
                s,
                window,
                c,
                k,
                weights,
            };
            backward::<S, Two, 2, 4>(&case);
            backward::<S, Four, 4, 6>(&case);
        }
    }
    on_every_instruction_set!(check);
}

fn backward<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(case: &Case<S>) {
    let (s, c, k, window) = (case.s, case.c, case.k, &case.window);
    let (inside, outside) = (window.input_pixels(), window.output_pixels());
    let stored = pixels(IMAGES * inside * c, 2);
    let view = views(&stored, c, Affine::NONE)[0];
    let g = values(IMAGES * outside * k, 3);
    let (mut weights, mut images) = (vec![0.0; 9 * c * k], vec![0.0; IMAGES * inside * c]);
    for number in 0..IMAGES {
        case.each_product(|output, input, weight| {
            let g = f64::from(g[number * outside * k + output]);
            let at = number * inside * c + input;
            weights[weight] += g * f64::from(stored[at]);
            images[at] += g * f64::from(case.weights[weight]);
        });
    }
    let what = format!("{window:?}, tiles of {OUT}");
    let tiles = case.tiles(OUT);
    let gradient = ResultGradient {
        g: &g,
        z: &[],
        linear: None,
        choice: None,
    };
    let mut d = vec![9.0; IN * IN * tiles * k];
    for tile in 0..tiles {
        let patch = Patch::new(window, OUT, tile);
        let to = Scattered::of(&mut d[tile * k..]);
        gradient_tile::<S, A, OUT, IN>(s, window, &gradient, k, patch, to, tiles * k);
    }
    // `V^T D`, transformed back.
    let image = case.image::<A, OUT, IN>(&view);
    let mut sums = vec![9.0; IN * IN * c * k];
    let layout = Panels::new::<S>(k);
    for position in 0..IN * IN {
        let rows = |values, stride| Rows { values, stride };
        let v = rows(&image[position * tiles * c..], c);
        let d = rows(&d[position * tiles * k..], k);
        let out = RowsMut::new(Scattered::of(&mut sums[position * c * k..]), k);
        add_products(s, tiles, c, v, d, layout, 0..layout.count(), out, true);
    }
    let mut found = vec![9.0; 9 * c * k];
    let to = Scattered::of(&mut found);
    weight_gradient::<S, A, OUT, IN>(s, &sums, c, k, 0..c, to);
    assert_close(&found, &weights, 5e-4, &what);
    // `D U^T`, transformed back: the product with transposed weights.
    let mut transposed = vec![0.0; 9 * c * k];
    for (at, weight) in case.weights.iter().enumerate() {
        let (tap, channel, filter) = (at / (c * k), at / k % c, at % k);
        transposed[(tap * k + filter) * c + channel] = *weight;
    }
    let back = Case {
        s,
        window: *window,
        c: k,
        k: c,
        weights: transposed,
    };
    let products = back.products(&d, &back.weights::<A, OUT, IN>(), tiles, IN * IN);
    let mut found = vec![0.0; IMAGES * inside * c];
    for tile in 0..tiles {
        let patch = Patch::new(window, OUT, tile);
        let to = &mut found[patch.image * inside * c..][..inside * c];
        let from = &products[tile * c..];
        input_gradient_tile::<S, A, OUT, IN>(s, window, from, tiles * c, c, patch, to);
    }
    assert_close(&found, &images, 5e-4, &what);
}
