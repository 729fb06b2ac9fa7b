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
mod portable;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) use neon::Neon;
pub(crate) use portable::Portable;

/// An instruction set.
///
/// # Safety
/// Every method but [`vectorize`](Simd::vectorize) may only run inside of it, on a processor that
/// has the instruction set. Pointers must be valid for [`LANES`](Simd::LANES) values.
pub(crate) trait Simd: Copy + Send + Sync + 'static {
    /// A register of [`LANES`](Simd::LANES) values.
    type V: Copy;
    /// Values per register.
    const LANES: usize;
    /// Registers that a kernel may fill: 32 or 16.
    const REGISTERS: usize;

    /// Runs `work` with the instruction set switched on.
    unsafe fn vectorize<R>(work: impl FnOnce() -> R) -> R;

    /// `value` in every lane.
    unsafe fn splat(value: f32) -> Self::V;
    /// Reads from `from`, aligned or not.
    unsafe fn load(from: *const f32) -> Self::V;
    /// Writes to `to`, aligned or not.
    unsafe fn store(to: *mut f32, value: Self::V);
    /// `a + b`
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    /// `a - b`
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    /// `a * b`
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    /// `a / b`
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`, rounded once where the processor can.
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger of each pair; `b` where either is NaN.
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    /// The smaller of each pair; `b` where either is NaN.
    unsafe fn min(a: Self::V, b: Self::V) -> Self::V;
    /// The square root.
    unsafe fn sqrt(a: Self::V) -> Self::V;
    /// `yes` where `a > b`, else `no`.
    unsafe fn select_gt(a: Self::V, b: Self::V, yes: Self::V, no: Self::V) -> Self::V;
    /// `yes` where `a == b`, else `no`.
    unsafe fn select_eq(a: Self::V, b: Self::V, yes: Self::V, no: Self::V) -> Self::V;
    /// The lowest nine bits of each lane as sign and exponent, with a fraction of zero.
    unsafe fn exponent_of_low_bits(a: Self::V) -> Self::V;
    /// Writes the 8 x 8 values whose rows lie `from_stride` apart as columns.
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
        for row in 0..8 {
            for column in 0..8 {
                to.add(column * to_stride + row)
                    .write(from.add(row * from_stride + column).read());
            }
        }
    }
    /// Brings the cache line at `at` nearer; any address will do.
    unsafe fn prefetch(at: *const f32);
    /// The same for a cache line that will be written; any address will do.
    unsafe fn prefetch_write(at: *mut f32);
}

/// `N` registers by number.
///
/// `std::array::from_fn` would do, but is not always inlined: a closure that stays a function
/// runs without the instruction set, and hands every register over through memory.
///
/// # Safety
/// Inside of [`Simd::vectorize`].
#[inline(always)]
pub(crate) unsafe fn registers<S: Simd, const N: usize>(
    value: impl Fn(usize) -> S::V,
) -> [S::V; N] {
    let mut all = [S::splat(0.0); N];
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
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => is_x86_feature_detected!("avx512f") && Self::Avx2.is_present(),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
            #[cfg(not(target_arch = "aarch64"))]
            Self::Neon => false,
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
