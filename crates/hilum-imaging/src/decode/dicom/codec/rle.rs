//! RLE Lossless, PS3.5 annex G.
//!
//! Own code, since a segment that holds too few pixels must be an error.

/// Bytes of the header: a count and fifteen offsets (PS3.5 G.5).
const HEADER_LENGTH: usize = 64;

/// Whether the header is that of a grey image: one to four segments, the first behind the header.
pub(super) fn is_fragment(fragment: &[u8]) -> bool {
    let word = |at: usize| {
        let bytes = fragment.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    matches!(word(0), Some(1..=4)) && word(4) == Some(HEADER_LENGTH as u32)
}

/// Unpacks a fragment to `value_count` little-endian values of `value_bytes` bytes each.
///
/// `None` if the fragment holds another number of segments or fewer values.
pub(super) fn decode(fragment: &[u8], value_count: usize, value_bytes: usize) -> Option<Vec<u8>> {
    let header = fragment.get(..HEADER_LENGTH)?;
    let word = |index: usize| {
        let bytes = header.get(4 * index..4 * index + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    if word(0)? != value_bytes {
        return None;
    }
    let mut data = vec![0; value_count * value_bytes];
    for segment in 0..value_bytes {
        let start = word(segment + 1)?;
        let end = if segment + 1 < value_bytes {
            word(segment + 2)?
        } else {
            fragment.len()
        };
        // The most significant byte's segment stands first (PS3.5 G.2).
        let plane = data.iter_mut().skip(value_bytes - 1 - segment);
        unpack(fragment.get(start..end)?, plane.step_by(value_bytes))?;
    }
    Some(data)
}

/// PackBits, PS3.5 G.3.2; `None` if the segment ends before `output` is filled.
fn unpack<'a>(segment: &[u8], mut output: impl ExactSizeIterator<Item = &'a mut u8>) -> Option<()> {
    let mut input = segment.iter();
    while output.len() > 0 {
        match *input.next()? {
            length @ 0..=127 => {
                for _ in 0..=length {
                    let value = *input.next()?;
                    if let Some(byte) = output.next() {
                        *byte = value;
                    }
                }
            }
            128 => {}
            length => {
                let value = *input.next()?;
                for byte in output.by_ref().take(257 - usize::from(length)) {
                    *byte = value;
                }
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two segments of one run each: 0x01 and 0x02, three values.
    fn fragment() -> Vec<u8> {
        let mut bytes = vec![0; HEADER_LENGTH];
        bytes[0] = 2;
        bytes[4] = 64;
        bytes[8] = 66;
        bytes.extend([0xfe, 0x01, 0xfe, 0x02]);
        bytes
    }

    #[test]
    fn the_first_segment_holds_the_high_bytes() {
        assert_eq!(
            decode(&fragment(), 3, 2).unwrap(),
            [0x02, 0x01, 0x02, 0x01, 0x02, 0x01]
        );
    }

    #[test]
    fn a_segment_with_too_few_values_is_refused() {
        assert!(decode(&fragment(), 4, 2).is_none());
        assert!(decode(&fragment()[..66], 3, 2).is_none());
        assert!(decode(&fragment()[..20], 3, 2).is_none());
        assert!(decode(&fragment(), 3, 1).is_none());
    }
}
