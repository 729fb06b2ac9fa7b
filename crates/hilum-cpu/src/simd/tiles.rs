//! AMX: products of up to 16 rows and 16 columns of words, a whole tile by one instruction.
//!
//! A tile register holds 16 rows of 64 bytes. Rows of `A` are words along `k`; those of `B` are words of one `k`
//! across the columns, as a packed panel has them; the sums are `f32`.

#![allow(
    clippy::unused_self,
    reason = "a value is proof that the processor has the instructions"
)]

/// Proof that the processor has AMX with `bf16`, and that the system lets this process use it.
#[derive(Clone, Copy)]
pub(crate) struct Tiles(());

/// Words of a row of `A` in one tile, and rows of any.
pub(crate) const SIDE: usize = 16;

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
impl Tiles {
    #[cfg(any(target_arch = "x86_64", test))]
    pub(crate) fn detect() -> Option<Self> {
        None
    }
    /// # Safety
    /// There is no value to call it with.
    pub(crate) unsafe fn configure(self, _rows: usize, _rest: usize) {}
    /// # Safety
    /// There is no value to call it with.
    pub(crate) unsafe fn multiply<const N: usize>(
        self,
        _a: *const f32,
        _a_stride: usize,
        _b: *const f32,
        _depth: usize,
        _to: *mut f32,
    ) {
    }
    /// # Safety
    /// There is no value to call it with.
    pub(crate) unsafe fn release(self) {}
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx {
    use std::arch::asm;
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    use std::sync::OnceLock;

    use super::{SIDE, Tiles};

    /// Bytes of a row.
    const ROW: usize = 64;

    /// The shapes of all tile registers, as `ldtilecfg` reads them.
    #[repr(C, align(64))]
    struct Shapes {
        palette: u8,
        start_row: u8,
        reserved: [u8; 14],
        /// Bytes of a row.
        columns: [u16; 16],
        rows: [u8; 16],
    }

    impl Tiles {
        /// The proof, if the processor has the instructions and the system agrees.
        pub(crate) fn detect() -> Option<Self> {
            static FOUND: OnceLock<bool> = OnceLock::new();
            let found = *FOUND.get_or_init(|| has_instructions() && is_permitted());
            found.then_some(Self(()))
        }

        /// Shapes the registers for products of `rows` rows, whose depth is `rest` words more than whole tiles.
        ///
        /// # Safety
        /// `rows` and `rest` are at most [`SIDE`]. Until [`release`](Self::release), the thread uses tiles for this alone.
        pub(crate) unsafe fn configure(self, rows: usize, rest: usize) {
            let mut shapes = Shapes {
                palette: 1,
                start_row: 0,
                reserved: [0; 14],
                columns: [0; 16],
                rows: [0; 16],
            };
            let mut shape = |tile: usize, rows: usize, bytes: usize| {
                (shapes.rows[tile], shapes.columns[tile]) = (rows as u8, bytes as u16);
            };
            for sums in 0..3 {
                shape(sums, rows, ROW);
            }
            shape(3, rows, ROW);
            shape(4, SIDE, ROW);
            shape(5, SIDE, ROW);
            if rest > 0 {
                shape(6, rows, 4 * rest);
                shape(7, rest, ROW);
            }
            // SAFETY: `self` is proof of the instruction; it reads 64 bytes.
            unsafe {
                asm!("ldtilecfg [{}]", in(reg) &raw const shapes, options(nostack, readonly));
            };
        }

        /// The sums over `depth` words of as many rows as are configured, `a_stride` apart, and a panel `b` of `N` times 16
        /// columns, to rows of as many values at `to`.
        ///
        /// # Safety
        /// All of them have what is read and written of them; the configuration is one for this depth.
        pub(crate) unsafe fn multiply<const N: usize>(
            self,
            a: *const f32,
            a_stride: usize,
            b: *const f32,
            depth: usize,
            to: *mut f32,
        ) {
            let (whole, rest) = (depth / SIDE, depth % SIDE);
            macro_rules! product {
                ($zero:literal, $step:literal, $last:literal, $store:literal) => {
                    asm!(
                        $zero,
                        "test {whole}, {whole}",
                        "jz 3f",
                        "2:",
                        "tileloadd tmm3, [{a} + {a_row}]",
                        $step,
                        "add {a}, 64",
                        "add {b}, {b_tile}",
                        "dec {whole}",
                        "jnz 2b",
                        "3:",
                        "test {rest}, {rest}",
                        "jz 4f",
                        "tileloadd tmm6, [{a} + {a_row}]",
                        $last,
                        "4:",
                        $store,
                        whole = inout(reg) whole => _,
                        a = inout(reg) a => _,
                        b = inout(reg) b => _,
                        rest = in(reg) rest,
                        a_row = in(reg) 4 * a_stride,
                        b_row = in(reg) ROW * N,
                        b_tile = in(reg) ROW * N * SIDE,
                        to = in(reg) to,
                        options(nostack),
                    )
                };
            }
            // SAFETY: `self` is proof of the instructions; the rest is the caller's promise. Nothing but this module uses
            // tile registers.
            unsafe {
                match N {
                    1 => product!(
                        "tilezero tmm0",
                        "tileloadd tmm4, [{b} + {b_row}]
                         tdpbf16ps tmm0, tmm3, tmm4",
                        "tileloadd tmm7, [{b} + {b_row}]
                         tdpbf16ps tmm0, tmm6, tmm7",
                        "tilestored [{to} + {b_row}], tmm0"
                    ),
                    2 => product!(
                        "tilezero tmm0
                         tilezero tmm1",
                        "tileloadd tmm4, [{b} + {b_row}]
                         tileloadd tmm5, [{b} + {b_row} + 64]
                         tdpbf16ps tmm0, tmm3, tmm4
                         tdpbf16ps tmm1, tmm3, tmm5",
                        "tileloadd tmm7, [{b} + {b_row}]
                         tdpbf16ps tmm0, tmm6, tmm7
                         tileloadd tmm7, [{b} + {b_row} + 64]
                         tdpbf16ps tmm1, tmm6, tmm7",
                        "tilestored [{to} + {b_row}], tmm0
                         tilestored [{to} + {b_row} + 64], tmm1"
                    ),
                    _ => product!(
                        "tilezero tmm0
                         tilezero tmm1
                         tilezero tmm2",
                        "tileloadd tmm4, [{b} + {b_row}]
                         tileloadd tmm5, [{b} + {b_row} + 64]
                         tdpbf16ps tmm0, tmm3, tmm4
                         tileloadd tmm4, [{b} + {b_row} + 128]
                         tdpbf16ps tmm1, tmm3, tmm5
                         tdpbf16ps tmm2, tmm3, tmm4",
                        "tileloadd tmm7, [{b} + {b_row}]
                         tdpbf16ps tmm0, tmm6, tmm7
                         tileloadd tmm7, [{b} + {b_row} + 64]
                         tdpbf16ps tmm1, tmm6, tmm7
                         tileloadd tmm7, [{b} + {b_row} + 128]
                         tdpbf16ps tmm2, tmm6, tmm7",
                        "tilestored [{to} + {b_row}], tmm0
                         tilestored [{to} + {b_row} + 64], tmm1
                         tilestored [{to} + {b_row} + 128], tmm2"
                    ),
                }
            }
        }

        /// Lets go of the registers, so that the system need not keep them when threads change.
        ///
        /// # Safety
        /// As for [`configure`](Self::configure).
        pub(crate) unsafe fn release(self) {
            // SAFETY: `self` is proof of the instruction.
            unsafe { asm!("tilerelease", options(nostack, nomem)) };
        }
    }

    /// Whether the processor has AMX with `bf16`, and the system keeps its registers.
    fn has_instructions() -> bool {
        const BF16_AND_TILE: u32 = 1 << 22 | 1 << 24;
        const TILE_STATE: u32 = 0b11 << 17;
        if !is_x86_feature_detected!("avx512f") || __cpuid(0).eax < 7 {
            return false;
        }
        let leaf = __cpuid_count(7, 0);
        let kept: u32;
        // SAFETY: where AVX-512 was detected, the system has switched `xgetbv` on.
        unsafe {
            asm!("xgetbv", in("ecx") 0, out("eax") kept, out("edx") _, options(nostack, nomem));
        };
        leaf.edx & BF16_AND_TILE == BF16_AND_TILE && kept & TILE_STATE == TILE_STATE
    }

    /// Asks Linux for the tile registers, which it gives to processes that ask (`ARCH_REQ_XCOMP_PERM`, since 5.16).
    fn is_permitted() -> bool {
        const ARCH_PRCTL: i64 = 158;
        const REQUEST: usize = 0x1023;
        const TILE_DATA: usize = 18;
        let answer: i64;
        // SAFETY: the call changes what this process may use, and nothing in memory.
        unsafe {
            asm!("syscall", inout("rax") ARCH_PRCTL => answer, in("rdi") REQUEST, in("rsi") TILE_DATA,
                out("rcx") _, out("r11") _, options(nostack));
        }
        answer == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::word;

    /// Small whole numbers, whose products and sums are exact.
    fn values(count: usize, step: usize) -> Vec<f32> {
        (0..count).map(|i| (i * step % 15) as f32 - 7.0).collect()
    }

    fn words(values: &[f32]) -> Vec<f32> {
        let pairs = values.chunks_exact(2);
        pairs.map(|pair| word(pair[0], pair[1])).collect()
    }

    fn check<const N: usize>(tiles: Tiles, rows: usize, depth: usize) {
        let (columns, stride) = (N * SIDE, depth + 3);
        let (a, b) = (values(2 * rows * stride, 7), values(2 * depth * columns, 4));
        let mut found = vec![9.5; rows * columns];
        let (a_words, b_words) = (words(&a), words(&b));
        // SAFETY: all have as many words and values as are told.
        unsafe {
            tiles.configure(rows, depth % SIDE);
            let to = found.as_mut_ptr();
            tiles.multiply::<N>(a_words.as_ptr(), stride, b_words.as_ptr(), depth, to);
            tiles.release();
        }
        for (at, found) in found.iter().enumerate() {
            let (row, column) = (at / columns, at % columns);
            let expected: f32 = (0..2 * depth)
                .map(|k| a[2 * row * stride + k] * b[2 * (k / 2 * columns + column) + k % 2])
                .sum();
            assert!(
                *found == expected,
                "{rows} rows of {depth} words, {columns} columns: {at}"
            );
        }
    }

    #[test]
    fn tiles_of_any_shape_are_those_of_plain_loops() {
        let Some(tiles) = Tiles::detect() else {
            eprintln!("skipped: this machine has no AMX");
            return;
        };
        for rows in 1..=SIDE {
            for depth in [1, 8, 15, 16, 17, 40, 64] {
                check::<1>(tiles, rows, depth);
                check::<2>(tiles, rows, depth);
                check::<3>(tiles, rows, depth);
            }
        }
    }
}
