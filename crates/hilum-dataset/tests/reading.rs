//! Every layout and every way in which one is wrong.

#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod folder;

use folder::Folder;
use hilum_core::{ClassName, Split};
use hilum_dataset::{
    ClassMap, ClassSets, Dataset, IgnoreReason, Layout, Overwrite, ReadError, ReadSettings,
    WriteManifestError, write_manifest,
};

fn read(folder: &Folder) -> Result<Dataset, ReadError> {
    Dataset::read(folder.path(), &ReadSettings::default())
}

fn message(folder: &Folder) -> String {
    read(folder).unwrap_err().to_string()
}

fn relatives(dataset: &Dataset, split: Split) -> Vec<&str> {
    dataset
        .of(split)
        .map(|(_, sample)| sample.relative.as_str())
        .collect()
}

#[test]
fn split_folders_are_read_whatever_their_case() {
    let folder = Folder::new();
    for split in ["TRAIN", "Validation", "test"] {
        folder.class(&format!("{split}/normal"), 2);
        folder.class(&format!("{split}/tumour"), 1);
    }
    let dataset = read(&folder).unwrap();
    assert_eq!(dataset.layout(), Layout::SplitFolders);
    assert_eq!(dataset.splits(), Split::ALL);
    assert_eq!(dataset.class_counts(Split::Valid), [2, 1]);
    assert_eq!(
        relatives(&dataset, Split::Train),
        [
            "TRAIN/normal/0.png",
            "TRAIN/normal/1.png",
            "TRAIN/tumour/0.png"
        ]
    );
    assert!(dataset.samples().iter().all(|sample| sample.path.is_file()));
}

#[test]
fn a_split_that_is_not_there_is_asked_for_in_vain() {
    let folder = Folder::new();
    folder.class("train/a", 1);
    folder.class("train/b", 1);
    let dataset = read(&folder).unwrap();
    assert!(dataset.require(Split::Train).is_ok());
    let error = dataset.require(Split::Valid).unwrap_err().to_string();
    assert!(
        error.contains("no images for `valid`; it has `train`"),
        "{error}"
    );
    assert_eq!(dataset.of(Split::Test).count(), 0);
}

/// The failure that the notebook did not see: long names in `train`, short ones in `test`.
#[test]
fn staging_suffixes_in_one_split_only_are_the_same_classes() {
    let folder = Folder::new();
    folder.class("train/adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib", 3);
    folder.class("train/large.cell.carcinoma_left.hilum_T2_N2_M0_IIIa", 3);
    folder.class("train/normal", 3);
    folder.class("train/squamous.cell.carcinoma_left.hilum_T1_N2_M0_IIIa", 3);
    for class in [
        "adenocarcinoma",
        "large.cell.carcinoma",
        "normal",
        "squamous.cell.carcinoma",
    ] {
        folder.class(&format!("test/{class}"), 2);
    }
    let dataset = read(&folder).unwrap();
    assert_eq!(dataset.class_counts(Split::Train), [3; 4]);
    assert_eq!(dataset.class_counts(Split::Test), [2; 4]);
    let renamed: Vec<_> = dataset
        .renamed()
        .iter()
        .map(|one| (one.from.as_str(), one.to.as_str()))
        .collect();
    assert_eq!(renamed.len(), 3);
    assert_eq!(
        renamed[0],
        (
            "adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib",
            "adenocarcinoma"
        )
    );
}

#[test]
fn a_class_missing_from_train_stops_the_run() {
    let folder = Folder::new();
    folder.class("train/normal", 3);
    folder.class("train/Large Cell", 4);
    folder.class("train/adenocarcinoma", 4);
    folder.class("test/normal", 2);
    folder.class("test/large.cell", 5);
    folder.class("test/squamous", 6);
    assert_eq!(
        message(&folder),
        "class `large.cell` has no images in `train`
class `squamous` has no images in `train`
class `Large Cell` has no images in `test`
class `adenocarcinoma` has no images in `test`
`train` holds Large Cell (4), adenocarcinoma (4), normal (3)
`test` holds large.cell (5), normal (2), squamous (6)
hint: `test` holds 5 of them; say `--class-map 'Large Cell=large.cell'` if that is the same class
hint: `test` holds 6 of them; is the folder under `train` named differently? map it with `--class-map`
hint: `train` holds 4 of them; is the folder under `test` named differently? map it with `--class-map`"
    );
}

#[test]
fn the_suggested_map_mends_the_data() {
    let folder = Folder::new();
    folder.class("train/normal", 3);
    folder.class("train/Large Cell", 4);
    folder.class("test/normal", 2);
    folder.class("test/large.cell", 5);
    let settings = ReadSettings {
        class_map: ClassMap::parse(["Large Cell=large.cell"]).unwrap(),
        ..ReadSettings::default()
    };
    let dataset = Dataset::read(folder.path(), &settings).unwrap();
    assert_eq!(dataset.class_counts(Split::Train), [4, 3]);
}

#[test]
fn an_audit_may_read_what_training_may_not() {
    let folder = Folder::new();
    folder.class("train/a", 1);
    folder.class("train/b", 1);
    folder.class("valid/a", 1);
    folder.folder("valid/b");
    assert!(message(&folder).starts_with("class `b` has no images in `valid`"));
    let settings = ReadSettings {
        class_sets: ClassSets::MayDiffer,
        ..ReadSettings::default()
    };
    let dataset = Dataset::read(folder.path(), &settings).unwrap();
    assert_eq!(dataset.class_mismatches().len(), 1);
    assert_eq!(dataset.class_counts(Split::Valid), [1, 0]);
}

#[test]
fn a_map_that_meets_no_name_is_told_with_the_names_that_are_there() {
    let folder = Folder::new();
    folder.class("train/a", 1);
    folder.class("train/b", 1);
    let settings = ReadSettings {
        class_map: ClassMap::parse(["c=a"]).unwrap(),
        ..ReadSettings::default()
    };
    let error = Dataset::read(folder.path(), &settings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`--class-map` names `c`, which is not there\nhint: there are `a`, `b`"
    );
}

#[test]
fn folders_of_one_class_are_merged_and_said() {
    let folder = Folder::new();
    folder.class("train/tumour_left_T1_N0_M0", 2);
    folder.class("train/tumour_right_T2_N0_M0", 3);
    folder.class("train/normal", 1);
    let dataset = read(&folder).unwrap();
    assert_eq!(dataset.class_counts(Split::Train), [1, 5]);
    assert_eq!(dataset.renamed().len(), 2);
    assert_eq!(
        dataset.renamed()[0].merged_with,
        ["tumour_right_T2_N0_M0".to_owned()]
    );
}

#[test]
fn what_is_no_sample_is_listed_and_unknown_extensions_are_samples() {
    let folder = Folder::new();
    folder.class("train/a", 1);
    folder.class("train/b", 1);
    folder.file("train/a/deep/series/IM0001", b"");
    folder.file("train/a/scan.tiff", b"");
    for name in ["Thumbs.db", ".hidden", "notes.txt", "LICENSE", "DICOMDIR"] {
        folder.file(&format!("train/a/{name}"), b"");
    }
    folder.file("__MACOSX/train/a/._0.png", b"");
    folder.file("overview.png", b"");
    let dataset = read(&folder).unwrap();
    assert_eq!(
        relatives(&dataset, Split::Train),
        [
            "train/a/0.png",
            "train/a/deep/series/IM0001",
            "train/a/scan.tiff",
            "train/b/0.png"
        ]
    );
    assert!(
        dataset
            .samples()
            .iter()
            .all(|sample| sample.group.is_none())
    );
    assert_eq!(dataset.ignored().len(), 7);
    let overview = dataset
        .ignored()
        .iter()
        .find(|one| one.path.ends_with("overview.png"))
        .unwrap();
    assert_eq!(overview.reason, IgnoreReason::OutsideClassFolders);
}

#[test]
fn wrong_layouts_are_told_apart() {
    let cases: [(&[&str], &str); 9] = [
        (&[], "holds no images"),
        (&["a.png", "b.png"], "holds 2 files and no class folder"),
        (&["train/a.png"], "no class folder"),
        (
            &["a/1.png"],
            "a classifier needs two classes or more, found 1",
        ),
        (&["train/a/1.png"], "the class found is `a`"),
        (
            &["Data/train/a/1.png", "Data/train/b/1.png"],
            "Data`, if that is the dataset",
        ),
        (
            &["val/a/1.png", "valid/a/1.png"],
            "are both the split `valid`",
        ),
        (
            &["test/a/1.png", "holdout/a/1.png"],
            "also `holdout` with 1 files",
        ),
        (&["train/notes.txt"], "holds no images"),
    ];
    for (files, expected) in cases {
        let folder = Folder::new();
        for file in files {
            folder.file(file, b"");
        }
        let message = message(&folder);
        assert!(message.contains(expected), "of {files:?}: {message}");
        assert!(message.contains("\nhint: "), "of {files:?}: {message}");
    }
}

#[test]
fn every_known_word_of_a_split_is_one_and_no_class() {
    let folder = Folder::new();
    for split in ["Training", "Testing", "dev"] {
        folder.class(&format!("{split}/a"), 1);
        folder.class(&format!("{split}/b"), 1);
    }
    let dataset = read(&folder).unwrap();
    assert_eq!(dataset.splits(), Split::ALL);
    assert_eq!(dataset.classes().len(), 2);
}

#[test]
fn a_class_folder_of_folders_stops_the_run_and_the_dataset_in_it_is_named() {
    let cases: [(&[&str], &str); 4] = [
        (
            &[
                "Kaggle/Data/train/a/1.png",
                "Kaggle/Data/test/a/1.png",
                "more/1.png",
            ],
            "/Kaggle/Data`, if that is the dataset",
        ),
        (
            &["x/y/z/Training/a/1.png", "x/y/z/Testing/a/1.png"],
            "/x/y/z`, if that is the dataset",
        ),
        (
            &["one/a/1.png", "one/b/1.png", "two/a/1.png", "two/b/1.png"],
            "/one`, if that is the dataset",
        ),
        (
            &["train/Data/a/1.png", "train/Data/b/1.png", "test/a/1.png"],
            "/train/Data`, if that is the dataset",
        ),
    ];
    for (files, meant) in cases {
        let folder = Folder::new();
        for file in files {
            folder.file(file, b"");
        }
        let message = message(&folder);
        assert!(message.contains(meant), "of {files:?}: {message}");
        assert!(message.contains("holds only folders\n  "), "{message}");
        assert!(message.contains("  1 file"), "a tree: {message}");
    }
}

#[test]
fn a_folder_a_patient_is_no_class() {
    let folder = Folder::new();
    for file in ["a/p1/1.dcm", "a/p2/1.dcm", "b/p3/1.dcm", "b/p4/1.dcm"] {
        for copy in 0..5 {
            folder.file(&file.replace('1', &format!("1{copy}")), b"");
        }
    }
    let dataset = read(&folder).unwrap();
    assert_eq!(dataset.classes().len(), 2);
}

#[test]
fn an_empty_class_folder_stops_the_run() {
    let folder = Folder::new();
    folder.class("a", 10);
    folder.class("b", 10);
    folder.folder("masks");
    assert!(message(&folder).starts_with("class `masks` has no images\nhint: "));
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let error = Dataset::read("/no/such/data".as_ref(), &ReadSettings::default()).unwrap_err();
    assert!(error.to_string().contains("/no/such/data"), "{error}");
}

#[test]
fn a_manifest_is_read_with_its_columns_in_any_order() {
    let folder = Folder::new();
    folder.class("x", 3);
    folder.file(
        "list.csv",
        "\u{feff}Group, class ,path,split,age\np1,b,x/0.png,train,3\n,a,./x/1.png,val,4\np1,a,x/2.png,train,5\n"
            .as_bytes(),
    );
    let dataset = Dataset::read(&folder.path().join("list.csv"), &ReadSettings::default());
    // `valid` lacks class `b`.
    assert!(matches!(dataset, Err(ReadError::ClassSetsDiffer { .. })));
    let settings = ReadSettings {
        class_sets: ClassSets::MayDiffer,
        ..ReadSettings::default()
    };
    let dataset = Dataset::read(&folder.path().join("list.csv"), &settings).unwrap();
    assert_eq!(dataset.layout(), Layout::SplitManifest);
    assert_eq!(relatives(&dataset, Split::Train), ["x/0.png", "x/2.png"]);
    assert_eq!(dataset.samples()[0].group.as_ref().unwrap().0, "p1");
    assert_eq!(dataset.samples()[2].group, None);
}

#[test]
fn every_fault_of_a_manifest_has_its_line() {
    let cases = [
        (
            "where,class\nx/0.png,a\n",
            "line 1: the header has no column `path`, but `where`, `class`",
        ),
        (
            "path\nx/0.png\n",
            "line 1: the header has no column `class`",
        ),
        (
            "path,class,splt\nx/0.png,a,train\n",
            "line 1: the header has a column `splt`",
        ),
        (
            "path,class,path\nx/0.png,a,b\n",
            "line 1: the header has a column `path`",
        ),
        (
            "path,class,split\nx/0.png,a,train\nx/1.png,b,holdout\n",
            "line 3: `holdout` is not a split",
        ),
        (
            "path,class,split\nx/0.png,a,train\nx/1.png,b,\n",
            "line 3: `x/1.png` has no split",
        ),
        (
            "path,class\nx/0.png,a\nx/1.png,\n",
            "line 3: `x/1.png` has no class",
        ),
        ("path,class\n,a\n", "line 2: the path is empty"),
        ("path,class\nx/0.png,a\nx/9.png,b\n", "line 3: no file `"),
        (
            "path,class\nx/0.png,a\nx/../x/0.png,b\n",
            "line 3: `x/../x/0.png` was already named on line 2: its class is `b` here and `a` there",
        ),
        (
            "path,class,split\nx/0.png,a,train\nx/0.png,a,test\n",
            "line 3: `x/0.png` was already named on line 2: its split is `test` here and `train` there",
        ),
        (
            "image;label;filename\nx/0.png;a;0\n",
            "line 1: the header has both `filename` and `image`, and either may be the path",
        ),
        (
            "path,lable\nx/0.png,a\n",
            "line 1: the header has a column `lable`",
        ),
        (
            "path,class,subset\nx/0.png,a,train\nx/1.png,b,2\n",
            "line 3: `2` is not a split",
        ),
        (
            "path,class\nx/0.png,a,b\n",
            "line 2: the row cannot be read",
        ),
        ("path,class\n", "holds no images"),
        ("", "line 1: the header has no column `path`"),
    ];
    for (content, expected) in cases {
        let folder = Folder::new();
        folder.class("x", 3);
        let manifest = folder.file("list.csv", content.as_bytes());
        let message = Dataset::read(&manifest, &ReadSettings::default())
            .unwrap_err()
            .to_string();
        assert!(message.contains(expected), "of {content:?}: {message}");
    }
}

/// A manifest with these bytes beside three images in `x`.
fn manifest(content: &[u8]) -> (Folder, Result<Dataset, ReadError>) {
    let folder = Folder::new();
    folder.class("x", 3);
    let path = folder.file("list.csv", content);
    let settings = ReadSettings {
        class_sets: ClassSets::MayDiffer,
        ..ReadSettings::default()
    };
    let dataset = Dataset::read(&path, &settings);
    (folder, dataset)
}

#[test]
fn tables_of_other_programs_are_manifests() {
    // Keras's generators, FastAI, MONAI, spreadsheets of Europe and of Windows.
    let tables = [
        "filename,label,subset,patient_id\nx/0.png,a,train,p1\nx/1.png,b,val,p2\n",
        "image;target;fold;Patient ID\nx/0.png;a;Train;p1\nx/1.png;b;validation;p2\n",
        "file\tclass\tpartition\tsubject\nx/0.png\ta\ttrain\tp1\nx/1.png\tb\tvalid\tp2\n",
        "Image Path,Diagnosis,Set,Case-ID\r\nx\\0.png,a,train,p1\r\nx\\1.png,b,val,p2\r\n",
        "sex;age;group;split;class;path\nf;60;p1;train;a;x/0.png\nm;70;p2;val;b;x/1.png\n",
        "patient,case,img,category,split\np1,c1,x/0.png,a,train\np2,c2,x/1.png,b,val\n",
        "path,label,class,split,group\nx/0.png,0,a,train,p1\nx/1.png,1,b,val,p2\n",
    ];
    for table in tables {
        let (_folder, dataset) = manifest(table.as_bytes());
        let dataset = dataset.unwrap_or_else(|error| panic!("{table}: {error}"));
        assert_eq!(dataset.layout(), Layout::SplitManifest, "{table}");
        assert_eq!(relatives(&dataset, Split::Train), ["x/0.png"], "{table}");
        assert_eq!(relatives(&dataset, Split::Valid), ["x/1.png"], "{table}");
        let names: Vec<&str> = dataset
            .classes()
            .names()
            .iter()
            .map(ClassName::as_str)
            .collect();
        assert_eq!(names, ["a", "b"], "{table}");
        let groups = dataset.samples().iter();
        let groups: Vec<_> = groups
            .map(|one| one.group.as_ref().unwrap().0.clone())
            .collect();
        assert_eq!(groups, ["p1", "p2"], "{table}");
    }
}

#[test]
fn numbers_of_folds_are_no_split() {
    let rows = ["a", "b", "b"].iter().enumerate();
    let rows: Vec<String> = rows
        .map(|(at, class)| format!("x/{at}.png,{class},{at}\n"))
        .collect();
    let rows = rows.concat();
    let (_folder, dataset) = manifest(format!("path,class,fold\n{rows}").as_bytes());
    // There is no column of splits, so that the program divides: a class of one slice cannot be.
    assert!(
        matches!(dataset, Err(ReadError::Stratify(_))),
        "{dataset:?}"
    );
}

#[test]
fn a_manifest_in_utf_16_is_read_by_its_mark() {
    let text = "path;class;split\nx/0.png;größer;train\nx/1.png;b;train\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [
        [&[0xff, 0xfe], &little[..]].concat(),
        [&[0xfe, 0xff], &big[..]].concat(),
    ] {
        let (_folder, dataset) = manifest(&bytes);
        let dataset = dataset.unwrap();
        assert!(dataset.classes().index_of("größer").is_some());
        assert_eq!(dataset.samples().len(), 2);
    }
    let message = |bytes: &[u8]| manifest(bytes).1.unwrap_err().to_string();
    let said = message(&little);
    assert!(said.contains("line 1: the text is not UTF-8"), "{said}");
    let said = message(&[&[0xff, 0xfe], &little[..21]].concat());
    assert!(said.contains("line 1: the text is not UTF-16"), "{said}");
}

#[test]
fn another_encoding_is_told_by_line_with_what_to_do() {
    // `größer` in Latin-1 and Windows-1252.
    let (_folder, dataset) = manifest(b"path,class\nx/0.png,a\nx/1.png,gr\xf6\xdfer\nx/2.png,a\n");
    let said = dataset.unwrap_err().to_string();
    for words in [
        "list.csv`, line 3: ",
        "`x/1.png,gr\\xF6\\xDFer`",
        "\nhint: ",
        "iconv",
    ] {
        assert!(said.contains(words), "no `{words}` in {said}");
    }
}

#[test]
fn a_row_that_says_the_same_again_is_one_slice_and_is_told() {
    let rows = "x/0.png,a,train\n./x/0.png,a,train\nx/1.png,b,train\n";
    let (_folder, dataset) = manifest(format!("path,class,split\n{rows}").as_bytes());
    let dataset = dataset.unwrap();
    assert_eq!(relatives(&dataset, Split::Train), ["x/0.png", "x/1.png"]);
    let [again] = dataset.ignored() else {
        panic!("{:?}", dataset.ignored());
    };
    assert_eq!(
        again.reason.to_string(),
        "named again on line 3, as on line 2"
    );
}

#[test]
fn a_written_manifest_reads_back_as_the_same_dataset_from_anywhere() {
    let folder = Folder::new();
    folder.class("data/train/a, with comma", 2);
    folder.class("data/train/b", 1);
    folder.class("data/test/a, with comma", 1);
    folder.class("data/test/b", 1);
    folder.folder("other/place");
    let settings = ReadSettings::default();
    let dataset = Dataset::read(&folder.path().join("data"), &settings).unwrap();
    for place in ["data/m.csv", "m.csv", "other/place/m.csv"] {
        let manifest = folder.path().join(place);
        write_manifest(&manifest, &dataset, Overwrite::Never).unwrap();
        let again = Dataset::read(&manifest, &settings).unwrap();
        assert_eq!(again.classes(), dataset.classes());
        let facts = |dataset: &Dataset| -> Vec<_> {
            let mut facts: Vec<_> = dataset
                .samples()
                .iter()
                .map(|one| {
                    (
                        one.path.canonicalize().unwrap(),
                        one.class,
                        one.split,
                        one.group.clone(),
                    )
                })
                .collect();
            facts.sort();
            facts
        };
        assert_eq!(facts(&again), facts(&dataset), "from {place}");
        assert!(matches!(
            write_manifest(&manifest, &dataset, Overwrite::Never),
            Err(WriteManifestError::Exists { .. })
        ));
        write_manifest(&manifest, &dataset, Overwrite::Replace).unwrap();
    }
    let names: Vec<_> = std::fs::read_dir(folder.path().join("other/place"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["m.csv"]);
}

#[test]
fn a_manifest_in_a_folder_that_is_not_there_is_an_error_with_its_path() {
    let folder = Folder::new();
    folder.class("train/a", 1);
    folder.class("train/b", 1);
    let dataset = read(&folder).unwrap();
    let error = write_manifest(&folder.path().join("no/m.csv"), &dataset, Overwrite::Never);
    assert!(error.unwrap_err().to_string().contains("no/m.csv"));
}

#[test]
fn the_files_of_a_manifest_are_known_without_their_classes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manifest.csv");
    std::fs::write(folder.path().join("a.png"), "pixels").unwrap();
    let text = "Patient ID;image\n7;a.png\n;absent.png\n7;a.png\n";
    std::fs::write(&path, text).unwrap();
    let files = hilum_dataset::manifest_files(&path).unwrap();
    let found: Vec<_> = files
        .iter()
        .map(|file| {
            let name = file.path.file_name().unwrap().to_str().unwrap();
            (name, file.group.as_ref().map(|group| group.0.as_str()))
        })
        .collect();
    // A file that is not there is told when it is read.
    assert_eq!(found, [("a.png", Some("7")), ("absent.png", None)]);

    std::fs::write(&path, "name,patient\na.png,7\n").unwrap();
    let error = hilum_dataset::manifest_files(&path)
        .unwrap_err()
        .to_string();
    assert!(error.contains("column `path`"), "{error}");
}
