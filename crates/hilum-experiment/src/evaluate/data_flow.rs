//! How the files of the data became the slices that are judged, and what was left out on the way.

use std::collections::{BTreeMap, BTreeSet};

use hilum_core::{ClassIndex, Split};
use hilum_dataset::IgnoreReason;
use hilum_dataset::audit::FileFacts;
use hilum_metrics::{Drawn, GroupUnit};
use hilum_report::{ClassFlow, DataFlow, Exclusion, FlowStage, SplitFlow};

use super::groups::Groups;
use crate::data::{Audited, Known};

/// From the files that were found to the clean slices of `split`, the samples `clean`.
pub(super) fn data_flow(
    audited: &Audited,
    known: Option<&Known>,
    split: Split,
    clean: &[usize],
) -> DataFlow {
    let dataset = &audited.dataset;
    let all: Vec<usize> = (0..dataset.samples().len()).collect();
    let groups = Groups::of(audited, &all);
    let flow = Flow {
        audited,
        groups: (groups.drawn != Drawn::Slices).then_some(&groups),
        split,
        clean,
    };
    DataFlow {
        stages: flow.stages(&all),
        splits: dataset
            .splits()
            .into_iter()
            .map(|split| flow.split(split, known))
            .collect(),
        group_unit: match (groups.drawn, groups.unit) {
            (Drawn::Slices, _) => "",
            (Drawn::InferredGroups, _) => "inferred group",
            (Drawn::Groups, GroupUnit::Patient) => "patient",
            (Drawn::Groups, GroupUnit::Group) => "group",
        }
        .to_owned(),
    }
}

struct Flow<'a> {
    audited: &'a Audited,
    /// `None` where no slices belong together.
    groups: Option<&'a Groups>,
    split: Split,
    clean: &'a [usize],
}

impl Flow<'_> {
    fn stages(&self, all: &[usize]) -> Vec<FlowStage> {
        let ignored = self.audited.dataset.ignored();
        let mut by_reason: BTreeMap<&str, usize> = BTreeMap::new();
        for one in ignored {
            *by_reason.entry(why(one.reason)).or_default() += 1;
        }
        let read = self.read(all);
        let unreadable = all.len() - read.len();
        let excluded = |(reason, slices): (&str, usize)| Exclusion {
            reason: reason.to_owned(),
            slices,
            groups: None,
        };
        let stage = |name: &str, slices| FlowStage {
            name: name.to_owned(),
            slices,
            ..FlowStage::default()
        };
        vec![
            FlowStage {
                excluded: by_reason.into_iter().map(excluded).collect(),
                ..stage("files found", all.len() + ignored.len())
            },
            FlowStage {
                excluded: (unreadable > 0)
                    .then(|| excluded(("could not be read", unreadable)))
                    .into_iter()
                    .collect(),
                ..stage("files of a class", all.len())
            },
            FlowStage {
                groups: self.group_count(&read),
                ..stage("slices read", read.len())
            },
        ]
    }

    fn split(&self, split: Split, known: Option<&Known>) -> SplitFlow {
        let dataset = &self.audited.dataset;
        let samples: Vec<usize> = dataset.of(split).map(|(index, _)| index).collect();
        let read = self.read(&samples);
        let judged = split == self.split;
        let classes = dataset.classes();
        SplitFlow {
            name: split.to_string(),
            slices: read.len(),
            groups: self.group_count(&read),
            classes: classes
                .indices()
                .map(|class| ClassFlow {
                    name: classes.name(class).to_string(),
                    ..self.class(class, &read, judged)
                })
                .collect(),
            judged,
            left_out: if judged {
                self.left_out(&read, known)
            } else {
                Vec::new()
            },
        }
    }

    fn class(&self, class: ClassIndex, read: &[usize], judged: bool) -> ClassFlow {
        let samples = self.audited.dataset.samples();
        let is_of = |sample: &&usize| samples[**sample].class == class;
        let own: Vec<usize> = read.iter().filter(is_of).copied().collect();
        let clean = || self.clean.iter().filter(is_of).count();
        ClassFlow {
            slices: own.len(),
            groups: self.group_count(&own),
            clean: judged.then(clean),
            ..ClassFlow::default()
        }
    }

    /// What the clean figures are without: each slice once, for the first reason that holds.
    fn left_out(&self, read: &[usize], known: Option<&Known>) -> Vec<Exclusion> {
        let Audited { dataset, audit } = self.audited;
        let mut left: BTreeSet<usize> = read.iter().copied().collect();
        let mut take = |reason: String, samples: &mut dyn Iterator<Item = usize>| {
            let taken: Vec<usize> = samples.filter(|sample| left.remove(sample)).collect();
            (!taken.is_empty()).then(|| Exclusion {
                reason,
                slices: taken.len(),
                groups: self.group_count(&taken),
            })
        };
        let unclean = audit.unclean(dataset, self.split);
        let mut by_reason: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (sample, why) in unclean {
            by_reason.entry(why).or_default().push(sample);
        }
        let of_data: Vec<Option<Exclusion>> = by_reason
            .into_iter()
            .map(|(why, samples)| take(why.to_string(), &mut samples.into_iter()))
            .collect();
        let known = known.map(|known| {
            let reason = "known to the model from its training".to_owned();
            take(reason, &mut known.samples.iter().copied())
        });
        of_data.into_iter().chain(known).flatten().collect()
    }

    /// Those that became a picture.
    fn read(&self, samples: &[usize]) -> Vec<usize> {
        let facts = self.audited.audit.facts();
        let is_read = |sample: &&usize| FileFacts::slice(&facts[**sample]).is_some();
        samples.iter().filter(is_read).copied().collect()
    }

    fn group_count(&self, samples: &[usize]) -> Option<usize> {
        let groups = self.groups?.at(samples);
        Some(groups.iter().max().map_or(0, |last| last + 1))
    }
}

fn why(reason: IgnoreReason) -> &'static str {
    match reason {
        IgnoreReason::Hidden => "hidden",
        IgnoreReason::SystemFile => "left by the operating system",
        IgnoreReason::Sidecar => "text beside the images",
        IgnoreReason::Index => "an index of files",
        IgnoreReason::OutsideClassFolders => "in no class folder",
        IgnoreReason::LinkLoop => "a link to a folder that it lies in",
        IgnoreReason::Link => "a link or a device",
        IgnoreReason::NamedBefore { .. } => "named twice in the manifest",
    }
}

#[cfg(test)]
mod tests {

    use std::fs;
    use std::num::NonZeroUsize;
    use std::path::Path;

    use hilum_dataset::ClassSets;
    use hilum_imaging::{Channels, Pixels, write_png};

    use super::*;
    use crate::session::{Session, workers};
    use crate::{Choices, data};

    /// A picture of coarse noise, another one for every `seed`.
    fn write(root: &Path, name: &str, seed: u64) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut state = seed;
        let data = (0..64 * 64).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        });
        write_png(&path, &Pixels::new(64, 64, Channels::Grey, data.collect())).unwrap();
    }

    /// Ten files of two classes, and three that are none: `test` holds a copy of a train image, a
    /// repeat, a file that is no image, and a slice that the model knows.
    fn faulty(root: &Path) {
        for (name, seed) in [
            ("train/a/1.png", 1),
            ("train/a/2.png", 2),
            ("train/b/3.png", 3),
            ("test/a/copy.png", 1),
            ("test/a/4.png", 4),
            ("test/a/known.png", 5),
            ("test/b/6.png", 6),
            ("test/b/7.png", 7),
            ("test/b/repeat.png", 7),
        ] {
            write(root, name, seed);
        }
        fs::write(root.join("test/b/broken.png"), b"not a picture").unwrap();
        fs::write(root.join("test/notes.txt"), b"").unwrap();
        fs::write(root.join("train/a/.hidden"), b"").unwrap();
        fs::write(root.join("train/b/Thumbs.db"), b"").unwrap();
    }

    fn said(excluded: &[Exclusion]) -> Vec<(&str, usize)> {
        excluded
            .iter()
            .map(|one| (one.reason.as_str(), one.slices))
            .collect()
    }

    #[test]
    fn every_file_that_is_left_out_is_counted_once_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        faulty(folder.path());
        let (session, workers) = (Session::default(), workers(NonZeroUsize::MIN).unwrap());
        let settings = Choices::default().data(folder.path());
        let dataset = data::read(&settings, ClassSets::MustMatch, &session).unwrap();
        let audit = data::look_at(&dataset, settings.max_pixels, &workers, &session).unwrap();
        let sample = |name: &str| {
            let mut samples = dataset.samples().iter();
            samples.position(|one| one.relative == name).unwrap()
        };
        let known = Known {
            samples: vec![sample("test/a/copy.png"), sample("test/a/known.png")],
            pictures: Vec::new(),
            of: 6,
        };
        let clean = ["test/a/4.png", "test/b/6.png", "test/b/7.png"].map(sample);
        let audited = Audited { dataset, audit };
        let flow = data_flow(&audited, Some(&known), Split::Test, &clean);

        let stages: Vec<(&str, usize)> = flow
            .stages
            .iter()
            .map(|stage| (stage.name.as_str(), stage.slices))
            .collect();
        assert_eq!(
            stages,
            [
                ("files found", 13),
                ("files of a class", 10),
                ("slices read", 9)
            ]
        );
        assert_eq!(
            said(&flow.stages[0].excluded),
            [
                ("hidden", 1),
                ("left by the operating system", 1),
                ("text beside the images", 1)
            ]
        );
        assert_eq!(said(&flow.stages[1].excluded), [("could not be read", 1)]);
        let [train, test] = flow.splits.as_slice() else {
            panic!("two splits, not {:?}", flow.splits)
        };
        assert_eq!(
            (train.slices, train.judged, train.left_out.len()),
            (3, false, 0)
        );
        assert_eq!((test.slices, test.judged), (6, true));
        assert_eq!(
            said(&test.left_out),
            [
                ("copies of pictures in other splits", 1),
                ("repeats of a picture", 1),
                ("known to the model from its training", 1)
            ]
        );
        let classes: Vec<_> = test
            .classes
            .iter()
            .map(|class| (class.name.as_str(), class.slices, class.clean))
            .collect();
        assert_eq!(classes, [("a", 3, Some(1)), ("b", 3, Some(2))]);
        let left: usize = test.left_out.iter().map(|one| one.slices).sum();
        assert_eq!(test.slices - left, clean.len());
    }
}
