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
        let to = memory.part(start, count).start();
        let from = weights[start..start + count].as_ptr();
        // SAFETY: the processor has the instruction set; pieces are disjoint, and whole
        // registers, because every parameter's place is a multiple of sixteen values.
        unsafe {
            s.vectorize(
                #[inline(always)]
                || {
                    let share = s.splat((1.0 - decay) as f32);
                    for i in (0..count).step_by(S::LANES) {
                        let old = s.load(to.add(i));
                        let ahead = s.sub(s.load(from.add(i)), old);
                        s.store(to.add(i), s.fma(share, ahead, old));
                    }
                },
            );
        }
    });
}
