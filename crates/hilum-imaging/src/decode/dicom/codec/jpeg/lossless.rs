//! Lossless coding (ITU-T T.81 annex H), of one component.

use super::super::{CodecProblem, Shape};
use super::bits::Bits;
use super::markers::Image;

pub(super) fn decode(image: &Image<'_>, shape: Shape) -> Result<Vec<i32>, CodecProblem> {
    let table = image.dc_tables[image.scan.dc_table]
        .as_ref()
        .ok_or(CodecProblem::Damaged("a scan without its table"))?;
    let (precision, shift) = (image.frame.precision, image.scan.point_transform);
    let predictor = image.scan.predictor;
    if !(1..=7).contains(&predictor) || shift >= precision {
        return Err(CodecProblem::Damaged("a lossless scan that cannot be"));
    }
    let Shape { width, height } = shape;
    let start = 1 << (precision - shift - 1);
    let mut values = vec![0_i32; width * height];
    let mut bits = Bits::new(image.data);
    // The line on which prediction began anew (T.81 H.1.2.1).
    let mut first_line = 0;
    for index in 0..width * height {
        let (line, column) = (index / width, index % width);
        let restarts = image.restart_interval;
        let is_restart = restarts > 0 && index > 0 && index % restarts == 0;
        if is_restart {
            bits.restart()?;
            first_line = line;
        }
        let predicted = if index == 0 || (is_restart && column == 0) {
            start
        } else if line == first_line && column > 0 {
            values[index - 1]
        } else if column == 0 {
            values[index - width]
        } else {
            let [left, above, diagonal] = [index - 1, index - width, index - width - 1];
            predict(predictor, values[left], values[above], values[diagonal])
        };
        let size = table.decode(&mut bits)?;
        let difference = match size {
            // T.81 table H.2: no bits follow.
            16 => 32768,
            0..=15 => bits.difference(u32::from(size))?,
            _ => return Err(CodecProblem::Damaged("a difference too large")),
        };
        values[index] = (predicted + difference) & 0xffff;
    }
    if shift > 0 {
        for value in &mut values {
            *value <<= shift;
        }
    }
    Ok(values)
}

/// T.81 table H.1.
fn predict(predictor: u8, left: i32, above: i32, diagonal: i32) -> i32 {
    match predictor {
        1 => left,
        2 => above,
        3 => diagonal,
        4 => left + above - diagonal,
        5 => left + ((above - diagonal) >> 1),
        6 => above + ((left - diagonal) >> 1),
        _ => (left + above) >> 1,
    }
}
