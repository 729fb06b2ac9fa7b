//! A stand-in for what predicts, and nodes that use it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use hilum_core::Cancel;
use hilum_node::{
    Destination, Node, NodeSettings, Notice, Predictor, PredictorError, ResultObject, Retries,
    SeriesFiles, TakeResult,
};

/// Makes a report of each series that says nothing, and a capture.
#[derive(Clone, Default)]
pub(crate) struct Double {
    /// Series that were asked for, with the number of their instances.
    pub(crate) asked: Arc<Mutex<Vec<(String, usize)>>>,
    /// Instances that were looked at before their series was complete.
    pub(crate) ahead: Arc<Mutex<Vec<(String, usize)>>>,
    /// How long a prediction takes, before its first result and before its second.
    pub(crate) takes: [Duration; 2],
    /// Part of the UIDs of results.
    pub(crate) model: u8,
}

impl Predictor for Double {
    fn look_ahead(&mut self, instances: SeriesFiles<'_>) {
        let looked = (instances.series_uid.to_owned(), instances.files.len());
        assert!(instances.files.iter().all(|file| file.is_file()));
        self.ahead.lock().unwrap().push(looked);
    }

    fn predict(
        &mut self,
        series: SeriesFiles<'_>,
        take: &mut TakeResult<'_>,
    ) -> Result<(), PredictorError> {
        let asked = (series.series_uid.to_owned(), series.files.len());
        self.asked.lock().unwrap().push(asked);
        if series.files.iter().any(|file| !file.is_file()) {
            return Err(PredictorError::Never("an instance is not there".to_owned()));
        }
        if series.series_uid.ends_with(".13") {
            return Err(PredictorError::Never("nothing to see".to_owned()));
        }
        let count = series.files.len();
        let kinds = [
            (uids::COMPREHENSIVE_SR_STORAGE, 1),
            (uids::SECONDARY_CAPTURE_IMAGE_STORAGE, 2),
        ];
        for ((class, kind), takes) in kinds.into_iter().zip(self.takes) {
            std::thread::sleep(takes);
            let kind = kind + 2 * usize::from(self.model);
            let uid = format!("{}.{count}.{kind}", series.series_uid);
            let result = ResultObject {
                sop_class_uid: class.to_owned(),
                file: file(class, &uid, series.study_uid),
                sop_instance_uid: uid,
            };
            if take(result).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn file(class: &str, instance: &str, study: &str) -> Vec<u8> {
    let mut object = InMemDicomObject::new_empty();
    for (tag, vr, value) in [
        (tags::SOP_CLASS_UID, VR::UI, class),
        (tags::SOP_INSTANCE_UID, VR::UI, instance),
        (tags::STUDY_INSTANCE_UID, VR::UI, study),
        (tags::SERIES_INSTANCE_UID, VR::UI, "2.25.1"),
        (tags::MODALITY, VR::CS, "SR"),
    ] {
        object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
    }
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let mut bytes = Vec::new();
    object
        .with_meta(meta)
        .unwrap()
        .write_all(&mut bytes)
        .unwrap();
    bytes
}

/// A node, and what it said.
pub(crate) struct TestNode {
    pub(crate) node: Node,
    pub(crate) double: Double,
    pub(crate) said: Arc<Mutex<Vec<Notice>>>,
}

/// A node that is quick about everything.
pub(crate) fn settings(folder: &Path) -> NodeSettings {
    let address = "127.0.0.1:0".parse().unwrap();
    let mut settings = NodeSettings::new(address, "HILUM".parse().unwrap(), folder.to_owned());
    settings.quiet = Duration::from_millis(200);
    settings.quiet_after_break = Duration::from_secs(3);
    settings.retries = Retries {
        first: Duration::from_millis(50),
        longest: Duration::from_millis(200),
        ..Retries::default()
    };
    settings
}

pub(crate) fn start(settings: NodeSettings) -> TestNode {
    start_with(settings, Double::default())
}

pub(crate) fn start_with(settings: NodeSettings, double: Double) -> TestNode {
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let listener = move |notice: &Notice| heard.lock().unwrap().push(notice.clone());
    let predictor = Box::new(double.clone());
    let node = Node::start(settings, predictor, Cancel::default(), Box::new(listener)).unwrap();
    TestNode { node, double, said }
}

impl TestNode {
    pub(crate) fn address(&self) -> SocketAddr {
        self.node.address()
    }

    /// Series that were predicted, with the number of their instances.
    pub(crate) fn asked(&self) -> Vec<(String, usize)> {
        self.double.asked.lock().unwrap().clone()
    }

    pub(crate) fn series(&self, state: &str) -> u64 {
        self.node.census().unwrap().series[state]
    }

    pub(crate) fn results(&self, destination: &str, state: &str) -> u64 {
        let census = self.node.census().unwrap();
        let states = census.results.get(destination);
        states
            .and_then(|states| states.get(state))
            .copied()
            .unwrap_or(0)
    }

    pub(crate) fn said(&self, part: &str) -> bool {
        let said = self.said.lock().unwrap();
        said.iter().any(|notice| notice.to_string().contains(part))
    }

    /// What was said, for a test that fails.
    pub(crate) fn log(&self) -> String {
        let said = self.said.lock().unwrap();
        let lines: Vec<String> = said.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    pub(crate) fn wait_for(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            let late = began.elapsed() > Duration::from_secs(30);
            assert!(!late, "{what}: not within 30 s\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Files below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Copies a folder as a crash would leave it.
pub(crate) fn copy(from: &Path, to: &Path) {
    for file in files_below(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        // One that is just renamed belongs to what was not acknowledged.
        let _ = std::fs::copy(&file, &target);
    }
}

pub(crate) fn destination(text: &str) -> Destination {
    text.parse().unwrap()
}

/// A number that no other test of this process has.
pub(crate) fn fresh() -> usize {
    static COUNT: AtomicUsize = AtomicUsize::new(1);
    COUNT.fetch_add(1, Ordering::Relaxed)
}
