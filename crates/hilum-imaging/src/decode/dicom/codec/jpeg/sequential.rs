//! Sequential DCT with Huffman codes (ITU-T T.81 annex F).

use super::super::{CodecProblem, Shape};
use super::bits::Bits;
use super::huffman::HuffmanTable;
use super::inverse_dct::inverse_dct;
use super::markers::Image;

/// Row by row, where the coefficients of a block go that come in zigzag order (T.81 figure A.6).
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// A scan of one component: a block is a unit, whatever its sampling factors say (T.81 A.2.2).
pub(super) fn decode(image: &Image<'_>, shape: Shape) -> Result<Vec<i32>, CodecProblem> {
    let no_table = CodecProblem::Damaged("a scan without its tables");
    let decoder = Blocks {
        dc: image.dc_tables[image.scan.dc_table]
            .as_ref()
            .ok_or(no_table.clone())?,
        ac: image.ac_tables[image.scan.ac_table]
            .as_ref()
            .ok_or(no_table.clone())?,
        steps: image.quantisation[image.quantisation_index].ok_or(no_table)?,
    };
    let Shape { width, height } = shape;
    let mut values = vec![0; width * height];
    let mut bits = Bits::new(image.data);
    let mut dc = 0;
    let columns = width.div_ceil(8);
    for index in 0..columns * height.div_ceil(8) {
        if image.restart_interval > 0 && index > 0 && index % image.restart_interval == 0 {
            bits.restart()?;
            dc = 0;
        }
        let coefficients = decoder.block(&mut bits, &mut dc)?;
        let samples = inverse_dct(&coefficients, image.frame.precision);
        let (left, top) = (index % columns * 8, index / columns * 8);
        for (row, line) in samples.chunks_exact(8).enumerate().take(height - top) {
            let start = (top + row) * width + left;
            let count = 8.min(width - left);
            values[start..start + count].copy_from_slice(&line[..count]);
        }
    }
    Ok(values)
}

struct Blocks<'a> {
    dc: &'a HuffmanTable,
    ac: &'a HuffmanTable,
    /// In zigzag order.
    steps: [u16; 64],
}

impl Blocks<'_> {
    /// The dequantised coefficients of the next block, row by row.
    fn block(&self, bits: &mut Bits<'_>, dc: &mut i32) -> Result<[i32; 64], CodecProblem> {
        let mut coefficients = [0; 64];
        let size = self.dc.decode(bits)?;
        if size > 15 {
            return Err(CodecProblem::Damaged("a DC difference too large"));
        }
        // A sound image stays within 16 bits; a broken one wraps instead of overflowing.
        *dc = i32::from((*dc + bits.difference(u32::from(size))?) as i16);
        coefficients[0] = dc.wrapping_mul(i32::from(self.steps[0]));
        let mut index = 1;
        while index < 64 {
            let code = self.ac.decode(bits)?;
            let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
            if size == 0 {
                if run < 15 {
                    break;
                }
                index += 16;
                continue;
            }
            index += run;
            let value = bits.difference(size)?;
            let Some(place) = ZIGZAG.get(index) else {
                return Err(CodecProblem::Damaged("more than 64 coefficients"));
            };
            coefficients[*place] = value.wrapping_mul(i32::from(self.steps[index]));
            index += 1;
        }
        Ok(coefficients)
    }
}
