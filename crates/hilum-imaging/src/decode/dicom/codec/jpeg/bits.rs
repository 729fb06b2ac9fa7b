//! Bits of entropy-coded data (ITU-T T.81 F.1.2.3): a zero follows each byte of ones.

use super::super::CodecProblem;

pub(super) struct Bits<'a> {
    data: &'a [u8],
    position: usize,
    /// The next bits, from the top.
    buffer: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            position: 0,
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
            if byte == 0xff {
                match self.data.get(self.position + 1) {
                    Some(0) => self.position += 2,
                    _ => return,
                }
            } else {
                self.position += 1;
            }
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next 16 bits, with zeros where there are none.
    pub(super) fn peek16(&mut self) -> u16 {
        if self.count < 16 {
            self.fill();
        }
        (self.buffer >> 48) as u16
    }

    pub(super) fn skip(&mut self, count: u32) -> Result<(), CodecProblem> {
        if count > self.count {
            return Err(CodecProblem::Truncated);
        }
        self.buffer <<= count;
        self.count -= count;
        Ok(())
    }

    /// `count` bits, 16 at most.
    pub(super) fn take(&mut self, count: u32) -> Result<u16, CodecProblem> {
        if count == 0 {
            return Ok(0);
        }
        let value = self.peek16() >> (16 - count);
        self.skip(count)?;
        Ok(value)
    }

    /// A difference of `size` bits (T.81 F.2.2.1, EXTEND).
    pub(super) fn difference(&mut self, size: u32) -> Result<i32, CodecProblem> {
        if size == 0 {
            return Ok(0);
        }
        let value = i32::from(self.take(size)?);
        Ok(if value < 1 << (size - 1) {
            value - (1 << size) + 1
        } else {
            value
        })
    }

    /// Drops what is left before a restart marker, and steps over it.
    pub(super) fn restart(&mut self) -> Result<(), CodecProblem> {
        self.buffer = 0;
        self.count = 0;
        while self.data.get(self.position) == Some(&0xff)
            && self.data.get(self.position + 1) == Some(&0xff)
        {
            self.position += 1;
        }
        match self.data.get(self.position..self.position + 2) {
            Some([0xff, 0xd0..=0xd7]) => {
                self.position += 2;
                Ok(())
            }
            Some(_) => Err(CodecProblem::Damaged("a restart marker is missing")),
            None => Err(CodecProblem::Truncated),
        }
    }
}
