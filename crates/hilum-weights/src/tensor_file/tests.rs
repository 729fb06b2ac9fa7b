use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use hilum_graph::{Parameters, Tensor};
use proptest::prelude::*;
use safetensors::Dtype;

use super::*;

/// A small file's content, with values that a careless conversion would lose.
fn content() -> (Parameters, BTreeMap<String, String>) {
    let mut tensors = Parameters::new();
    tensors.insert(
        "b.weight",
        Tensor::new(vec![2, 3], vec![0.1, -0.0, 1e-40, 3.4e38, 5.0, 6.0]),
    );
    tensors.insert("a", Tensor::new(vec![], vec![f32::MIN_POSITIVE]));
    tensors.insert("empty", Tensor::new(vec![0, 4], vec![]));
    let metadata = [
        ("state", "{\"epoch\": 3}"),
        ("name", "Größe \"quoted\"\n"),
        ("z", ""),
    ];
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
    (tensors, metadata.into())
}

fn bytes_of(tensors: &Parameters, metadata: &BTreeMap<String, String>) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    write_tensors(&path, tensors.iter(), metadata).unwrap();
    std::fs::read(&path).unwrap()
}

fn read_bytes(bytes: &[u8]) -> Result<(Parameters, BTreeMap<String, String>), TensorFileError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    read_tensors(file.path())
}

#[test]
fn what_was_written_is_read_to_the_bit() {
    let (tensors, metadata) = content();
    let (read, read_metadata) = read_bytes(&bytes_of(&tensors, &metadata)).unwrap();
    assert_eq!(read_metadata, metadata);
    assert_eq!(read, tensors);
    let zero = read.get("b.weight").unwrap().data[1];
    assert!(zero.is_sign_negative());
}

#[test]
fn values_that_are_not_finite_are_kept() {
    let nan = Tensor::new(vec![3], vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]);
    let tensors = Parameters::from_iter([("loss".to_owned(), nan)]);
    let (read, _) = read_bytes(&bytes_of(&tensors, &BTreeMap::new())).unwrap();
    let read = &read.get("loss").unwrap().data;
    assert!(read[0].is_nan());
    assert_eq!(read[1..], [f32::INFINITY, f32::NEG_INFINITY]);
}

#[test]
fn equal_content_gives_equal_bytes_in_whatever_order_it_comes() {
    let (tensors, metadata) = content();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reversed");
    let reversed: Vec<_> = tensors.iter().collect();
    write_tensors(&path, reversed.into_iter().rev(), &metadata).unwrap();
    let first = bytes_of(&tensors, &metadata);
    assert_eq!(std::fs::read(&path).unwrap(), first);
    // A `HashMap` changes its order from one instance to the next.
    assert!((0..8).all(|_| bytes_of(&tensors, &metadata) == first));
}

#[test]
fn the_safetensors_crate_reads_the_same_content() {
    let (tensors, metadata) = content();
    let bytes = bytes_of(&tensors, &metadata);
    let (header_length, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!((8 + header_length) % 8, 0);
    let text = header.metadata().as_ref().unwrap();
    assert!(
        metadata
            .iter()
            .all(|(key, value)| text.get(key) == Some(value))
    );
    assert_eq!(text.len(), metadata.len() + 1);
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.len(), tensors.len());
    for (name, tensor) in tensors.iter() {
        let view = file.tensor(name).unwrap();
        assert_eq!(
            (view.dtype(), view.shape()),
            (Dtype::F32, &tensor.shape[..])
        );
        let bytes: Vec<u8> = tensor.data.iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(view.data(), bytes, "of {name}");
    }
}

#[test]
fn every_truncation_is_called_one() {
    let (tensors, metadata) = content();
    let bytes = bytes_of(&tensors, &metadata);
    for length in 9..bytes.len() {
        match read_bytes(&bytes[..length]) {
            Err(TensorFileError::Truncated {
                expected, found, ..
            }) => {
                assert_eq!(found, length as u64);
                assert!(expected > found);
            }
            other => panic!("of {length} bytes: {other:?}"),
        }
    }
}

#[test]
fn a_longer_file_is_refused() {
    let (tensors, metadata) = content();
    let mut bytes = bytes_of(&tensors, &metadata);
    bytes.push(0);
    let error = read_bytes(&bytes).unwrap_err();
    assert!(
        error.to_string().contains("longer than its header says"),
        "{error}"
    );
}

#[test]
fn a_file_of_another_program_is_foreign() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other");
    let view = safetensors::tensor::TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
    safetensors::serialize_to_file([("weight", view)], None, &path).unwrap();
    let error = read_tensors(&path).unwrap_err();
    assert!(matches!(error, TensorFileError::Foreign { .. }), "{error}");
}

#[test]
fn a_tensor_of_integers_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other");
    let view = safetensors::tensor::TensorView::new(Dtype::I64, vec![1], &[0; 8]).unwrap();
    let metadata = [(DIGEST_KEY.to_owned(), String::new())].into();
    safetensors::serialize_to_file([("steps", view)], Some(metadata), &path).unwrap();
    let error = read_tensors(&path).unwrap_err();
    assert!(error.to_string().contains("`steps`"), "{error}");
    assert!(error.to_string().contains("I64"), "{error}");
}

#[test]
fn what_is_no_safetensors_file_is_refused_with_its_path() {
    for bytes in [
        &b""[..],
        b"epoch,loss\n1,0.5\n",
        b"PK\x03\x04 a zip, really",
        &[0; 64],
    ] {
        let error = read_bytes(bytes).unwrap_err();
        assert!(
            error.to_string().contains("is not a safetensors file"),
            "{error}"
        );
    }
    let error = read_tensors(Path::new("/absent/file")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `/absent/file`");
}

#[test]
fn a_folder_that_does_not_exist_cannot_be_written_to() {
    let (tensors, metadata) = content();
    let error = write_tensors(Path::new("/absent/file"), tensors.iter(), &metadata).unwrap_err();
    assert_eq!(error.to_string(), "cannot write `/absent/file`");
}

#[test]
fn half_precision_is_read_as_f32() {
    // IEEE 754-2019, table 3.5, and the upper half of a binary32 for bfloat16.
    let halves = [0x3C00_u16, 0xC000, 0x3555, 0x0001]
        .map(u16::to_le_bytes)
        .concat();
    let expected = [1.0, -2.0, 0.33325195, 5.9604645e-8];
    assert_eq!(floats(Dtype::F16, &halves).unwrap(), expected);
    let brain = [0x3F80_u16, 0xC000, 0x4049].map(u16::to_le_bytes).concat();
    assert_eq!(floats(Dtype::BF16, &brain).unwrap(), [1.0, -2.0, 3.140625]);
    let doubles = [0.5_f64, 1e300].map(f64::to_le_bytes).concat();
    assert_eq!(floats(Dtype::F64, &doubles).unwrap(), [0.5, f32::INFINITY]);
    assert_eq!(floats(Dtype::I32, &[0; 4]), None);
}

#[test]
fn a_digest_is_that_of_the_values_whatever_their_precision() {
    let half = Tensor::new(vec![2], vec![0.5, -2.0]);
    let tensors = Parameters::from_iter([("weight".to_owned(), half)]);
    let bytes = bytes_of(&tensors, &BTreeMap::new());
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().clone();

    let halves = [0x3800_u16, 0xC000].map(u16::to_le_bytes).concat();
    let view = safetensors::tensor::TensorView::new(Dtype::F16, vec![2], &halves).unwrap();
    let bytes = safetensors::serialize([("weight", view)], metadata).unwrap();
    assert_eq!(read_bytes(&bytes).unwrap().0, tensors);
}

#[test]
fn half_precision_is_written_as_ieee_754_has_it() {
    // The bits are numpy's: `numpy.float16(x).view("uint16")` for 0.1, -2, 65504, 1e-8 and the
    // tie 1 + 2^-11, which goes to the even neighbour.
    let values = vec![0.1, -2.0, 65504.0, 1e-8, 1.000_488_3];
    let bits = [0x2E66_u16, 0xC000, 0x7BFF, 0x0000, 0x3C00];
    let tensors = Parameters::from_iter([("weight".to_owned(), Tensor::new(vec![5], values))]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half");
    write_tensors_as(&path, Precision::Half, tensors.iter(), &BTreeMap::new()).unwrap();

    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(stored_precision(&bytes[..]), Some(Precision::Half));
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let view = file.tensor("weight").unwrap();
    assert_eq!(view.dtype(), Dtype::F16);
    assert_eq!(view.data(), bits.map(u16::to_le_bytes).concat());
    let (read, _) = read_tensors(&path).unwrap();
    let expected = [0.099_975_586, -2.0, 65504.0, 0.0, 1.0];
    assert_eq!(read.get("weight").unwrap().data, expected);
}

#[test]
fn how_numbers_are_kept_is_told_from_the_header_alone() {
    let tensors = Parameters::from_iter([("weight".to_owned(), Tensor::new(vec![1], vec![0.5]))]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("full");
    write_tensors(&path, tensors.iter(), &BTreeMap::new()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(stored_precision(&bytes[..]), Some(Precision::Full));
    assert_eq!(stored_precision(&bytes[..20]), None);
    assert_eq!(stored_precision(&[255_u8; 64][..]), None);
}

#[test]
fn what_half_precision_cannot_hold_is_refused_and_the_old_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half");
    std::fs::write(&path, "old").unwrap();
    for value in [65520.0, -1e6, f32::INFINITY, f32::NAN] {
        let tensor = Tensor::new(vec![2], vec![1.0, value]);
        let tensors = Parameters::from_iter([("variance".to_owned(), tensor)]);
        let written = write_tensors_as(&path, Precision::Half, tensors.iter(), &BTreeMap::new());
        let error = written.unwrap_err();
        assert!(
            matches!(error, TensorFileError::BeyondHalf { position: 1, .. }),
            "{error}"
        );
        assert!(error.to_string().contains("`variance`"), "{error}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}

/// Written once: every write goes through to the disk.
static WRITTEN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let (tensors, metadata) = content();
    bytes_of(&tensors, &metadata)
});

proptest! {
    #[test]
    fn a_changed_byte_is_noticed_or_changes_nothing(position: prop::sample::Index, flip in 1_u8..) {
        let (tensors, metadata) = content();
        let mut bytes = WRITTEN.clone();
        let position = position.index(bytes.len());
        bytes[position] ^= flip;
        if let Ok(read) = read_bytes(&bytes) {
            prop_assert_eq!(read, (tensors, metadata));
        }
    }

    #[test]
    fn a_changed_value_is_always_noticed(position in 0_usize..28, flip in 1_u8..) {
        let mut bytes = WRITTEN.clone();
        let position = bytes.len() - 1 - position;
        bytes[position] ^= flip;
        let error = read_bytes(&bytes).unwrap_err();
        prop_assert!(matches!(error, TensorFileError::Altered { .. }), "{}", error);
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), header: bool) {
        let mut file = Vec::new();
        if header {
            file.extend((bytes.len() as u64 / 2).to_le_bytes());
            file.push(b'{');
        }
        file.extend(bytes);
        prop_assert!(read_bytes(&file).is_err());
    }
}
