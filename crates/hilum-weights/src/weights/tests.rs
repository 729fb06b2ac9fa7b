use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use hilum_graph::Tensor;

use super::pytorch::pickle;
use super::read::unwrapped;
use super::*;

/// Files of `tests/reference/weights/make_pth.py`.
fn reference(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/weights");
    Path::new(folder).join(name)
}

/// What PyTorch reads from them: shape and values by name.
fn expected(part: &str) -> BTreeMap<String, Tensor> {
    let text = std::fs::read_to_string(reference("expected.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let tensor = |json: &serde_json::Value| {
        let shape = serde_json::from_value(json["shape"].clone()).unwrap();
        let values: Vec<f64> = serde_json::from_value(json["values"].clone()).unwrap();
        Tensor::new(shape, values.iter().map(|value| *value as f32).collect())
    };
    let tensors = json[part].as_object().unwrap().iter();
    tensors
        .map(|(name, json)| (name.clone(), tensor(json)))
        .collect()
}

fn read_bytes(bytes: &[u8]) -> Result<WeightsFile, WeightsError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    read_weights(file.path())
}

/// An error and its causes, as a person sees them.
fn told(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(told);
    [Some(error.to_string()), cause]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n")
}

fn refusal(name: &str) -> String {
    told(&read_weights(&reference(name)).unwrap_err())
}

#[test]
fn every_format_gives_what_pytorch_reads() {
    let files = [
        ("zip.pth", WeightsFormat::PytorchZip),
        ("deflated.pth", WeightsFormat::PytorchZip),
        ("protocol4.pth", WeightsFormat::PytorchZip),
        ("legacy.pth", WeightsFormat::PytorchLegacy),
        ("half.safetensors", WeightsFormat::Safetensors),
    ];
    let expected = expected("tensors");
    for (name, format) in files {
        let file = read_weights(&reference(name)).unwrap();
        assert_eq!(file.format, format, "of {name}");
        assert_eq!(file.tensors.len(), expected.len(), "of {name}");
        for (tensor, found) in file.tensors.iter() {
            assert_eq!(found, &expected[tensor], "{tensor} of {name}");
        }
    }
}

#[test]
fn integers_are_told_but_not_the_counters_of_batch_norm() {
    for name in ["zip.pth", "legacy.pth", "half.safetensors"] {
        let mut ignored = read_weights(&reference(name)).unwrap().ignored;
        ignored.sort_by(|a, b| a.name.cmp(&b.name));
        let tensor = |name: &str, element_type: &str| IgnoredTensor {
            name: name.to_owned(),
            element_type: element_type.to_owned(),
        };
        assert_eq!(
            ignored,
            [tensor("mask", "BOOL"), tensor("positions", "I64")]
        );
    }
}

#[test]
fn a_state_dict_within_a_checkpoint_is_found_and_its_prefix_taken_off() {
    let file = read_weights(&reference("nested.pth")).unwrap();
    let found: BTreeMap<String, Tensor> = file.tensors.into_iter().collect();
    assert_eq!(found, expected("nested"));
    assert!(found.contains_key("1.running_var"));
}

#[test]
fn prefixes_of_wrappers_are_taken_off_only_where_all_names_have_them() {
    let unwrapped_names = |names: [&str; 2]| {
        let tensor = Tensor::new(vec![], vec![0.0]);
        let tensors = names.map(|name| (name.to_owned(), tensor.clone()));
        unwrapped(tensors.into())
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        unwrapped_names(["_orig_mod.module.a", "_orig_mod.module.b"]),
        ["a", "b"]
    );
    assert_eq!(
        unwrapped_names(["module._orig_mod.a", "module._orig_mod.b"]),
        ["a", "b"]
    );
    assert_eq!(unwrapped_names(["module.a", "b"]), ["module.a", "b"]);
}

#[test]
fn the_content_decides_and_not_the_name() {
    let folder = tempfile::tempdir().unwrap();
    for (source, name) in [("zip.pth", "a.safetensors"), ("half.safetensors", "b.pth")] {
        let path = folder.path().join(name);
        std::fs::copy(reference(source), &path).unwrap();
        let file = read_weights(&path).unwrap();
        assert_eq!(file, read_weights(&reference(source)).unwrap());
    }
}

#[test]
fn what_a_pickle_would_run_is_refused_by_name_and_not_run() {
    let exploit = refusal("exploit.pth");
    assert!(exploit.contains("`posix.system`"), "{exploit}");
    assert!(exploit.contains("was not run"), "{exploit}");
    assert!(!Path::new("/tmp/hilum-was-tricked").exists());
    let model = refusal("whole_model.pth");
    assert!(
        model.contains("`torch.nn.modules.linear.Linear`"),
        "{model}"
    );
    assert!(model.contains("hint: re-save the weights alone"), "{model}");
}

#[test]
fn a_file_without_a_state_dict_says_what_it_holds() {
    let keys = refusal("other_keys.pth");
    assert!(
        keys.contains("a dictionary with `epoch`, `weights`"),
        "{keys}"
    );
    assert!(refusal("list.pth").contains("a list"));
    assert!(refusal("integers.pth").contains("no tensor of floating-point numbers"));
}

#[test]
fn a_weight_that_is_not_finite_is_named() {
    let error = refusal("infinite.pth");
    assert!(error.contains("`diverged`"), "{error}");
    assert!(error.contains("position 2"), "{error}");
    assert!(error.contains("infinite.pth"), "{error}");
}

#[test]
fn other_files_are_called_what_they_are() {
    let cases: [(&[u8], &str); 7] = [
        (b"", "empty"),
        (b"epoch,loss\n1,0.5\n", "text"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"\x80\x04N.", "a pickle"),
        (b"\x1f\x8b\x08", "gzip"),
        (&[0xff; 40], "unknown"),
    ];
    for (bytes, expected) in cases {
        let error = read_bytes(bytes).unwrap_err().to_string();
        assert!(error.contains("is not a weights file"), "{error}");
        assert!(error.contains(expected), "{error}");
    }
    let error = read_weights(Path::new("/absent/weights.pth")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `/absent/weights.pth`");
}

#[test]
fn every_truncation_is_refused() {
    for name in ["zip.pth", "legacy.pth", "half.safetensors"] {
        let bytes = std::fs::read(reference(name)).unwrap();
        for length in (0..bytes.len()).step_by(7) {
            assert!(
                read_bytes(&bytes[..length]).is_err(),
                "{length} bytes of {name}"
            );
        }
    }
}

#[test]
fn a_flipped_bit_in_a_zip_file_s_storage_is_noticed() {
    let path = reference("zip.pth");
    let mut bytes = std::fs::read(&path).unwrap();
    // The values of `scalar`, 0.1 as f32, stand alone in their storage.
    let storage = 0.1_f32.to_le_bytes();
    let position = bytes.windows(4).position(|part| part == storage).unwrap();
    bytes[position] ^= 1;
    let error = told(&read_bytes(&bytes).unwrap_err());
    assert!(error.contains("its zip archive is damaged"), "{error}");
}

/// A file of the older format with one tensor of one value, viewed by `shape` and `strides`.
fn legacy_file(shape: &[i32], strides: &[i32]) -> Vec<u8> {
    let legacy = std::fs::read(reference("legacy.pth")).unwrap();
    // The three pickles before the state dict.
    let mut file = legacy[..137].to_vec();
    let tuple = |numbers: &[i32]| {
        let pushed = numbers.iter().flat_map(|number| {
            let number = number.to_le_bytes();
            [b'J', number[0], number[1], number[2], number[3]]
        });
        [b"(".to_vec(), pushed.collect(), b"t".to_vec()].concat()
    };
    file.extend(b"\x80\x02}U\x06weightctorch._utils\n_rebuild_tensor_v2\n((U\x07storage");
    file.extend(b"ctorch\nFloatStorage\nU\x01kU\x03cpuK\x01NtQK\x00");
    file.extend(tuple(shape));
    file.extend(tuple(strides));
    file.extend(b"tRs.");
    file.extend(b"\x80\x02]U\x01ka.");
    file.extend(1_u64.to_le_bytes());
    file.extend(0.5_f32.to_le_bytes());
    file
}

#[test]
fn a_view_cannot_leave_its_storage_or_ask_for_all_memory() {
    let read = |shape: &[i32], strides: &[i32]| read_bytes(&legacy_file(shape, strides));
    let good = read(&[1, 2], &[7, 0]).unwrap();
    let expected = Tensor::new(vec![1, 2], vec![0.5, 0.5]);
    assert_eq!(good.tensors.get("weight"), Some(&expected));

    let outside = told(&read(&[2], &[1]).unwrap_err());
    assert!(
        outside.contains("`weight` reaches beyond the end"),
        "{outside}"
    );
    let wide = told(&read(&[i32::MAX; 4], &[i32::MAX; 4]).unwrap_err());
    assert!(wide.contains("`weight` reaches beyond the end"), "{wide}");
    let repeated = told(&read(&[1 << 15, 1 << 15], &[0, 0]).unwrap_err());
    assert!(repeated.contains("out of all proportion"), "{repeated}");
    assert!(read(&[-1], &[1]).is_err());
    assert!(read(&[1], &[]).is_err());
}

#[test]
fn deep_nesting_and_cycles_cost_no_stack() {
    // A million tuples within one another, and a list that holds itself.
    let mut deep = vec![b')'];
    deep.extend(vec![0x85; 1_000_000]);
    deep.push(b'.');
    pickle::load(&mut pickle::Reader::new(&deep)).unwrap();
    pickle::load(&mut pickle::Reader::new(b"]q\x00h\x00a.")).unwrap();
}

proptest! {
    #[test]
    fn a_damaged_file_never_panics(
        file in prop::sample::select(vec!["zip.pth", "legacy.pth", "nested.pth", "deflated.pth"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = std::fs::read(reference(file)).unwrap();
        for (position, value) in changes {
            let position = position.index(bytes.len());
            bytes[position] = value;
        }
        let _ = read_bytes(&bytes);
    }

    #[test]
    fn a_damaged_pickle_never_panics(
        changes in prop::collection::vec((137_usize..620, any::<u8>()), 1..8),
    ) {
        let mut bytes = std::fs::read(reference("legacy.pth")).unwrap();
        for (position, value) in changes {
            bytes[position] = value;
        }
        let _ = read_bytes(&bytes);
    }

    #[test]
    fn any_sequence_of_opcodes_is_read_or_refused(
        codes in prop::collection::vec(
            prop::sample::select(b"(.0N\x88\x89JKM\x8aGX\x8cU]ae}su)t\x85\x86\x87qr\x94hjc\x93R\x81bQ\x01\x00".to_vec()),
            0..60,
        ),
    ) {
        let _ = pickle::load(&mut pickle::Reader::new(&codes));
    }
}
