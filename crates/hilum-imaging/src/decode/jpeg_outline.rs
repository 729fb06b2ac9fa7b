//! A JPEG's frame header and its end, read without decoding it (ITU-T T.81, annex B).

/// What the frame header says, and whether the data reaches the end-of-image marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JpegOutline {
    pub(super) width: u16,
    pub(super) height: u16,
    /// Values per pixel.
    pub(super) components: u8,
    /// Bits per value.
    pub(super) precision: u8,
    pub(super) process: JpegProcess,
    /// Whether an end-of-image marker follows the scans.
    pub(super) is_complete: bool,
    /// Whether scans began for every coefficient of every colour, to its last bit.
    pub(super) has_all_scans: bool,
}

/// How the image is coded (ITU-T T.81, table B.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JpegProcess {
    /// Baseline, extended or progressive DCT with Huffman coding.
    Huffman,
    /// Lossless with Huffman coding.
    Lossless,
    /// Arithmetic or hierarchical.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutlineError {
    /// The bytes end before the frame header does.
    Truncated,
    /// The bytes are no sequence of JPEG markers.
    Malformed,
}

impl JpegOutline {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, OutlineError> {
        if bytes.len() < 2 {
            return Err(OutlineError::Truncated);
        }
        let mut markers = Markers { bytes, position: 2 };
        let mut outline: Option<Self> = None;
        let mut coverage = Coverage::default();
        while let Some(marker) = markers.next_marker() {
            match marker {
                0xd9 => {
                    let outline = outline.as_mut().ok_or(OutlineError::Malformed)?;
                    outline.is_complete = true;
                    return Ok(*outline);
                }
                // Restart markers and TEM stand alone.
                0x01 | 0xd0..=0xd8 => {}
                _ => {
                    let Some(segment) = markers.segment()? else {
                        break;
                    };
                    if let (Some(process), None) = (process_of(marker), outline) {
                        outline = Some(Self::of_frame(segment, process)?);
                        coverage = Coverage::of_frame(segment, marker == PROGRESSIVE);
                    }
                    if let (START_OF_SCAN, Some(outline)) = (marker, outline.as_mut()) {
                        coverage.add(segment);
                        outline.has_all_scans = coverage.is_whole();
                    }
                }
            }
        }
        outline.ok_or(OutlineError::Truncated)
    }

    /// Reads a frame header (T.81 B.2.2), after its length.
    fn of_frame(segment: &[u8], process: JpegProcess) -> Result<Self, OutlineError> {
        let &[precision, h0, h1, w0, w1, components, ..] = segment else {
            return Err(OutlineError::Malformed);
        };
        Ok(Self {
            width: u16::from_be_bytes([w0, w1]),
            height: u16::from_be_bytes([h0, h1]),
            components,
            precision,
            process,
            is_complete: false,
            has_all_scans: false,
        })
    }
}

const PROGRESSIVE: u8 = 0xc2;
const START_OF_SCAN: u8 = 0xda;

/// For which coefficients scans began (T.81 B.2.3, G.1.1.1).
#[derive(Debug, Default)]
struct Coverage {
    is_progressive: bool,
    /// Each colour's identifier, and the lowest bit that is known of each coefficient.
    colors: Vec<(u8, [u8; 64])>,
}

impl Coverage {
    fn of_frame(segment: &[u8], is_progressive: bool) -> Self {
        let colors = segment.get(6..).unwrap_or_default().as_chunks::<3>().0;
        Self {
            is_progressive,
            colors: colors
                .iter()
                .map(|color| (color[0], [u8::MAX; 64]))
                .collect(),
        }
    }

    fn add(&mut self, segment: &[u8]) {
        let Some((count, rest)) = segment.split_first() else {
            return;
        };
        let count = usize::from(*count) * 2;
        let (Some(selectors), Some(&[first, last, bits])) = (
            rest.get(..count),
            rest.get(count..).and_then(|rest| rest.first_chunk()),
        ) else {
            return;
        };
        let (first, last, low) = if self.is_progressive {
            (first, last.min(63), bits & 15)
        } else {
            (0, 63, 0)
        };
        for selector in selectors.as_chunks::<2>().0 {
            for (identifier, lowest) in &mut self.colors {
                if *identifier == selector[0] && first <= last {
                    lowest[usize::from(first)..=usize::from(last)].fill(low);
                }
            }
        }
    }

    fn is_whole(&self) -> bool {
        let mut colors = self.colors.iter();
        colors.all(|(_, lowest)| lowest.iter().all(|bit| *bit == 0))
    }
}

/// The process of a start-of-frame marker; `None` for every other marker.
fn process_of(marker: u8) -> Option<JpegProcess> {
    match marker {
        0xc0..=0xc2 => Some(JpegProcess::Huffman),
        0xc3 => Some(JpegProcess::Lossless),
        0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => Some(JpegProcess::Other),
        _ => None,
    }
}

struct Markers<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Markers<'a> {
    /// Skips entropy-coded data to the next marker and steps over it.
    fn next_marker(&mut self) -> Option<u8> {
        loop {
            let rest = self.bytes.get(self.position..)?;
            self.position += rest.iter().position(|byte| *byte == 0xff)? + 1;
            // Fill bytes may precede a marker's code; a zero marks a stuffed 0xff.
            while self.bytes.get(self.position) == Some(&0xff) {
                self.position += 1;
            }
            let code = *self.bytes.get(self.position)?;
            self.position += 1;
            if code != 0 {
                return Some(code);
            }
        }
    }

    /// The content of the segment that starts here; `None` where the bytes end within it.
    fn segment(&mut self) -> Result<Option<&'a [u8]>, OutlineError> {
        let Some(&[high, low]) = self.bytes.get(self.position..self.position + 2) else {
            return Ok(None);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            return Err(OutlineError::Malformed);
        }
        let content = self.bytes.get(self.position + 2..self.position + length);
        self.position += length;
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &[u8] = &[0xff, 0xc0, 0, 11, 8, 0, 3, 0, 5, 1, 1, 0x11, 0];

    fn with(tail: &[u8]) -> Result<JpegOutline, OutlineError> {
        JpegOutline::read(&[&[0xff, 0xd8], FRAME, tail].concat())
    }

    #[test]
    fn the_frame_header_and_the_end_are_found() {
        let complete = with(&[0xff, 0xda, 0, 2, 1, 0xff, 0, 2, 0xff, 0xd0, 3, 0xff, 0xd9]).unwrap();
        assert_eq!((complete.width, complete.height), (5, 3));
        assert_eq!((complete.components, complete.precision), (1, 8));
        assert!(complete.is_complete);
    }

    #[test]
    fn a_scan_for_every_colour_and_bit_is_missed() {
        let scan = |selectors: &[u8], spectrum: [u8; 3]| {
            let length = 3 + selectors.len() + spectrum.len();
            let mut bytes = vec![0xff, 0xda, 0, length as u8, (selectors.len() / 2) as u8];
            bytes.extend_from_slice(selectors);
            bytes.extend_from_slice(&spectrum);
            bytes
        };
        assert!(!with(&[]).unwrap().has_all_scans);
        assert!(with(&scan(&[1, 0], [0, 63, 0])).unwrap().has_all_scans);
        assert!(!with(&scan(&[2, 0], [0, 63, 0])).unwrap().has_all_scans);

        let progressive = |scans: &[Vec<u8>]| {
            let mut bytes = vec![0xff, 0xd8];
            bytes.extend_from_slice(FRAME);
            bytes[3] = PROGRESSIVE;
            bytes.extend(scans.concat());
            JpegOutline::read(&bytes).unwrap().has_all_scans
        };
        let (low, high) = (scan(&[1, 0], [0, 0, 0]), scan(&[1, 0], [1, 63, 1]));
        let refined = scan(&[1, 0], [1, 63, 0x10]);
        assert!(!progressive(std::slice::from_ref(&low)));
        assert!(!progressive(&[low.clone(), high.clone()]));
        assert!(progressive(&[low, high, refined]));
    }

    #[test]
    fn a_stuffed_byte_is_no_end() {
        assert!(
            !with(&[0xff, 0xda, 0, 2, 0xff, 0, 0xd9])
                .unwrap()
                .is_complete
        );
    }

    #[test]
    fn an_end_inside_a_thumbnail_is_not_the_end_of_the_image() {
        let comment = [0xff, 0xfe, 0, 4, 0xff, 0xd9];
        assert!(!with(&comment).unwrap().is_complete);
    }

    #[test]
    fn bytes_without_a_frame_are_refused() {
        let read = |bytes: &[u8]| JpegOutline::read(bytes).unwrap_err();
        assert_eq!(read(&[0xff, 0xd8, 0xff]), OutlineError::Truncated);
        assert_eq!(read(&[0xff, 0xd8, 0xff, 0xd9]), OutlineError::Malformed);
        assert_eq!(
            read(&[0xff, 0xd8, 0xff, 0xe0, 0, 1]),
            OutlineError::Malformed
        );
    }
}
