//! NEON: pairs of 4 lanes, 32 registers, so 16 pairs.

use std::arch::aarch64::{
    float32x4_t, vaddq_f32, vbslq_f32, vceqq_f32, vcgtq_f32, vdivq_f32, vdupq_n_f32, vfmaq_f32,
    vld1q_f32, vmulq_f32, vreinterpretq_f32_s32, vreinterpretq_s32_f32, vshlq_n_s32, vsqrtq_f32,
    vst1q_f32, vsubq_f32,
};

use super::Simd;

/// Every aarch64 processor has NEON; see [`Simd`].
#[derive(Clone, Copy)]
pub(crate) struct Neon(());

#[derive(Clone, Copy)]
pub(crate) struct Pair(float32x4_t, float32x4_t);

impl Simd for Neon {
    type V = Pair;
    const LANES: usize = 8;
    const REGISTERS: usize = 16;
    type Pairs = super::pairs::NoPairs;

    fn detect() -> Option<Self> {
        Some(Self(()))
    }

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        work()
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Pair {
        // SAFETY: `self` is proof of the instructions.
        unsafe { Pair(vdupq_n_f32(value), vdupq_n_f32(value)) }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Pair {
        // SAFETY: the caller's promise.
        unsafe { Pair(vld1q_f32(from), vld1q_f32(from.add(4))) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: Pair) {
        // SAFETY: the caller's promise.
        unsafe {
            vst1q_f32(to, value.0);
            vst1q_f32(to.add(4), value.1);
        }
    }
    #[inline(always)]
    fn add(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: `self` is proof of the instructions.
        unsafe { Pair(vaddq_f32(a.0, b.0), vaddq_f32(a.1, b.1)) }
    }
    #[inline(always)]
    fn sub(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: `self` is proof of the instructions.
        unsafe { Pair(vsubq_f32(a.0, b.0), vsubq_f32(a.1, b.1)) }
    }
    #[inline(always)]
    fn mul(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: `self` is proof of the instructions.
        unsafe { Pair(vmulq_f32(a.0, b.0), vmulq_f32(a.1, b.1)) }
    }
    #[inline(always)]
    fn div(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: `self` is proof of the instructions.
        unsafe { Pair(vdivq_f32(a.0, b.0), vdivq_f32(a.1, b.1)) }
    }
    #[inline(always)]
    fn fma(self, a: Pair, b: Pair, c: Pair) -> Pair {
        // SAFETY: `self` is proof of the instructions.
        unsafe { Pair(vfmaq_f32(c.0, a.0, b.0), vfmaq_f32(c.1, a.1, b.1)) }
    }
    #[inline(always)]
    fn max(self, a: Pair, b: Pair) -> Pair {
        // Not `vmaxq_f32`, which gives NaN where either is NaN.
        self.select_gt(a, b, a, b)
    }
    #[inline(always)]
    fn min(self, a: Pair, b: Pair) -> Pair {
        self.select_gt(b, a, a, b)
    }
    #[inline(always)]
    fn sqrt(self, a: Pair) -> Pair {
        // SAFETY: `self` is proof of the instructions.
        unsafe { Pair(vsqrtq_f32(a.0), vsqrtq_f32(a.1)) }
    }
    #[inline(always)]
    fn select_gt(self, a: Pair, b: Pair, yes: Pair, no: Pair) -> Pair {
        // SAFETY: `self` is proof of the instructions.
        unsafe {
            Pair(
                vbslq_f32(vcgtq_f32(a.0, b.0), yes.0, no.0),
                vbslq_f32(vcgtq_f32(a.1, b.1), yes.1, no.1),
            )
        }
    }
    #[inline(always)]
    fn select_eq(self, a: Pair, b: Pair, yes: Pair, no: Pair) -> Pair {
        // SAFETY: `self` is proof of the instructions.
        unsafe {
            Pair(
                vbslq_f32(vceqq_f32(a.0, b.0), yes.0, no.0),
                vbslq_f32(vceqq_f32(a.1, b.1), yes.1, no.1),
            )
        }
    }
    #[inline(always)]
    fn exponent_of_low_bits(self, a: Pair) -> Pair {
        // SAFETY: `self` is proof of the instructions.
        unsafe {
            let shift =
                |half| vreinterpretq_f32_s32(vshlq_n_s32::<23>(vreinterpretq_s32_f32(half)));
            Pair(shift(a.0), shift(a.1))
        }
    }
    #[inline(always)]
    fn prefetch(self, _at: *const f32) {}
    #[inline(always)]
    fn prefetch_write(self, _at: *mut f32) {}
}
