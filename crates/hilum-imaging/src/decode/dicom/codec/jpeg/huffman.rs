//! Huffman codes (ITU-T T.81 annex C and F.2.2.3).

use super::super::CodecProblem;
use super::bits::Bits;

/// Codes of up to 16 bits, looked up by the next 8 bits, then by length.
pub(super) struct HuffmanTable {
    /// Value and length of the code that begins with these 8 bits; length 0 for longer ones.
    short: [(u8, u8); 256],
    /// One more than the largest code of each length, aligned to 16 bits.
    limits: [u32; 17],
    /// What to add to a code of each length for its value's index.
    offsets: [i32; 17],
    values: Vec<u8>,
}

const SHORT_BITS: usize = 8;

impl HuffmanTable {
    /// `None` if the counts are of no prefix code.
    pub(super) fn new(counts: &[u8], values: &[u8]) -> Option<Self> {
        let mut table = Self {
            short: [(0, 0); 256],
            limits: [0; 17],
            offsets: [0; 17],
            values: values.to_vec(),
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for length in 1..=16 {
            let count = usize::from(*counts.get(length - 1)?);
            table.offsets[length] = index as i32 - code as i32;
            for value in values.get(index..index + count)? {
                if code >= 1 << length {
                    return None;
                }
                if length <= SHORT_BITS {
                    let first = (code << (SHORT_BITS - length)) as usize;
                    let width = 1 << (SHORT_BITS - length);
                    table.short[first..first + width].fill((*value, length as u8));
                }
                code += 1;
            }
            index += count;
            table.limits[length] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }

    pub(super) fn decode(&self, bits: &mut Bits<'_>) -> Result<u8, CodecProblem> {
        let next = bits.peek16();
        let (value, length) = self.short[usize::from(next >> (16 - SHORT_BITS))];
        if length > 0 {
            bits.skip(u32::from(length))?;
            return Ok(value);
        }
        for length in SHORT_BITS + 1..=16 {
            if u32::from(next) < self.limits[length] {
                bits.skip(length as u32)?;
                let code = i32::from(next >> (16 - length));
                let value = self.values.get((code + self.offsets[length]) as usize);
                return value
                    .copied()
                    .ok_or(CodecProblem::Damaged("a Huffman code that is none"));
            }
        }
        // A code of ones only stands in no table; where data end, zeros are read instead.
        bits.skip(16)?;
        Err(CodecProblem::Damaged("a Huffman code that is none"))
    }
}
