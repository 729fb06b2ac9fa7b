//! The samples of a scan of one component (ITU-T T.87 annex A).

use super::super::{CodecProblem, Shape};
use super::bits::Bits;
use super::context::{Golomb, Interruption, Regular};
use super::header::{Header, Parameters};

/// J, the order of run lengths (T.87 A.2.1).
const RUN_BITS: [u32; 32] = [
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13,
    14, 15,
];
/// Contexts of regular mode: quantised gradients up to sign.
const CONTEXTS: usize = 9 * 9 * 9 / 2 + 1;

pub(super) fn decode(header: &Header<'_>, shape: Shape) -> Result<Vec<i32>, CodecProblem> {
    let Shape { width, height } = shape;
    let mut values = Vec::with_capacity(width * height);
    let mut scan = Scan::new(header, width);
    for line in 0..height {
        if header.restart_interval > 0 && line > 0 && line % header.restart_interval == 0 {
            scan.bits.restart()?;
            scan.reset();
        }
        scan.line()?;
        let samples = &scan.current[1..=width];
        let shift = header.point_transform;
        values.extend(samples.iter().map(|sample| sample << shift));
        std::mem::swap(&mut scan.above, &mut scan.current);
    }
    Ok(values)
}

struct Scan<'a> {
    bits: Bits<'a>,
    parameters: Parameters,
    /// RANGE.
    range: i32,
    golomb: Golomb,
    regular: Vec<Regular>,
    interruption: [Interruption; 2],
    /// RUNindex.
    run_index: usize,
    /// A line with one sample more on both sides.
    above: Vec<i32>,
    current: Vec<i32>,
}

/// Bits that numbers below `count` take.
fn bits_for(count: i32) -> u32 {
    32 - (count - 1).leading_zeros()
}

impl<'a> Scan<'a> {
    fn new(header: &Header<'a>, width: usize) -> Self {
        let parameters = header.parameters;
        let Parameters { largest, near, .. } = parameters;
        let range = (largest + 2 * near) / (2 * near + 1) + 1;
        let sample_bits = bits_for(largest + 1).max(2);
        let mut scan = Self {
            bits: Bits::new(header.data),
            parameters,
            range,
            golomb: Golomb {
                limit: 2 * (sample_bits + sample_bits.max(8)),
                plain_bits: bits_for(range),
            },
            regular: Vec::new(),
            interruption: [Interruption::new(0); 2],
            run_index: 0,
            above: vec![0; width + 2],
            current: vec![0; width + 2],
        };
        scan.reset();
        scan
    }

    /// T.87 A.2.1: as at the beginning.
    fn reset(&mut self) {
        let start = ((self.range + 32) / 64).max(2);
        self.regular.clear();
        self.regular.resize(CONTEXTS, Regular::new(start));
        self.interruption = [Interruption::new(start); 2];
        self.run_index = 0;
        self.above.fill(0);
    }

    fn line(&mut self) -> Result<(), CodecProblem> {
        let width = self.above.len() - 2;
        // T.87 A.2.1: samples beyond the edges are those beside them.
        self.above[width + 1] = self.above[width];
        self.current[0] = self.above[1];
        let mut column = 1;
        while column <= width {
            let (left, above) = (self.current[column - 1], self.above[column]);
            let diagonal = self.above[column - 1];
            let gradients = [
                self.above[column + 1] - above,
                above - diagonal,
                diagonal - left,
            ];
            let near = self.parameters.near;
            if gradients.iter().all(|gradient| gradient.abs() <= near) {
                column = self.run(column)?;
            } else {
                self.current[column] = self.sample(gradients, left, above, diagonal)?;
                column += 1;
            }
        }
        Ok(())
    }

    /// Regular mode (T.87 A.3 to A.6).
    fn sample(
        &mut self,
        gradients: [i32; 3],
        left: i32,
        above: i32,
        diagonal: i32,
    ) -> Result<i32, CodecProblem> {
        let [q1, q2, q3] = gradients.map(|gradient| self.quantised(gradient));
        let context = 81 * q1 + 9 * q2 + q3;
        let sign = if context < 0 { -1 } else { 1 };
        let Parameters {
            largest,
            near,
            reset,
            ..
        } = self.parameters;
        let predicted = if diagonal >= left.max(above) {
            left.min(above)
        } else if diagonal <= left.min(above) {
            left.max(above)
        } else {
            left + above - diagonal
        };
        let context = &mut self.regular[context.unsigned_abs() as usize];
        let predicted = (predicted + sign * context.correction).clamp(0, largest);
        let parameter = context.golomb_parameter();
        let mapped = self
            .golomb
            .decode(&mut self.bits, parameter, self.golomb.limit)?;
        if mapped > 1 << 17 {
            return Err(CodecProblem::Damaged("a JPEG-LS error too large"));
        }
        let error = context.unmap(mapped, parameter, near);
        context.update(error, near, reset);
        Ok(self.reconstructed(predicted, sign * error))
    }

    /// T.87 A.3.3.
    fn quantised(&self, gradient: i32) -> i32 {
        let [t1, t2, t3] = self.parameters.thresholds;
        let magnitude = gradient.abs();
        let level = if magnitude <= self.parameters.near {
            0
        } else if magnitude < t1 {
            1
        } else if magnitude < t2 {
            2
        } else if magnitude < t3 {
            3
        } else {
            4
        };
        level * gradient.signum()
    }

    /// T.87 A.4.5 and A.8: the error is one modulo RANGE.
    fn reconstructed(&self, predicted: i32, error: i32) -> i32 {
        let Parameters { largest, near, .. } = self.parameters;
        let step = 2 * near + 1;
        let mut value = predicted + error * step;
        if value < -near {
            value += self.range * step;
        } else if value > largest + near {
            value -= self.range * step;
        }
        value.clamp(0, largest)
    }

    /// Run mode (T.87 A.7); gives the column behind the run and the sample that ends it.
    fn run(&mut self, start: usize) -> Result<usize, CodecProblem> {
        let end = self.above.len() - 1;
        let value = self.current[start - 1];
        let mut column = start;
        let is_interrupted = loop {
            let run_bits = RUN_BITS[self.run_index];
            if self.bits.take(1)? == 0 {
                column += self.bits.take(run_bits)? as usize;
                break column < end;
            }
            let length = 1 << run_bits;
            let left = end - column;
            column += length.min(left);
            if length <= left && self.run_index < 31 {
                self.run_index += 1;
            }
            if column == end {
                break false;
            }
        };
        if column > end {
            return Err(CodecProblem::Damaged("a run beyond its line"));
        }
        self.current[start..column].fill(value);
        if !is_interrupted {
            return Ok(column);
        }
        self.current[column] = self.interruption(value, self.above[column])?;
        self.run_index = self.run_index.saturating_sub(1);
        Ok(column + 1)
    }

    fn interruption(&mut self, left: i32, above: i32) -> Result<i32, CodecProblem> {
        let Parameters { near, reset, .. } = self.parameters;
        let kind = i32::from((left - above).abs() <= near);
        let run_bits = RUN_BITS[self.run_index];
        let context = &mut self.interruption[kind as usize];
        let error = context.error(&mut self.bits, &self.golomb, kind, run_bits, reset)?;
        if error.abs() > 1 << 17 {
            return Err(CodecProblem::Damaged("a JPEG-LS error too large"));
        }
        Ok(if kind == 1 {
            self.reconstructed(left, error)
        } else {
            let sign = if left > above { -1 } else { 1 };
            self.reconstructed(above, sign * error)
        })
    }
}
