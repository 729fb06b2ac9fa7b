//! Bits of a scan (ITU-T T.87 A.1): behind a byte of ones, the next byte holds seven.

use super::super::CodecProblem;

pub(super) struct Bits<'a> {
    data: &'a [u8],
    position: usize,
    is_after_ones: bool,
    /// The next bits, from the top.
    buffer: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            position: 0,
            is_after_ones: false,
            buffer: 0,
            count: 0,
        }
    }

    /// Fills the buffer as far as there are data before the next marker.
    fn fill(&mut self) {
        while self.count <= 56 {
            let Some(byte) = self.data.get(self.position).copied() else {
                return;
            };
            let width = if self.is_after_ones { 7 } else { 8 };
            let is_marker = if self.is_after_ones {
                byte >= 0x80
            } else {
                byte == 0xff
                    && self
                        .data
                        .get(self.position + 1)
                        .is_none_or(|next| *next >= 0x80)
            };
            if is_marker {
                return;
            }
            self.buffer |= u64::from(byte) << (64 - width) >> self.count;
            self.count += width;
            self.position += 1;
            self.is_after_ones = byte == 0xff;
        }
    }

    /// `count` bits, 32 at most.
    pub(super) fn take(&mut self, count: u32) -> Result<i32, CodecProblem> {
        if count == 0 {
            return Ok(0);
        }
        if self.count < count {
            self.fill();
            if self.count < count {
                return Err(CodecProblem::Truncated);
            }
        }
        let value = (self.buffer >> (64 - count)) as i32;
        self.buffer <<= count;
        self.count -= count;
        Ok(value)
    }

    /// Zeros before the next one, which is taken too; at most `most` are allowed.
    pub(super) fn zeros(&mut self, most: u32) -> Result<u32, CodecProblem> {
        let mut zeros = 0;
        loop {
            if self.count < 32 {
                self.fill();
                if self.count == 0 {
                    return Err(CodecProblem::Truncated);
                }
            }
            let here = self.buffer.leading_zeros().min(self.count);
            zeros += here;
            if zeros > most {
                return Err(CodecProblem::Damaged("a JPEG-LS code that is none"));
            }
            if here < self.count {
                self.buffer <<= here;
                self.buffer <<= 1;
                self.count -= here + 1;
                return Ok(zeros);
            }
            self.buffer = 0;
            self.count = 0;
        }
    }

    /// Drops what is left before a restart marker, and steps over it.
    pub(super) fn restart(&mut self) -> Result<(), CodecProblem> {
        self.buffer = 0;
        self.count = 0;
        self.is_after_ones = false;
        let rest = self.data.get(self.position..).unwrap_or_default();
        let marker = rest
            .windows(2)
            .position(|pair| pair[0] == 0xff && pair[1] >= 0x80);
        let marker = marker.ok_or(CodecProblem::Truncated)?;
        self.position += marker + 2;
        match rest[marker + 1] {
            0xd0..=0xd7 => Ok(()),
            _ => Err(CodecProblem::Truncated),
        }
    }
}
