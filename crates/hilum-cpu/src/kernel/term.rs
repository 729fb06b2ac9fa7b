//! What a step of a product adds, and in which form factors are read and results kept.

use hilum_graph::Activation;

use super::activation;
use crate::simd::{Pairs, Simd, Tiles};

/// What a step of the inner loop adds, in which form it reads factors, and in which results are kept.
pub(crate) trait Term<S: Simd>: Copy + Send + Sync {
    /// Factors in the place of an `f32`.
    const VALUES: usize;
    /// Results in the place of an `f32`.
    const KEPT: usize;
    /// Runs `work` with the instructions that it takes.
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R;
    /// `sum` and the product, or products, of `a` and `b`.
    fn add(self, a: S::V, b: S::V, sum: S::V) -> S::V;
    /// The activation of `x`, as exact as results are kept.
    fn activate(self, activation: Activation, x: S::V) -> S::V;
    /// Stores a register of results.
    ///
    /// # Safety
    /// `to` may be written for `LANES / KEPT` places.
    unsafe fn keep(self, results: S::V, to: *mut f32);
    /// Stores two registers of results, those of `first` in front.
    ///
    /// # Safety
    /// `to` may be written for `2 * LANES / KEPT` places.
    unsafe fn keep_two(self, first: S::V, second: S::V, to: *mut f32);
    /// Loads a register of values from `LANES / VALUES` places.
    ///
    /// # Safety
    /// `from` may be read for as many.
    unsafe fn take(self, from: *const f32) -> S::V;
    /// What multiplies whole tiles of factors, if the processor has it.
    fn tiles(self) -> Option<Tiles> {
        None
    }
    /// Whether factors and results are words, which [`half`](Self::half) takes apart.
    const SPLITS: bool = false;
    /// Of a register of words, every word's first value, or with `SECOND` the other.
    ///
    /// # Safety
    /// `from` may be read for `LANES` words.
    unsafe fn half<const SECOND: bool>(self, from: *const f32) -> S::V {
        let _ = from;
        unreachable!("words only")
    }
    /// Stores a register of words of first results and others.
    ///
    /// # Safety
    /// `to` may be written for `LANES` words.
    unsafe fn keep_halves(self, first: S::V, second: S::V, to: *mut f32) {
        let _ = (first, second, to);
        unreachable!("words only")
    }
}

/// Values as they lie in memory: one in a place, or words.
#[derive(Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) places: &'a [f32],
    /// Whether they are words, [`Term::VALUES`] in a place.
    pub(crate) words: bool,
}

impl Stored<'_> {
    /// Values in a place.
    #[inline(always)]
    fn density<S: Simd, T: Term<S>>(self) -> usize {
        if self.words { T::VALUES } else { 1 }
    }

    /// How many values there are.
    #[inline(always)]
    pub(crate) fn len<S: Simd, T: Term<S>>(self) -> usize {
        self.places.len() * self.density::<S, T>()
    }

    /// `len` values from `start` on.
    #[inline(always)]
    pub(crate) fn part<S: Simd, T: Term<S>>(self, start: usize, len: usize) -> Self {
        let density = self.density::<S, T>();
        Self {
            places: &self.places[start / density..][..len / density],
            words: self.words,
        }
    }

    /// The register of values at `at`.
    ///
    /// # Safety
    /// `at + LANES` is at most the number of values.
    #[inline(always)]
    pub(crate) unsafe fn register<S: Simd, T: Term<S>>(self, s: S, term: T, at: usize) -> S::V {
        // SAFETY: the caller's promise.
        unsafe {
            if self.words {
                term.take(self.places.as_ptr().add(at / T::VALUES))
            } else {
                s.read_unchecked(self.places, at)
            }
        }
    }
}

/// A product of values.
#[derive(Clone, Copy)]
pub(crate) struct Single<S>(pub(crate) S);

/// A product of values whose results are kept as words.
#[derive(Clone, Copy)]
pub(crate) struct Narrowed<S, P>(pub(crate) S, pub(crate) P);

/// The two products of words, kept as words.
#[derive(Clone, Copy)]
pub(crate) struct Paired<S, P>(pub(crate) S, pub(crate) P);

impl<S: Simd> Term<S> for Single<S> {
    const VALUES: usize = 1;
    const KEPT: usize = 1;

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        self.0.vectorize(work)
    }
    #[inline(always)]
    fn add(self, a: S::V, b: S::V, sum: S::V) -> S::V {
        self.0.fma(a, b, sum)
    }
    #[inline(always)]
    fn activate(self, activation: Activation, x: S::V) -> S::V {
        activation::value(self.0, activation, x)
    }
    #[inline(always)]
    unsafe fn keep(self, results: S::V, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { self.0.store(to, results) };
    }
    #[inline(always)]
    unsafe fn keep_two(self, first: S::V, second: S::V, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe {
            self.0.store(to, first);
            self.0.store(to.add(S::LANES), second);
        }
    }
    #[inline(always)]
    unsafe fn take(self, from: *const f32) -> S::V {
        // SAFETY: the caller's promise.
        unsafe { self.0.load(from) }
    }
}

impl<S: Simd, P: Pairs<S>> Term<S> for Narrowed<S, P> {
    const VALUES: usize = 1;
    const KEPT: usize = 2;

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        self.1.vectorize(work)
    }
    #[inline(always)]
    fn add(self, a: S::V, b: S::V, sum: S::V) -> S::V {
        self.0.fma(a, b, sum)
    }
    #[inline(always)]
    fn activate(self, activation: Activation, x: S::V) -> S::V {
        activation::rounded(self.0, self.1, activation, x)
    }
    #[inline(always)]
    unsafe fn keep(self, results: S::V, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { self.1.store(results, to) };
    }
    #[inline(always)]
    unsafe fn keep_two(self, first: S::V, second: S::V, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { self.0.store(to, self.1.narrow(first, second)) };
    }
    #[inline(always)]
    unsafe fn take(self, from: *const f32) -> S::V {
        // SAFETY: the caller's promise.
        unsafe { self.0.load(from) }
    }
}

impl<S: Simd, P: Pairs<S>> Term<S> for Paired<S, P> {
    const VALUES: usize = 2;
    const KEPT: usize = 2;

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        self.1.vectorize(work)
    }
    #[inline(always)]
    fn add(self, a: S::V, b: S::V, sum: S::V) -> S::V {
        self.1.dot(a, b, sum)
    }
    #[inline(always)]
    fn activate(self, activation: Activation, x: S::V) -> S::V {
        activation::rounded(self.0, self.1, activation, x)
    }
    #[inline(always)]
    unsafe fn keep(self, results: S::V, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { self.1.store(results, to) };
    }
    #[inline(always)]
    unsafe fn keep_two(self, first: S::V, second: S::V, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { self.0.store(to, self.1.narrow(first, second)) };
    }
    #[inline(always)]
    unsafe fn take(self, from: *const f32) -> S::V {
        // SAFETY: the caller's promise.
        unsafe { self.1.load(from) }
    }

    #[inline(always)]
    fn tiles(self) -> Option<Tiles> {
        self.1.tiles()
    }

    const SPLITS: bool = true;

    #[inline(always)]
    unsafe fn half<const SECOND: bool>(self, from: *const f32) -> S::V {
        // SAFETY: the caller's promise.
        self.1.half::<SECOND>(unsafe { self.0.load(from) })
    }
    #[inline(always)]
    unsafe fn keep_halves(self, first: S::V, second: S::V, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { self.0.store(to, self.1.join(first, second)) };
    }
}
