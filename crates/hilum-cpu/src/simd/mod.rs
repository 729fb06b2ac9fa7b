//! Vectors of `f32` in the widest registers that the processor has.
//!
//! Kernels are written once, generic over [`Simd`], and compiled once per instruction set. All of
//! them are `#[inline(always)]`, so that they become part of the function in which
//! [`Simd::vectorize`] switches the instruction set on.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod pairs;
mod portable;
mod tiles;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) use neon::Neon;
#[cfg(test)]
pub(crate) use pairs::word;
pub(crate) use pairs::{Pairs, round};
pub(crate) use portable::Portable;
pub(crate) use tiles::{SIDE, Tiles};

/// An instruction set: a value of this type is proof that the processor has it.
///
/// The only way to a value is [`detect`](Simd::detect), so that arithmetic is safe. Outside of
/// [`vectorize`](Simd::vectorize) it works too, but slowly: operations stay functions.
pub(crate) trait Simd: Copy + Send + Sync + 'static {
    /// A register of [`LANES`](Simd::LANES) values.
    type V: Copy;
    /// Values per register.
    const LANES: usize;
    /// Registers that a kernel may fill: 32 or 16.
    const REGISTERS: usize;
    /// Products of pairs of `bf16`, which the processor may have too.
    type Pairs: Pairs<Self>;

    /// The proof, if the processor has the instruction set.
    fn detect() -> Option<Self>;

    /// Runs `work` with the instruction set switched on.
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R;

    /// `value` in every lane.
    fn splat(self, value: f32) -> Self::V;
    /// Reads from `from`, aligned or not.
    ///
    /// # Safety
    /// `from` is valid for reads of [`LANES`](Simd::LANES) values.
    unsafe fn load(self, from: *const f32) -> Self::V;
    /// Writes to `to`, aligned or not.
    ///
    /// # Safety
    /// `to` is valid for writes of [`LANES`](Simd::LANES) values.
    unsafe fn store(self, to: *mut f32, value: Self::V);
    /// `a + b`
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a - b`
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a * b`
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a / b`
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`, rounded once where the processor can.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger of each pair; `b` where either is NaN.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller of each pair; `b` where either is NaN.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// The square root.
    fn sqrt(self, a: Self::V) -> Self::V;
    /// `yes` where `a > b`, else `no`.
    fn select_gt(self, a: Self::V, b: Self::V, yes: Self::V, no: Self::V) -> Self::V;
    /// `yes` where `a == b`, else `no`.
    fn select_eq(self, a: Self::V, b: Self::V, yes: Self::V, no: Self::V) -> Self::V;
    /// The lowest nine bits of each lane as sign and exponent, with a fraction of zero.
    fn exponent_of_low_bits(self, a: Self::V) -> Self::V;
    /// Writes the 8 x 8 values whose rows lie `from_stride` apart as columns.
    ///
    /// # Safety
    /// `from` is valid for reads of eight rows of eight values `from_stride` apart, `to` for
    /// writes of as many `to_stride` apart.
    #[inline(always)]
    unsafe fn transpose(
        self,
        from: *const f32,
        from_stride: usize,
        to: *mut f32,
        to_stride: usize,
    ) {
        for row in 0..8 {
            for column in 0..8 {
                // SAFETY: the caller's promise.
                unsafe {
                    to.add(column * to_stride + row)
                        .write(from.add(row * from_stride + column).read());
                }
            }
        }
    }
    /// Brings the cache line at `at` nearer; any address will do.
    fn prefetch(self, at: *const f32);
    /// The same for a cache line that will be written; any address will do.
    fn prefetch_write(self, at: *mut f32);

    /// Reads the register at `at..at + LANES` of `from`.
    ///
    /// # Panics
    /// If it does not lie within.
    #[inline(always)]
    fn read(self, from: &[f32], at: usize) -> Self::V {
        if at > from.len() || from.len() - at < Self::LANES {
            outside();
        }
        // SAFETY: just checked.
        unsafe { self.load(from.as_ptr().add(at)) }
    }
    /// Writes the register at `at..at + LANES` of `to`.
    ///
    /// # Panics
    /// If it does not lie within.
    #[inline(always)]
    fn write(self, to: &mut [f32], at: usize, value: Self::V) {
        if at > to.len() || to.len() - at < Self::LANES {
            outside();
        }
        // SAFETY: just checked.
        unsafe { self.store(to.as_mut_ptr().add(at), value) }
    }
    /// [`read`](Self::read) for loops whose bounds were checked before.
    ///
    /// # Safety
    /// `at + LANES <= from.len()`
    #[inline(always)]
    unsafe fn read_unchecked(self, from: &[f32], at: usize) -> Self::V {
        debug_assert!(
            at + Self::LANES <= from.len(),
            "register {at} of {}",
            from.len()
        );
        // SAFETY: the caller's promise.
        unsafe { self.load(from.as_ptr().add(at)) }
    }
    /// [`write`](Self::write) for loops whose bounds were checked before.
    ///
    /// # Safety
    /// `at + LANES <= to.len()`
    #[inline(always)]
    unsafe fn write_unchecked(self, to: &mut [f32], at: usize, value: Self::V) {
        debug_assert!(
            at + Self::LANES <= to.len(),
            "register {at} of {}",
            to.len()
        );
        // SAFETY: the caller's promise.
        unsafe { self.store(to.as_mut_ptr().add(at), value) }
    }
}

/// A function of its own without arguments, so that nothing is prepared for it in loops.
#[cold]
#[inline(never)]
fn outside() -> ! {
    panic!("a register outside of its memory")
}

/// `N` registers by number.
///
/// `std::array::from_fn` would do, but is not always inlined: a closure that stays a function
/// runs without the instruction set, and hands every register over through memory.
#[inline(always)]
pub(crate) fn registers<S: Simd, const N: usize>(s: S, value: impl Fn(usize) -> S::V) -> [S::V; N] {
    let mut all = [s.splat(0.0); N];
    for (number, register) in all.iter_mut().enumerate() {
        *register = value(number);
    }
    all
}

/// Which instruction set an engine uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstructionSet {
    /// What every processor can do.
    Portable,
    /// 256-bit registers and fused multiply-add, x86-64.
    Avx2,
    /// 512-bit registers, x86-64.
    Avx512,
    /// 128-bit registers, aarch64.
    Neon,
}

/// An instruction set that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InstructionSetError {
    /// A name that is none.
    #[error("unknown instruction set `{name}`\nhint: write `portable`, `avx2`, `avx512` or `neon`")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// This processor does not have it.
    #[error("this processor cannot run `{set}`\nhint: leave HILUM_SIMD away, or write `portable`")]
    Absent {
        /// What was asked for.
        set: InstructionSet,
    },
}

impl InstructionSet {
    const ALL: [Self; 4] = [Self::Portable, Self::Avx2, Self::Avx512, Self::Neon];

    /// The widest that this processor has.
    pub fn widest() -> Self {
        [Self::Avx512, Self::Avx2, Self::Neon]
            .into_iter()
            .find(|set| set.is_present())
            .unwrap_or(Self::Portable)
    }

    /// The one that the environment variable `HILUM_SIMD` names, else the widest.
    pub fn from_environment() -> Result<Self, InstructionSetError> {
        match std::env::var("HILUM_SIMD") {
            Ok(name) if !name.is_empty() => name.parse(),
            _ => Ok(Self::widest()),
        }
    }

    /// Every one that this processor has.
    pub fn all_present() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|set| set.is_present())
    }

    /// Whether this processor has it.
    pub fn is_present(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Avx2::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Avx512::detect().is_some(),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => Neon::detect().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
            #[cfg(not(target_arch = "aarch64"))]
            Self::Neon => false,
        }
    }

    /// Whether the processor has instructions for products of pairs of `bf16`, which are faster
    /// than those of `f32`.
    pub fn multiplies_bf16(self) -> bool {
        fn is_faster<S: Simd>() -> bool {
            S::Pairs::detect().is_some_and(Pairs::is_faster)
        }
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => is_faster::<Avx512>(),
            _ => is_faster::<Portable>(),
        }
    }

    /// The name that `HILUM_SIMD` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for InstructionSet {
    type Err = InstructionSetError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let set = Self::ALL.into_iter().find(|set| set.name() == name);
        let set = set.ok_or_else(|| InstructionSetError::Unknown {
            name: name.to_owned(),
        })?;
        if set.is_present() {
            Ok(set)
        } else {
            Err(InstructionSetError::Absent { set })
        }
    }
}
