//! Bytes, from front to back.

use super::PickleError;

/// Reads bytes from front to back; never beyond their end.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], PickleError> {
        let rest = &self.bytes[self.position..];
        let taken = rest.get(..count).ok_or(PickleError::Truncated {
            position: self.bytes.len(),
        })?;
        self.position += count;
        Ok(taken)
    }

    /// The next `COUNT` bytes.
    pub(crate) fn array<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], PickleError> {
        let mut array = [0; COUNT];
        array.copy_from_slice(self.take(COUNT)?);
        Ok(array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, PickleError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// The next `count` bytes as UTF-8.
    pub(super) fn text(&mut self, count: usize) -> Result<&'a str, PickleError> {
        let position = self.position;
        std::str::from_utf8(self.take(count)?).map_err(|_| PickleError::Malformed {
            position,
            expected: "text in UTF-8",
        })
    }

    /// Everything up to the next line feed, which is passed over.
    pub(super) fn line(&mut self) -> Result<&'a str, PickleError> {
        let rest = &self.bytes[self.position..];
        let length = rest.iter().position(|byte| *byte == b'\n');
        let length = length.ok_or(PickleError::Truncated {
            position: self.bytes.len(),
        })?;
        let line = self.text(length)?;
        self.position += 1;
        Ok(line)
    }
}
