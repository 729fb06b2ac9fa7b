//! Marker segments before the scan (ITU-T T.81 annex B).

use super::super::CodecProblem;
use super::huffman::HuffmanTable;

/// How an image is coded, by its start-of-frame marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Process {
    /// Baseline or extended sequential DCT.
    Sequential,
    Progressive,
    Lossless,
    /// ITU-T T.87.
    JpegLs,
}

const fn process_of(marker: u8) -> Option<Process> {
    match marker {
        0xc0 | 0xc1 => Some(Process::Sequential),
        0xc2 => Some(Process::Progressive),
        0xc3 => Some(Process::Lossless),
        0xf7 => Some(Process::JpegLs),
        _ => None,
    }
}

/// The frame header (T.81 B.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) precision: u8,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) components: u8,
    pub(super) process: Process,
}

/// The scan header of one component (T.81 B.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scan {
    pub(super) dc_table: usize,
    pub(super) ac_table: usize,
    /// Ss: the predictor of a lossless scan.
    pub(super) predictor: u8,
    /// Al: the point transform of a lossless scan.
    pub(super) point_transform: u8,
}

/// Everything before the entropy-coded data of the one scan.
pub(super) struct Image<'a> {
    pub(super) frame: Frame,
    pub(super) scan: Scan,
    /// T.81 B.2.4.1, in zigzag order.
    pub(super) quantisation: [Option<[u16; 64]>; 4],
    pub(super) quantisation_index: usize,
    pub(super) dc_tables: [Option<HuffmanTable>; 4],
    pub(super) ac_tables: [Option<HuffmanTable>; 4],
    /// In blocks or samples; 0 without restarts.
    pub(super) restart_interval: usize,
    pub(super) data: &'a [u8],
}

/// A marker's code with its segment, and where the next begins.
struct Segments<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Segments<'a> {
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        loop {
            // Bytes between segments do not belong there; a marker begins with 0xff all the same.
            while *self.bytes.get(self.position)? != 0xff {
                self.position += 1;
            }
            while *self.bytes.get(self.position)? == 0xff {
                self.position += 1;
            }
            let marker = self.bytes[self.position];
            self.position += 1;
            match marker {
                0x00 | 0x01 | 0xd0..=0xd8 => {}
                0xd9 => return None,
                _ => {
                    let rest = &self.bytes[self.position..];
                    let &[high, low, ..] = rest else { return None };
                    let length = usize::from(u16::from_be_bytes([high, low]));
                    let segment = rest.get(2..length)?;
                    self.position += length;
                    return Some((marker, segment));
                }
            }
        }
    }
}

/// The process of a stream that begins with a start-of-image marker.
pub(in super::super) fn process(stream: &[u8]) -> Option<Process> {
    let mut segments = Segments {
        bytes: stream,
        position: 2,
    };
    while let Some((marker, _)) = segments.next() {
        if let Some(process) = process_of(marker) {
            return Some(process);
        }
        if matches!(marker, 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | 0xda) {
            return None;
        }
    }
    None
}

impl<'a> Image<'a> {
    pub(super) fn read(stream: &'a [u8]) -> Result<Self, CodecProblem> {
        let mut segments = Segments {
            bytes: stream,
            position: 2,
        };
        let mut quantisation = [None; 4];
        let mut dc_tables = [const { None }; 4];
        let mut ac_tables = [const { None }; 4];
        let mut restart_interval = 0;
        let mut frame = None;
        while let Some((marker, segment)) = segments.next() {
            match marker {
                0xc4 => read_huffman(segment, &mut dc_tables, &mut ac_tables)?,
                0xdb => read_quantisation(segment, &mut quantisation)?,
                0xdd => {
                    let &[high, low, ..] = segment else {
                        return Err(CodecProblem::Truncated);
                    };
                    restart_interval = usize::from(u16::from_be_bytes([high, low]));
                }
                0xda => {
                    let (frame, quantisation_index) =
                        frame.ok_or(CodecProblem::Damaged("a scan without a frame"))?;
                    return Ok(Self {
                        frame,
                        scan: read_scan(segment)?,
                        quantisation,
                        quantisation_index,
                        dc_tables,
                        ac_tables,
                        restart_interval,
                        data: &stream[segments.position..],
                    });
                }
                0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    return Err(CodecProblem::Unsupported("arithmetic or hierarchical JPEG"));
                }
                _ => {
                    if let Some(process) = process_of(marker) {
                        frame = Some(read_frame(segment, process)?);
                    }
                }
            }
        }
        Err(CodecProblem::Truncated)
    }
}

fn read_frame(segment: &[u8], process: Process) -> Result<(Frame, usize), CodecProblem> {
    let &[
        precision,
        h0,
        h1,
        w0,
        w1,
        components,
        _,
        _,
        quantisation,
        ..,
    ] = segment
    else {
        return Err(CodecProblem::Truncated);
    };
    let is_known = match process {
        Process::Lossless => (2..=16).contains(&precision),
        _ => matches!(precision, 8 | 12),
    };
    if !is_known || quantisation > 3 {
        return Err(CodecProblem::Damaged("a frame header that cannot be"));
    }
    let frame = Frame {
        precision,
        width: u16::from_be_bytes([w0, w1]),
        height: u16::from_be_bytes([h0, h1]),
        components,
        process,
    };
    Ok((frame, usize::from(quantisation)))
}

fn read_scan(segment: &[u8]) -> Result<Scan, CodecProblem> {
    let &[1, _, tables, predictor, _, approximation, ..] = segment else {
        return Err(CodecProblem::Damaged("a scan of several components"));
    };
    let (dc_table, ac_table) = (usize::from(tables >> 4), usize::from(tables & 15));
    if dc_table > 3 || ac_table > 3 {
        return Err(CodecProblem::Damaged("a scan header that cannot be"));
    }
    Ok(Scan {
        dc_table,
        ac_table,
        predictor,
        point_transform: approximation & 15,
    })
}

/// T.81 B.2.4.2.
fn read_huffman(
    mut segment: &[u8],
    dc_tables: &mut [Option<HuffmanTable>; 4],
    ac_tables: &mut [Option<HuffmanTable>; 4],
) -> Result<(), CodecProblem> {
    while let Some((place, rest)) = segment.split_first() {
        let (counts, rest) = rest.split_at_checked(16).ok_or(CodecProblem::Truncated)?;
        let total = counts.iter().map(|count| usize::from(*count)).sum();
        let (values, rest) = rest
            .split_at_checked(total)
            .ok_or(CodecProblem::Truncated)?;
        let table = HuffmanTable::new(counts, values)
            .ok_or(CodecProblem::Damaged("a Huffman table that cannot be"))?;
        let tables = if place >> 4 == 0 {
            &mut *dc_tables
        } else {
            &mut *ac_tables
        };
        let slot = tables.get_mut(usize::from(place & 15));
        *slot.ok_or(CodecProblem::Damaged("a Huffman table too many"))? = Some(table);
        segment = rest;
    }
    Ok(())
}

/// T.81 B.2.4.1.
fn read_quantisation(
    mut segment: &[u8],
    tables: &mut [Option<[u16; 64]>; 4],
) -> Result<(), CodecProblem> {
    while let Some((place, rest)) = segment.split_first() {
        let is_wide = place >> 4 != 0;
        let length = if is_wide { 128 } else { 64 };
        let (values, rest) = rest
            .split_at_checked(length)
            .ok_or(CodecProblem::Truncated)?;
        let mut table = [0; 64];
        for (index, step) in table.iter_mut().enumerate() {
            *step = if is_wide {
                u16::from_be_bytes([values[2 * index], values[2 * index + 1]])
            } else {
                u16::from(values[index])
            };
        }
        let slot = tables.get_mut(usize::from(place & 15));
        *slot.ok_or(CodecProblem::Damaged("a quantisation table too many"))? = Some(table);
        segment = rest;
    }
    Ok(())
}
