//! How a file is changed.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// Values that lengths and counts are set to.
const EXTREMES: [u64; 12] = [
    0,
    1,
    0x7f,
    0xff,
    0x7fff,
    0xffff,
    0x00ff_ffff,
    0x7fff_ffff,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
    u64::MAX - 7,
];

/// The longest file that splices may make.
const LONGEST: usize = 1 << 20;

/// Changes `bytes` in one to four ways; `other` is a file to take parts from.
pub(crate) fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut ChaCha8Rng) {
    for _ in 0..random.random_range(1..=4) {
        if bytes.is_empty() {
            return;
        }
        match random.random_range(0..8) {
            0 => flip_bits(bytes, random),
            1 | 2 => set_extreme(bytes, random),
            3 => {
                let at = place(bytes, random);
                bytes[at] = random.random();
            }
            4 => bytes.truncate(random.random_range(0..bytes.len())),
            5 => {
                let part = part_of(other, random).to_vec();
                insert(bytes, &part, random);
            }
            6 => {
                let part = part_of(bytes, random).to_vec();
                insert(bytes, &part, random);
            }
            _ => {
                let (first, length) = span(bytes.len(), random);
                bytes.drain(first..first + length);
            }
        }
    }
}

/// A position: in the first kilobyte, where headers are, half of the time.
fn place(bytes: &[u8], random: &mut ChaCha8Rng) -> usize {
    let head = bytes.len().min(1024);
    let end = if random.random() { head } else { bytes.len() };
    random.random_range(0..end)
}

fn flip_bits(bytes: &mut [u8], random: &mut ChaCha8Rng) {
    for _ in 0..random.random_range(1..=8) {
        let at = place(bytes, random);
        bytes[at] ^= 1 << random.random_range(0..8);
    }
}

/// A number of one, two, four or eight bytes, in either order.
fn set_extreme(bytes: &mut [u8], random: &mut ChaCha8Rng) {
    let value = EXTREMES[random.random_range(0..EXTREMES.len())];
    let length = 1 << random.random_range(0..4);
    let at = place(bytes, random);
    let end = bytes.len().min(at + length);
    let little: [u8; 8] = value.to_le_bytes();
    let is_big_endian: bool = random.random();
    for (index, byte) in bytes[at..end].iter_mut().enumerate() {
        *byte = little[if is_big_endian {
            length - 1 - index
        } else {
            index
        }];
    }
}

fn span(length: usize, random: &mut ChaCha8Rng) -> (usize, usize) {
    let first = random.random_range(0..length);
    let most = (length - first).min(if random.random() { 64 } else { 4096 });
    (first, random.random_range(1..=most))
}

fn part_of<'bytes>(bytes: &'bytes [u8], random: &mut ChaCha8Rng) -> &'bytes [u8] {
    if bytes.is_empty() {
        return bytes;
    }
    let (first, length) = span(bytes.len(), random);
    &bytes[first..first + length]
}

fn insert(bytes: &mut Vec<u8>, part: &[u8], random: &mut ChaCha8Rng) {
    let at = place(bytes, random);
    if random.random() {
        let end = bytes.len().min(at + part.len());
        bytes[at..end].copy_from_slice(&part[..end - at]);
    } else if bytes.len() + part.len() <= LONGEST {
        bytes.splice(at..at, part.iter().copied());
    }
}
