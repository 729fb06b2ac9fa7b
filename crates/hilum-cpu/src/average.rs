//! A running average of the weights, over flat parameter memory.

use crate::memory::Buffer;
use crate::simd::Simd;
use crate::threads::Pool;

/// Values that a task averages; whole registers of every instruction set.
const PIECE: usize = 65_536;

/// `average = decay * average + (1 - decay) * weights`; the first average is the weights. What
/// does not change stays the same to the bit.
pub(crate) fn follow<S: Simd>(
    s: S,
    average: &mut Option<Buffer>,
    weights: &Buffer,
    decay: f64,
    pool: &mut Pool,
) {
    let Some(average) = average else {
        let mut first = Buffer::zeroed(weights.len());
        first.copy_from_slice(weights);
        *average = Some(first);
        return;
    };
    let len = weights.len();
    let memory = average.shared();
    pool.run(len.div_ceil(PIECE), |task, _| {
        let start = task * PIECE;
        let count = PIECE.min(len - start);
        // SAFETY: pieces are disjoint.
        let to = unsafe { memory.part(start, count).write() };
        let from = &weights[start..start + count];
        s.vectorize(
            #[inline(always)]
            || {
                // Every parameter's place is whole registers.
                let share = s.splat((1.0 - decay) as f32);
                let mut i = 0;
                while i + S::LANES <= to.len() {
                    let old = s.read(to, i);
                    let ahead = s.sub(s.read(from, i), old);
                    s.write(to, i, s.fma(share, ahead, old));
                    i += S::LANES;
                }
            },
        );
    });
}
