//! Event files that TensorBoard opens.
//!
//! A file is a sequence of TFRecords (length, masked CRC-32C of the length, data, masked CRC-32C
//! of the data; `tensorflow/core/lib/io/record_writer.h`), each an `Event` in protocol buffers
//! (`tensorboard/compat/proto/event.proto`). Each epoch is one record, so that it is there as a
//! whole or not at all. The kept crates that write such files bring a code generator or an
//! asynchronous runtime; a handful of fields needs neither.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::SystemTime;

use fs_err::OpenOptions;
use hilum_files::write_atomically;
use hilum_metrics::{EpochRow, History};

use super::log::split_values;

/// Makes the file say what `history` says: cuts back what it does not know or what a killed
/// process left incomplete, and adds what is missing.
///
/// # Errors
/// Any error of the disk, with the path.
pub(crate) fn synchronise(path: &Path, history: &History) -> io::Result<()> {
    let bytes = match fs_err::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let (length, epoch_count) = agreed(&bytes, history);
    let missing = &history.rows[epoch_count..];
    if length == 0 {
        return write_atomically(path, |file| {
            file.write_all(&version_record(now_s()))?;
            missing
                .iter()
                .try_for_each(|row| file.write_all(&epoch_record(row, now_s())))
        });
    }
    // The file is cut in place, so that a TensorBoard that has it open follows on.
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(length as u64)?;
    file.sync_all()?;
    missing.iter().try_for_each(|row| append(path, row))
}

/// Adds an epoch.
///
/// # Errors
/// Any error of the disk, with the path.
pub(crate) fn append(path: &Path, row: &EpochRow) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(&epoch_record(row, now_s()))?;
    file.sync_data()
}

/// How many bytes at the start of a file are whole records of epochs that `history` has, in
/// order, and how many epochs that is.
fn agreed(bytes: &[u8], history: &History) -> (usize, usize) {
    let Some((version, rest)) = split_record(bytes) else {
        return (0, 0);
    };
    if step_of(version) != 0 {
        return (0, 0);
    }
    let mut rest = rest;
    let mut epoch_count = 0;
    while let Some((record, behind)) = split_record(rest)
        && let Some(row) = history.rows.get(epoch_count)
        && step_of(record) == row.epoch as u64
    {
        rest = behind;
        epoch_count += 1;
    }
    (bytes.len() - rest.len(), epoch_count)
}

/// The data of the first record, and what follows; `None` if there is no whole, intact record.
fn split_record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let (length_check, rest) = rest.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*length_check) != masked_crc(length) {
        return None;
    }
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (data, rest) = rest.split_at_checked(length)?;
    let (data_check, rest) = rest.split_first_chunk::<4>()?;
    (u32::from_le_bytes(*data_check) == masked_crc(data)).then_some((data, rest))
}

/// The step of an event that was written here: the second field, if it is there.
fn step_of(event: &[u8]) -> u64 {
    match event.get(9..) {
        Some([0x10, varint @ ..]) => {
            let mut step = 0;
            for (position, byte) in varint.iter().take(9).enumerate() {
                step |= u64::from(byte & 0x7F) << (7 * position);
                if byte & 0x80 == 0 {
                    break;
                }
            }
            step
        }
        _ => 0,
    }
}

fn now_s() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

fn version_record(wall_time_s: f64) -> Vec<u8> {
    let mut event = event(wall_time_s, 0);
    bytes_field(&mut event, 3, b"brain.Event:2");
    framed(&event)
}

fn epoch_record(row: &EpochRow, wall_time_s: f64) -> Vec<u8> {
    let mut scalars = vec![
        ("learning_rate".to_owned(), row.learning_rate),
        ("images_per_second".to_owned(), row.images_per_second),
    ];
    for (split, values) in [("train", &row.train), ("valid", &row.valid)] {
        for (name, value) in split_values(values) {
            scalars.extend(value.map(|value| (format!("{name}/{split}"), value)));
        }
    }
    scalars_record(&scalars, row.epoch as u64, wall_time_s)
}

/// `Event { wall_time, step, summary: Summary { value: [Value { tag, simple_value }] } }`
fn scalars_record(scalars: &[(String, f64)], step: u64, wall_time_s: f64) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, value) in scalars {
        let mut entry = Vec::new();
        bytes_field(&mut entry, 1, tag.as_bytes());
        entry.push((2 << 3) | 5);
        entry.extend((*value as f32).to_le_bytes());
        bytes_field(&mut summary, 1, &entry);
    }
    let mut event = event(wall_time_s, step);
    bytes_field(&mut event, 5, &summary);
    framed(&event)
}

/// `Event { wall_time, step }`; a step of 0 is the default and not written.
fn event(wall_time_s: f64, step: u64) -> Vec<u8> {
    let mut event = vec![(1 << 3) | 1];
    event.extend(wall_time_s.to_le_bytes());
    if step > 0 {
        event.push(2 << 3);
        varint(&mut event, step);
    }
    event
}

fn bytes_field(message: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    message.push((number << 3) | 2);
    varint(message, bytes.len() as u64);
    message.extend(bytes);
}

fn varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = length.to_vec();
    record.extend(masked_crc(&length).to_le_bytes());
    record.extend(data);
    record.extend(masked_crc(data).to_le_bytes());
    record
}

/// CRC-32C, rotated and shifted: `tensorflow/core/lib/hash/crc32c.h`.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
        .rotate_right(15)
        .wrapping_add(0xA282_EAD8)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Reference {
        wall_time_s: f64,
        step: u64,
        scalars: Vec<(String, f64)>,
        version_record: String,
        scalars_record: String,
    }

    fn reference() -> Reference {
        serde_json::from_str(include_str!("../../tests/reference/events.json")).unwrap()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    fn history(epochs: usize) -> History {
        let row = |epoch| EpochRow {
            epoch,
            learning_rate: 1e-3,
            seconds: 1.0,
            images_per_second: 10.0,
            train: hilum_metrics::SplitRow::default(),
            valid: hilum_metrics::SplitRow::default(),
        };
        History {
            rows: (1..=epochs).map(row).collect(),
            best_epoch: None,
        }
    }

    fn steps(bytes: &[u8]) -> Vec<u64> {
        let mut rest = bytes;
        let mut steps = Vec::new();
        while let Some((record, behind)) = split_record(rest) {
            steps.push(step_of(record));
            rest = behind;
        }
        assert!(rest.is_empty(), "half a record is left");
        steps
    }

    #[test]
    fn records_are_tensorflow_s_byte_for_byte() {
        let reference = reference();
        assert_eq!(
            hex(&version_record(reference.wall_time_s)),
            reference.version_record
        );
        let record = scalars_record(&reference.scalars, reference.step, reference.wall_time_s);
        assert_eq!(hex(&record), reference.scalars_record);
    }

    #[test]
    fn checksums_are_those_of_rfc_3720() {
        // RFC 3720, appendix B.4.
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc32c::crc32c(&[0xFF; 32]), 0x62A8_AB43);
        let ascending: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c::crc32c(&ascending), 0x46DD_794E);
    }

    #[test]
    fn wherever_a_kill_cuts_the_file_no_step_is_lost_or_doubled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        synchronise(&path, &history(3)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(steps(&whole), [0, 1, 2, 3]);
        for length in (0..whole.len()).step_by(3) {
            std::fs::write(&path, &whole[..length]).unwrap();
            synchronise(&path, &history(2)).unwrap();
            append(&path, &history(3).rows[2]).unwrap();
            assert_eq!(steps(&std::fs::read(&path).unwrap()), [0, 1, 2, 3]);
        }
    }

    #[test]
    fn epochs_that_the_checkpoint_does_not_know_are_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        synchronise(&path, &history(300)).unwrap();
        synchronise(&path, &history(200)).unwrap();
        assert_eq!(
            steps(&std::fs::read(&path).unwrap()),
            (0..=200).collect::<Vec<_>>()
        );
        std::fs::write(&path, b"something else").unwrap();
        synchronise(&path, &history(1)).unwrap();
        assert_eq!(steps(&std::fs::read(&path).unwrap()), [0, 1]);
    }
}
