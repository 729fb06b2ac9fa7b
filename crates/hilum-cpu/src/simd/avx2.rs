//! AVX2 with fused multiply-add: 8 lanes, 16 registers.

use std::arch::x86_64::{
    __m256, _CMP_EQ_OQ, _CMP_GT_OQ, _MM_HINT_ET0, _MM_HINT_T1, _mm_prefetch, _mm256_add_ps,
    _mm256_blendv_ps, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_div_ps,
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps,
    _mm256_permute2f128_ps, _mm256_set1_ps, _mm256_shuffle_ps, _mm256_slli_epi32, _mm256_sqrt_ps,
    _mm256_storeu_ps, _mm256_sub_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

use super::Simd;

/// Proof that the processor has AVX2 and FMA; see [`Simd`].
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Simd for Avx2 {
    type V = __m256;
    const LANES: usize = 8;
    const REGISTERS: usize = 16;
    type Pairs = super::pairs::NoPairs;

    fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        found.then_some(Self(()))
    }

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        /// # Safety
        /// The processor has the instructions.
        #[target_feature(enable = "avx2,fma")]
        fn enabled<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        // SAFETY: `self` is proof of the instructions.
        unsafe { enabled(work) }
    }

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_set1_ps(value) }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m256 {
        // SAFETY: the caller's promise; `self` is proof of the instructions.
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: __m256) {
        // SAFETY: the caller's promise; `self` is proof of the instructions.
        unsafe { _mm256_storeu_ps(to, value) }
    }
    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    fn fma(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    fn min(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_min_ps(a, b) }
    }
    #[inline(always)]
    fn sqrt(self, a: __m256) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_sqrt_ps(a) }
    }
    #[inline(always)]
    fn select_gt(self, a: __m256, b: __m256, yes: __m256, no: __m256) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_GT_OQ>(a, b)) }
    }
    #[inline(always)]
    fn select_eq(self, a: __m256, b: __m256, yes: __m256, no: __m256) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_EQ_OQ>(a, b)) }
    }
    #[inline(always)]
    fn exponent_of_low_bits(self, a: __m256) -> __m256 {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_castps_si256(a))) }
    }
    #[inline(always)]
    unsafe fn transpose(
        self,
        from: *const f32,
        from_stride: usize,
        to: *mut f32,
        to_stride: usize,
    ) {
        // SAFETY: the caller's promise; `self` is proof of the instructions.
        unsafe { transpose(from, from_stride, to, to_stride) }
    }
    #[inline(always)]
    fn prefetch(self, at: *const f32) {
        // SAFETY: `self` is proof of the instructions; no address faults in a prefetch.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) }
    }
    #[inline(always)]
    fn prefetch_write(self, at: *mut f32) {
        // SAFETY: `self` is proof of the instructions; no address faults in a prefetch.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(at.cast()) }
    }
}

/// Pairs of rows, then pairs of pairs, then halves.
///
/// # Safety
/// `from` is valid for reads of eight rows of eight values `from_stride` apart, `to` for writes of
/// as many `to_stride` apart.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn transpose(
    from: *const f32,
    from_stride: usize,
    to: *mut f32,
    to_stride: usize,
) {
    // SAFETY: the caller's promise: eight rows.
    let row = |index: usize| unsafe { _mm256_loadu_ps(from.add(index * from_stride)) };
    let low = |index: usize| _mm256_unpacklo_ps(row(index), row(index + 1));
    let high = |index: usize| _mm256_unpackhi_ps(row(index), row(index + 1));
    let quad = |index: usize| {
        let (a, b, c, d) = (low(index), low(index + 2), high(index), high(index + 2));
        [
            _mm256_shuffle_ps::<0x44>(a, b),
            _mm256_shuffle_ps::<0xEE>(a, b),
            _mm256_shuffle_ps::<0x44>(c, d),
            _mm256_shuffle_ps::<0xEE>(c, d),
        ]
    };
    let (first, second) = (quad(0), quad(4));
    for column in 0..4 {
        let (a, b) = (first[column], second[column]);
        let upper = _mm256_permute2f128_ps::<0x20>(a, b);
        let lower = _mm256_permute2f128_ps::<0x31>(a, b);
        // SAFETY: the caller's promise: eight rows.
        unsafe {
            _mm256_storeu_ps(to.add(column * to_stride), upper);
            _mm256_storeu_ps(to.add((column + 4) * to_stride), lower);
        }
    }
}
