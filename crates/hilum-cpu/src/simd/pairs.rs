//! Pairs of `bf16` in the place of `f32`: twice as many products, in half of the memory.
//!
//! A `bf16` is the upper half of an `f32`: as wide a range, 8 bits of precision. A word, the place of an
//! `f32`, holds two of them, the first in its lower half. Registers of words are moved as registers of `f32`
//! are; only [`Pairs::dot`] and [`Pairs::narrow`] look inside.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256bh, __m256i, __m512, __m512bh, __m512i, _mm512_add_ps, _mm512_and_si512,
    _mm512_castps_si512, _mm512_castsi512_ps, _mm512_cvtepu16_epi32, _mm512_cvtne2ps_pbh,
    _mm512_cvtneps_pbh, _mm512_dpbf16_ps, _mm512_fmadd_ps, _mm512_loadu_si512, _mm512_mul_ps,
    _mm512_permutexvar_epi16, _mm512_rcp14_ps, _mm512_roundscale_ps, _mm512_scalef_ps,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_slli_epi32, _mm512_sub_ps,
};

#[cfg(target_arch = "x86_64")]
use super::{Avx2, Avx512};
use super::{Simd, Tiles};

/// Products of pairs: a value is proof that the processor has them.
pub(crate) trait Pairs<S: Simd>: Copy + Send + Sync + 'static {
    /// The proof, if the processor has the instructions.
    fn detect() -> Option<Self>;

    /// As [`Simd::vectorize`], with these instructions too.
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R;

    /// What multiplies whole tiles of words, if the processor has it.
    fn tiles(self) -> Option<Tiles>;

    /// Whether products of words take less time than those of values.
    fn is_faster(self) -> bool;

    /// `sum + a0 * b0 + a1 * b1` of the words `a` and `b`; the sum is an `f32`.
    fn dot(self, a: S::V, b: S::V, sum: S::V) -> S::V;

    /// The words of one register of values, each rounded to the nearest `bf16`, to half a register at `to`.
    ///
    /// # Safety
    /// `to` may be written for `LANES / 2` words.
    unsafe fn store(self, values: S::V, to: *mut f32);

    /// The values of half a register of words at `from`.
    ///
    /// # Safety
    /// `from` may be read for `LANES / 2` words.
    unsafe fn load(self, from: *const f32) -> S::V;

    /// Of every word, the first value, or with `SECOND` the other.
    fn half<const SECOND: bool>(self, words: S::V) -> S::V;

    /// The words of first values and others, each rounded to the nearest `bf16`.
    fn join(self, first: S::V, second: S::V) -> S::V;

    /// `1 / (1 + e^-x)` to 12 bits: enough for what is rounded to a `bf16`.
    fn sigmoid(self, x: S::V) -> S::V;

    /// The words of two registers of values, each rounded to the nearest `bf16`; pairs are
    /// neighbours, those of `first` come first.
    fn narrow(self, first: S::V, second: S::V) -> S::V;
}

/// The word of two values, each rounded to the nearest `bf16`, ties to even.
#[cfg(test)]
pub(crate) fn word(first: f32, second: f32) -> f32 {
    f32::from_bits(u32::from(bits(second)) << 16 | u32::from(bits(first)))
}

/// Rounds values to the nearest `bf16`, ties to even.
pub(crate) fn round(values: &mut [f32]) {
    for value in values {
        *value = f32::from_bits(u32::from(bits(*value)) << 16);
    }
}

fn bits(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        // A fraction that is not 0 in what is left of it.
        return (bits >> 16) as u16 | 0x40;
    }
    let odd = bits >> 16 & 1;
    (bits.wrapping_add(0x7fff + odd) >> 16) as u16
}

/// Where there are no such instructions; there is no value of it.
#[derive(Clone, Copy)]
pub(crate) enum NoPairs {}

impl<S: Simd> Pairs<S> for NoPairs {
    fn detect() -> Option<Self> {
        None
    }
    fn vectorize<R>(self, _work: impl FnOnce() -> R) -> R {
        match self {}
    }
    fn tiles(self) -> Option<Tiles> {
        match self {}
    }
    fn is_faster(self) -> bool {
        match self {}
    }
    fn dot(self, _a: S::V, _b: S::V, _sum: S::V) -> S::V {
        match self {}
    }
    unsafe fn store(self, _values: S::V, _to: *mut f32) {
        match self {}
    }
    unsafe fn load(self, _from: *const f32) -> S::V {
        match self {}
    }
    fn half<const SECOND: bool>(self, _words: S::V) -> S::V {
        match self {}
    }
    fn join(self, _first: S::V, _second: S::V) -> S::V {
        match self {}
    }
    fn sigmoid(self, _x: S::V) -> S::V {
        match self {}
    }
    fn narrow(self, _first: S::V, _second: S::V) -> S::V {
        match self {}
    }
}

/// Proof that the processor has AVX-512 BF16 and BW, and all of [`Avx512`].
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx512Pairs {
    tiles: Option<Tiles>,
}

#[cfg(target_arch = "x86_64")]
impl Pairs<Avx512> for Avx512Pairs {
    fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512bf16")
            && is_x86_feature_detected!("avx512bw")
            && Avx512::detect().is_some()
            && Avx2::detect().is_some();
        found.then(|| Self {
            tiles: Tiles::detect(),
        })
    }

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        /// # Safety
        /// The processor has the instructions.
        #[target_feature(enable = "avx512f,avx512bw,avx512bf16,avx2,fma")]
        fn enabled<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        // SAFETY: `self` is proof of the instructions.
        unsafe { enabled(work) }
    }

    #[inline(always)]
    fn tiles(self) -> Option<Tiles> {
        self.tiles
    }

    /// Intel's vectors do one product of words where they do two of values.
    fn is_faster(self) -> bool {
        self.tiles.is_some() || !is_of_intel()
    }

    #[inline(always)]
    fn dot(self, a: __m512, b: __m512, sum: __m512) -> __m512 {
        // SAFETY: `self` is proof of the instructions; all three are 64 bytes of any content.
        unsafe {
            let a = std::mem::transmute::<__m512, __m512bh>(a);
            let b = std::mem::transmute::<__m512, __m512bh>(b);
            _mm512_dpbf16_ps(sum, a, b)
        }
    }

    #[inline(always)]
    unsafe fn store(self, values: __m512, to: *mut f32) {
        // SAFETY: `self` is proof of the instructions; there is room for 32 bytes, as the caller promises.
        unsafe {
            let words = _mm512_cvtneps_pbh(values);
            to.cast::<__m256bh>().write_unaligned(words);
        }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m512 {
        // SAFETY: `self` is proof of the instructions; there are 32 bytes, as the caller promises.
        unsafe {
            let words = from.cast::<__m256i>().read_unaligned();
            _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(words)))
        }
    }

    #[inline(always)]
    fn half<const SECOND: bool>(self, words: __m512) -> __m512 {
        // SAFETY: `self` is proof of the instructions.
        unsafe {
            let words = _mm512_castps_si512(words);
            let half = if SECOND {
                _mm512_and_si512(words, _mm512_set1_epi32(0xffff_0000_u32 as i32))
            } else {
                _mm512_slli_epi32::<16>(words)
            };
            _mm512_castsi512_ps(half)
        }
    }

    #[inline(always)]
    fn join(self, first: __m512, second: __m512) -> __m512 {
        /// One of the first 16, one of the others, and so on.
        const IN_TURNS: [u16; 32] = {
            let mut order = [0; 32];
            let mut at = 0;
            while at < 32 {
                order[at] = (at / 2 + at % 2 * 16) as u16;
                at += 1;
            }
            order
        };
        // SAFETY: `self` is proof of the instructions; the order is 64 bytes.
        unsafe {
            let words = _mm512_cvtne2ps_pbh(second, first);
            let words = std::mem::transmute::<__m512bh, __m512i>(words);
            let order = _mm512_loadu_si512(IN_TURNS.as_ptr().cast());
            _mm512_castsi512_ps(_mm512_permutexvar_epi16(order, words))
        }
    }

    /// `2^f` on a half on both sides of 0 by the cubic whose largest relative error is least, 7.5e-5; the
    /// reciprocal's is 6e-5.
    #[inline(always)]
    fn sigmoid(self, x: __m512) -> __m512 {
        // SAFETY: `self` is proof of the instructions.
        unsafe {
            let power = _mm512_mul_ps(x, _mm512_set1_ps(-std::f32::consts::LOG2_E));
            let whole = _mm512_roundscale_ps::<0>(power);
            let f = _mm512_sub_ps(power, whole);
            let mut sum = _mm512_set1_ps(0.055_171_67);
            for coefficient in [0.242_611_12, 0.693_260_99, 0.999_928_07] {
                sum = _mm512_fmadd_ps(sum, f, _mm512_set1_ps(coefficient));
            }
            let exponential = _mm512_scalef_ps(sum, whole);
            _mm512_rcp14_ps(_mm512_add_ps(_mm512_set1_ps(1.0), exponential))
        }
    }

    #[inline(always)]
    fn narrow(self, first: __m512, second: __m512) -> __m512 {
        // SAFETY: `self` is proof of the instructions; both are 64 bytes of any content.
        unsafe {
            let words = _mm512_cvtne2ps_pbh(second, first);
            _mm512_castsi512_ps(std::mem::transmute::<__m512bh, __m512i>(words))
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn is_of_intel() -> bool {
    let name = std::arch::x86_64::__cpuid(0);
    [name.ebx, name.edx, name.ecx]
        .map(u32::to_le_bytes)
        .concat()
        == b"GenuineIntel"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves(word: f32) -> [f32; 2] {
        let bits = word.to_bits();
        [bits << 16, bits & 0xffff_0000].map(f32::from_bits)
    }

    #[test]
    fn values_are_rounded_to_the_nearest_that_has_eight_bits() {
        // Steps of bf16 between 1 and 2 are of 1/128.
        let step = 1.0 / 128.0;
        for (value, rounded) in [
            (0.0, 0.0),
            (-1.5, -1.5),
            (1.0 + 0.4 * step, 1.0),
            (1.0 + 0.6 * step, 1.0 + step),
            // Ties go to the even one.
            (1.0 + 0.5 * step, 1.0),
            (1.0 + 1.5 * step, 1.0 + 2.0 * step),
            (f32::INFINITY, f32::INFINITY),
            (f32::MAX, f32::INFINITY),
        ] {
            assert_eq!(halves(word(value, 3.0)), [rounded, 3.0]);
            assert_eq!(halves(word(-2.0, value)), [-2.0, rounded]);
        }
        let [first, second] = halves(word(f32::NAN, -f32::NAN));
        assert!(first.is_nan() && second.is_nan());
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn registers_are_narrowed_as_single_values_are() {
        let (Some(s), Some(pairs)) = (Avx512::detect(), Avx512Pairs::detect()) else {
            return;
        };
        let values: Vec<f32> = (0..32u32)
            .map(|index| (index as f32 - 15.3) * 1.37_f32.powi(index as i32))
            .collect();
        let (mut words, mut halves) = ([0.0; 16], [0.0; 16]);
        pairs.vectorize(|| {
            let narrow = pairs.narrow(s.read(&values, 0), s.read(&values, 16));
            s.write(&mut words, 0, narrow);
            for (half, from) in halves.chunks_exact_mut(8).zip([0, 16]) {
                // SAFETY: eight words.
                unsafe { pairs.store(s.read(&values, from), half.as_mut_ptr()) };
            }
        });
        assert_eq!(words.map(f32::to_bits), halves.map(f32::to_bits));
        let mut widened = [0.0; 32];
        pairs.vectorize(|| {
            for (at, from) in [(0, &words[..8]), (16, &words[8..])] {
                // SAFETY: eight words.
                let values = unsafe { pairs.load(from.as_ptr()) };
                s.write(&mut widened, at, values);
            }
        });
        let mut rounded = values.clone();
        round(&mut rounded);
        assert_eq!(widened[..], rounded[..]);
        for (found, pair) in words.iter().zip(values.chunks_exact(2)) {
            assert_eq!(found.to_bits(), word(pair[0], pair[1]).to_bits());
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn halves_of_words_are_their_values_and_joined_are_the_words() {
        let (Some(s), Some(pairs)) = (Avx512::detect(), Avx512Pairs::detect()) else {
            return;
        };
        let words: Vec<f32> = (0..16u32)
            .map(|index| word(index as f32 - 7.7, 1.37_f32.powi(index as i32)))
            .collect();
        let (mut first, mut second, mut joined) = ([0.0; 16], [0.0; 16], [0.0; 16]);
        pairs.vectorize(|| {
            let all = s.read(&words, 0);
            let halves_of = [pairs.half::<false>(all), pairs.half::<true>(all)];
            s.write(&mut first, 0, halves_of[0]);
            s.write(&mut second, 0, halves_of[1]);
            s.write(&mut joined, 0, pairs.join(halves_of[0], halves_of[1]));
        });
        for (index, word) in words.iter().enumerate() {
            assert_eq!([first[index], second[index]], halves(*word));
            assert_eq!(joined[index].to_bits(), word.to_bits());
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn sigmoids_are_right_to_twelve_bits() {
        let (Some(s), Some(pairs)) = (Avx512::detect(), Avx512Pairs::detect()) else {
            return;
        };
        for step in -4000..4000 {
            let x = step as f32 / 100.0 + 0.003;
            let mut found = [0.0; 16];
            pairs.vectorize(|| s.write(&mut found, 0, pairs.sigmoid(s.splat(x))));
            let expected = 1.0 / (1.0 + (-f64::from(x)).exp());
            let off = (f64::from(found[0]) / expected - 1.0).abs();
            assert!(off < 1.0 / 4096.0, "{x}: {}, not {expected}", found[0]);
        }
        let mut found = [0.0; 16];
        for (x, expected) in [(1e4, 1.0), (-1e4, 0.0), (f32::INFINITY, 1.0)] {
            pairs.vectorize(|| s.write(&mut found, 0, pairs.sigmoid(s.splat(x))));
            assert!((found[0] - expected).abs() < 1e-4, "{x}: {}", found[0]);
        }
        pairs.vectorize(|| s.write(&mut found, 0, pairs.sigmoid(s.splat(f32::NAN))));
        assert!(found[0].is_nan());
    }
}
