//! What contexts remember, and Golomb codes (ITU-T T.87 A.5 to A.7).

use super::super::CodecProblem;
use super::bits::Bits;

/// A context of regular mode.
#[derive(Clone, Copy)]
pub(super) struct Regular {
    /// A: sum of magnitudes.
    magnitudes: i32,
    /// B: bias.
    bias: i32,
    /// C: correction of the prediction.
    pub(super) correction: i32,
    /// N: occurrences.
    count: i32,
}

impl Regular {
    pub(super) fn new(start: i32) -> Self {
        Self {
            magnitudes: start,
            bias: 0,
            correction: 0,
            count: 1,
        }
    }

    /// T.87 A.5.1.
    pub(super) fn golomb_parameter(&self) -> u32 {
        golomb_parameter(self.count, self.magnitudes)
    }

    /// T.87 A.5.2: from a mapped error to an error.
    pub(super) fn unmap(&self, mapped: i32, parameter: u32, near: i32) -> i32 {
        let is_odd = mapped & 1 == 1;
        if near == 0 && parameter == 0 && 2 * self.bias <= -self.count {
            if is_odd {
                (mapped - 1) / 2
            } else {
                -(mapped / 2) - 1
            }
        } else if is_odd {
            -((mapped + 1) / 2)
        } else {
            mapped / 2
        }
    }

    /// T.87 A.6.
    pub(super) fn update(&mut self, error: i32, near: i32, reset: i32) {
        self.bias += error * (2 * near + 1);
        self.magnitudes = self.magnitudes.saturating_add(error.abs());
        if self.count == reset {
            self.magnitudes >>= 1;
            self.bias >>= 1;
            self.count >>= 1;
        }
        self.count += 1;
        if self.bias <= -self.count {
            self.bias += self.count;
            if self.correction > -128 {
                self.correction -= 1;
            }
            self.bias = self.bias.max(1 - self.count);
        } else if self.bias > 0 {
            self.bias -= self.count;
            if self.correction < 127 {
                self.correction += 1;
            }
            self.bias = self.bias.min(0);
        }
    }
}

/// A context of the sample that ends a run.
#[derive(Clone, Copy)]
pub(super) struct Interruption {
    magnitudes: i32,
    count: i32,
    /// Nn: negative errors.
    negatives: i32,
}

impl Interruption {
    pub(super) fn new(start: i32) -> Self {
        Self {
            magnitudes: start,
            count: 1,
            negatives: 0,
        }
    }

    /// Decodes the error (T.87 A.7.2); `kind` is RItype, 1 where both neighbours are alike.
    pub(super) fn error(
        &mut self,
        bits: &mut Bits<'_>,
        golomb: &Golomb,
        kind: i32,
        run_bits: u32,
        reset: i32,
    ) -> Result<i32, CodecProblem> {
        let sum = self.magnitudes + if kind == 1 { self.count >> 1 } else { 0 };
        let parameter = golomb_parameter(self.count, sum);
        let mapped = golomb.decode(bits, parameter, golomb.limit - run_bits - 1)?;
        let sum = mapped + kind;
        let is_mapped = sum & 1 == 1;
        let magnitude = i32::midpoint(sum, i32::from(is_mapped));
        let is_likely_negative = parameter != 0 || 2 * self.negatives >= self.count;
        let error = if is_likely_negative == is_mapped {
            -magnitude
        } else {
            magnitude
        };
        if error < 0 {
            self.negatives += 1;
        }
        self.magnitudes = self.magnitudes.saturating_add((mapped + 1 - kind) >> 1);
        if self.count == reset {
            self.magnitudes >>= 1;
            self.count >>= 1;
            self.negatives >>= 1;
        }
        self.count += 1;
        Ok(error)
    }
}

/// The smallest k with `count << k >= sum`; more than 24 cannot come of 16-bit samples.
fn golomb_parameter(count: i32, sum: i32) -> u32 {
    (0..24)
        .find(|k| i64::from(count) << k >= i64::from(sum))
        .unwrap_or(24)
}

/// How errors are coded (T.87 A.2.1 and A.5.3).
pub(super) struct Golomb {
    /// LIMIT.
    pub(super) limit: u32,
    /// qbpp: bits of an error that is written plainly.
    pub(super) plain_bits: u32,
}

impl Golomb {
    pub(super) fn decode(
        &self,
        bits: &mut Bits<'_>,
        parameter: u32,
        limit: u32,
    ) -> Result<i32, CodecProblem> {
        let longest = limit - self.plain_bits - 1;
        let zeros = bits.zeros(longest)?;
        if zeros < longest {
            return Ok((zeros << parameter) as i32 + bits.take(parameter)?);
        }
        Ok(bits.take(self.plain_bits)? + 1)
    }
}
