//! Arrays of eight values that the compiler vectorises as far as the target allows.

use super::Simd;

/// What every processor has; see [`Simd`].
#[derive(Clone, Copy)]
pub(crate) struct Portable(());

const LANES: usize = 8;

type Lanes = [f32; LANES];

#[inline(always)]
fn each(a: Lanes, b: Lanes, operation: impl Fn(f32, f32) -> f32) -> Lanes {
    std::array::from_fn(|lane| operation(a[lane], b[lane]))
}

impl Simd for Portable {
    type V = Lanes;
    const LANES: usize = LANES;
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
    fn splat(self, value: f32) -> Lanes {
        [value; LANES]
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Lanes {
        // SAFETY: the caller's promise.
        unsafe { from.cast::<Lanes>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: Lanes) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<Lanes>().write_unaligned(value) }
    }
    #[inline(always)]
    fn add(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn fma(self, a: Lanes, b: Lanes, c: Lanes) -> Lanes {
        std::array::from_fn(|lane| a[lane] * b[lane] + c[lane])
    }
    #[inline(always)]
    fn max(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn sqrt(self, a: Lanes) -> Lanes {
        a.map(f32::sqrt)
    }
    #[inline(always)]
    fn select_gt(self, a: Lanes, b: Lanes, yes: Lanes, no: Lanes) -> Lanes {
        std::array::from_fn(|lane| {
            if a[lane] > b[lane] {
                yes[lane]
            } else {
                no[lane]
            }
        })
    }
    #[inline(always)]
    fn select_eq(self, a: Lanes, b: Lanes, yes: Lanes, no: Lanes) -> Lanes {
        std::array::from_fn(|lane| {
            if a[lane] == b[lane] {
                yes[lane]
            } else {
                no[lane]
            }
        })
    }
    #[inline(always)]
    fn exponent_of_low_bits(self, a: Lanes) -> Lanes {
        a.map(|a| f32::from_bits(a.to_bits() << 23))
    }
    #[inline(always)]
    fn prefetch(self, _at: *const f32) {}
    #[inline(always)]
    fn prefetch_write(self, _at: *mut f32) {}
}
