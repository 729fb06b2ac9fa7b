//! A set of numbers in about 21.5 bits each: sorted, and their gaps Rice-coded.
//!
//! Golomb-compressed sets (Putze, Sanders, Singler, *Cache-, Hash- and Space-Efficient Bloom
//! Filters*, 2007): smaller than a Bloom filter of the same rate of false hits.

/// Bits of a gap that are written as they are; a number that is not in the set is found in it
/// once in `2^20`.
const REMAINDER_BITS: u32 = 20;

/// Where `digest` lies among `count << 20` places.
pub(super) fn place(digest: u128, count: usize) -> u64 {
    let places = (count as u128) << REMAINDER_BITS;
    let high = digest >> 64;
    ((high * places) >> 64) as u64
}

/// Codes sorted, distinct places.
pub(super) fn encode(places: &[u64]) -> Vec<u8> {
    let mut bits = BitWriter::default();
    let mut last = 0;
    for place in places {
        let gap = place - last;
        for _ in 0..gap >> REMAINDER_BITS {
            bits.push(true);
        }
        bits.push(false);
        for bit in (0..REMAINDER_BITS).rev() {
            bits.push(gap >> bit & 1 == 1);
        }
        last = *place;
    }
    bits.bytes
}

/// The places again; `None` if `bytes` do not hold `count` of them.
pub(super) fn decode(bytes: &[u8], count: usize) -> Option<Vec<u64>> {
    // A place takes more than 20 bits, so that no count can ask for more memory than the bytes.
    if count > bytes.len() * 8 / REMAINDER_BITS as usize {
        return None;
    }
    let mut bits = (0..bytes.len() * 8).map(|bit| bytes[bit / 8] >> (7 - bit % 8) & 1 == 1);
    let mut last: u64 = 0;
    (0..count)
        .map(|_| {
            let mut gap: u64 = 0;
            while bits.next()? {
                gap += 1;
            }
            for _ in 0..REMAINDER_BITS {
                gap = gap << 1 | u64::from(bits.next()?);
            }
            last = last.checked_add(gap)?;
            Some(last)
        })
        .collect()
}

#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    count: usize,
}

impl BitWriter {
    fn push(&mut self, bit: bool) {
        if self.count.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.count % 8);
        }
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_coded_comes_back(mut places in prop::collection::vec(0..1_u64 << 30, 0..200)) {
            places.sort_unstable();
            places.dedup();
            let bytes = encode(&places);
            prop_assert_eq!(decode(&bytes, places.len()), Some(places));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), count in 0..100_usize) {
            let _ = decode(&bytes, count);
        }
    }

    #[test]
    fn a_slice_takes_less_than_three_bytes() {
        // The golden ratio spreads 1,000 places evenly.
        let mut places: Vec<u64> = (0..1000_u128)
            .map(|index| {
                place(
                    index.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
                    1000,
                )
            })
            .collect();
        places.sort_unstable();
        assert!(encode(&places).len() < 3000);
    }
}
