//! Modality and VOI LUTs (PS3.3 C.11.1.1.1 and C.11.2.1.1).

use dicom_dictionary_std::tags;

use super::attributes::numbers;
use super::data_set::DataSet;
use super::walk::Encoding;

/// Entries for consecutive values; values beyond either end get the entry there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LookupTable {
    first: i32,
    entries: Vec<u16>,
    bits: u32,
}

impl LookupTable {
    /// Reads an item of a LUT sequence; `None` if it makes no table.
    ///
    /// `is_signed` says how the first value is to be read, which may be coded either way.
    pub(super) fn read(item: &DataSet, is_signed: bool) -> Option<Self> {
        let descriptor: [f64; 3] = numbers(item, tags::LUT_DESCRIPTOR).try_into().ok()?;
        let [count, first, bits] = descriptor.map(|value| value as i64);
        let first = if is_signed {
            i32::from(first as i16)
        } else {
            i32::from(first as u16)
        };
        // PS3.3 C.11.1.1.1: a count of zero stands for 65536.
        let count = match usize::from(count as u16) {
            0 => 65_536,
            count => count,
        };
        let element = item.get(tags::LUT_DATA)?;
        let data = item.value(element);
        let entries: Vec<u16> = if data.len() >= 2 * count {
            let (words, _) = data.as_chunks::<2>();
            let words = words.iter().take(count);
            words.map(|word| element.encoding.u16(*word)).collect()
        } else {
            // Bytes, which big-endian files swap in pairs.
            let swap = usize::from(element.encoding == Encoding::BigEndian);
            let byte = |index: usize| data.get(index ^ swap).map(|byte| u16::from(*byte));
            (0..count).map(byte).collect::<Option<_>>()?
        };
        let most = entries.iter().max().copied().unwrap_or(0);
        let bits = bits.clamp(1, 16) as u32;
        Some(Self {
            first,
            // Some files say fewer bits than their entries take.
            bits: bits.max(16 - most.leading_zeros()),
            entries,
        })
    }

    pub(super) fn entry(&self, value: i32) -> u16 {
        let index = i64::from(value) - i64::from(self.first);
        let last = self.entries.len() as i64 - 1;
        self.entries[index.clamp(0, last) as usize]
    }

    /// The entry as a grey level, in `0.0..=255.0`.
    pub(super) fn grey(&self, value: i32) -> f64 {
        let largest = f64::from((1_u32 << self.bits) - 1);
        f64::from(self.entry(value)) / largest * 255.0
    }
}
