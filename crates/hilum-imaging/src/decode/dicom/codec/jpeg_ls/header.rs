//! Marker segments before the scan (ITU-T T.87 annex C).

use super::super::CodecProblem;

/// What a scan is decoded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parameters {
    /// MAXVAL.
    pub(super) largest: i32,
    /// NEAR.
    pub(super) near: i32,
    /// T1, T2, T3.
    pub(super) thresholds: [i32; 3],
    /// RESET.
    pub(super) reset: i32,
}

pub(super) struct Header<'a> {
    pub(super) precision: u8,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) components: u8,
    pub(super) parameters: Parameters,
    /// Al: bits that the encoder dropped below.
    pub(super) point_transform: u8,
    /// In lines; 0 without restarts.
    pub(super) restart_interval: usize,
    pub(super) data: &'a [u8],
}

impl<'a> Header<'a> {
    pub(super) fn read(stream: &'a [u8]) -> Result<Self, CodecProblem> {
        let mut position = 2;
        let mut frame = None;
        let mut preset = [0_u16; 5];
        let mut restart_interval = 0;
        loop {
            let (marker, segment) = segment(stream, &mut position)?;
            match marker {
                0xf7 => {
                    let &[precision, h0, h1, w0, w1, components, ..] = segment else {
                        return Err(CodecProblem::Truncated);
                    };
                    let (width, height) = ([w0, w1], [h0, h1]);
                    frame = Some((precision, width, height, components));
                }
                // T.87 C.2.4.1.1; the other kinds are tables and sizes that no CT image has.
                0xf8 => match segment.split_first() {
                    Some((1, values)) if values.len() >= 10 => {
                        for (index, value) in preset.iter_mut().enumerate() {
                            *value = u16::from_be_bytes([values[2 * index], values[2 * index + 1]]);
                        }
                    }
                    Some((1..=3, _)) => {
                        return Err(CodecProblem::Unsupported("JPEG-LS with a mapping table"));
                    }
                    _ => {}
                },
                0xdd => {
                    let bytes = segment.iter().take(4);
                    restart_interval = bytes.fold(0, |lines, byte| lines << 8 | usize::from(*byte));
                }
                0xda => {
                    let (precision, width, height, components) =
                        frame.ok_or(CodecProblem::Damaged("a scan without a frame"))?;
                    let (near, point_transform) = read_scan(segment)?;
                    return Ok(Self {
                        precision,
                        width: u16::from_be_bytes(width),
                        height: u16::from_be_bytes(height),
                        components,
                        parameters: parameters(precision, near, preset)?,
                        point_transform,
                        restart_interval,
                        data: &stream[position..],
                    });
                }
                _ => {}
            }
        }
    }
}

/// The next marker segment.
fn segment<'a>(stream: &'a [u8], position: &mut usize) -> Result<(u8, &'a [u8]), CodecProblem> {
    loop {
        let rest = stream.get(*position..).ok_or(CodecProblem::Truncated)?;
        let &[ones, marker, ..] = rest else {
            return Err(CodecProblem::Truncated);
        };
        if ones != 0xff || marker == 0xff {
            *position += 1;
            continue;
        }
        let length = rest.get(2..4).ok_or(CodecProblem::Truncated)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let segment = rest.get(4..length + 2).ok_or(CodecProblem::Truncated)?;
        *position += length + 2;
        return Ok((marker, segment));
    }
}

/// NEAR and the point transform (T.87 C.2.3).
fn read_scan(segment: &[u8]) -> Result<(u8, u8), CodecProblem> {
    match *segment {
        [1, _, 0, near, _, approximation, ..] => Ok((near, approximation & 15)),
        [1, _, _, ..] => Err(CodecProblem::Unsupported("JPEG-LS with a mapping table")),
        _ => Err(CodecProblem::Damaged("a scan of several components")),
    }
}

/// Values that the stream presets, the defaults of T.87 C.2.4.1.1.1 elsewhere.
fn parameters(precision: u8, near: u8, preset: [u16; 5]) -> Result<Parameters, CodecProblem> {
    const CANNOT_BE: CodecProblem = CodecProblem::Damaged("JPEG-LS parameters that cannot be");
    if !(2..=16).contains(&precision) {
        return Err(CANNOT_BE);
    }
    let [largest, t1, t2, t3, reset] = preset.map(i32::from);
    let most = (1 << precision) - 1;
    let largest = if largest == 0 { most } else { largest };
    let near = i32::from(near);
    if largest > most || near > 255.min(largest / 2) {
        return Err(CANNOT_BE);
    }
    let defaults = default_thresholds(largest, near);
    let chosen = |value: i32, default: i32| if value == 0 { default } else { value };
    let [d1, d2, d3] = defaults;
    let thresholds = [chosen(t1, d1), chosen(t2, d2), chosen(t3, d3)];
    let [t1, t2, t3] = thresholds;
    let reset = chosen(reset, 64);
    if !(near < t1 && t1 <= t2 && t2 <= t3 && t3 <= largest && reset >= 3) {
        return Err(CANNOT_BE);
    }
    Ok(Parameters {
        largest,
        near,
        thresholds,
        reset,
    })
}

fn default_thresholds(largest: i32, near: i32) -> [i32; 3] {
    let clamp = |value: i32, least: i32| {
        if value > largest || value < least {
            least
        } else {
            value
        }
    };
    if largest >= 128 {
        let factor = (largest.min(4095) + 128) / 256;
        let t1 = clamp(factor + 2 + 3 * near, near + 1);
        let t2 = clamp(factor * 4 + 3 + 5 * near, t1);
        let t3 = clamp(factor * 17 + 4 + 7 * near, t2);
        return [t1, t2, t3];
    }
    let factor = 256 / (largest + 1);
    let t1 = clamp((3 / factor + 3 * near).max(2), near + 1);
    let t2 = clamp((7 / factor + 5 * near).max(3), t1);
    let t3 = clamp((21 / factor + 7 * near).max(4), t2);
    [t1, t2, t3]
}
