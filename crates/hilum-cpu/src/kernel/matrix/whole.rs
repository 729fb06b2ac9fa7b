//! Columns of tiles by instructions that multiply whole ones.

use super::Stage;
use crate::kernel::term::Term;
use crate::simd::{SIDE, Simd, Tiles};

/// Sums of a tile of `SIDE` rows in up to three registers each.
#[repr(align(64))]
struct Sums([f32; 3 * SIDE * SIDE]);

impl Stage<'_> {
    /// All tiles by instructions that multiply [`SIDE`] rows at once; their sums are finished like those of others.
    ///
    /// # Safety
    /// As for [`column_of_tiles`](Self::column_of_tiles).
    #[inline(never)]
    pub(super) unsafe fn column_of_whole_tiles<S: Simd, T: Term<S>, const N: usize>(
        &self,
        s: S,
        term: T,
        tiles: Tiles,
    ) {
        debug_assert!(
            S::LANES == SIDE && N <= 3,
            "a tile is as wide as a register"
        );
        let count = self.rows.div_ceil(SIDE);
        let (mut row, mut configured) = (0, 0);
        let mut sums = Sums([0.0; 3 * SIDE * SIDE]);
        for tile in 0..count {
            let height = (self.rows - row).div_ceil(count - tile);
            // SAFETY: `a` has the rows, the panel is `depth` rows of `N` registers, and the sums have room.
            unsafe {
                if configured != height {
                    tiles.configure(height, self.depth % SIDE);
                    configured = height;
                }
                let a = self.a.as_ptr().add(row * self.a_stride);
                let (b, to) = (self.b.as_ptr(), sums.0.as_mut_ptr());
                tiles.multiply::<N>(a, self.a_stride, b, self.depth, to);
            }
            let half = height.div_ceil(2);
            for (from, count) in [(0, half), (half, height - half)] {
                let ready = sums.0[from * N * SIDE..].as_ptr();
                term.vectorize(
                    #[inline(always)]
                    || {
                        macro_rules! rows {
                            ($($height:literal)*) => {
                                match count {
                                    // SAFETY: the caller's promise; these rows' sums lie at `ready`.
                                    $($height => unsafe {
                                        self.tile::<S, T, $height, N, true>(
                                            s, term, row + from, ready,
                                        );
                                    },)*
                                    _ => {}
                                }
                            };
                        }
                        rows!(1 2 3 4 5 6 7 8);
                    },
                );
            }
            row += height;
        }
        // SAFETY: nothing is left in the registers.
        unsafe { tiles.release() };
    }
}
