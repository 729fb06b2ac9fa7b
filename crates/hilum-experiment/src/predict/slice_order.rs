//! The order of slices to predict: those of a DICOM series as they lie in the body.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use hilum_imaging::{DecodeError, DicomInfo, Pixels, SeriesOrder, Slice, place_mm, series_order};
use hilum_weights::Acquaintance;

/// A slice that is ready for the network, and where it is from.
#[derive(Debug)]
pub(super) struct ReadSlice {
    pub(super) path: PathBuf,
    /// Which of several in its file, from 1.
    pub(super) frame: Option<usize>,
    pub(super) slice: Slice,
    /// What there is to doubt about it or its place.
    pub(super) warnings: Vec<String>,
    /// What the model had to do with it before.
    pub(super) known: Option<Acquaintance>,
    /// What the file holds, before it was prepared, if it is to be kept.
    pub(super) decoded: Option<Pixels>,
}

impl ReadSlice {
    pub(super) fn dicom(&self) -> Option<&DicomInfo> {
        self.slice.info.dicom.as_deref()
    }

    /// The file's name, and the frame where there are several.
    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        let name = name.to_string_lossy();
        match self.frame {
            Some(frame) => format!("`{name}` frame {frame}"),
            None => format!("`{name}`"),
        }
    }
}

pub(super) type Read = Result<ReadSlice, DecodeError>;

/// Puts the slices of each DICOM series of a folder together, where its first stood, and in order:
/// by position along their normal, else by instance number, else as given. Warns where that order
/// or what belongs together is in doubt. Everything else stays where it is.
pub(super) fn arrange(read: Vec<Read>) -> Vec<Read> {
    let mut read = read;
    let mut series: BTreeMap<(PathBuf, String), Vec<usize>> = BTreeMap::new();
    for (index, one) in read.iter().enumerate() {
        let Ok(one) = one else { continue };
        let uid = one.dicom().and_then(|dicom| dicom.series_uid.clone());
        if let (Some(uid), Some(folder)) = (uid, one.path.parent().map(Path::to_owned)) {
            series.entry((folder, uid)).or_default().push(index);
        }
    }
    warn_of_mixed_folders(&mut read, &series);
    // Where a slice goes: behind the first of its series, by its rank there.
    let mut places: Vec<(usize, usize)> = (0..read.len()).map(|index| (index, 0)).collect();
    for members in series.values() {
        let infos: Vec<&DicomInfo> = members
            .iter()
            .filter_map(|index| read[*index].as_ref().ok()?.dicom())
            .collect();
        let (order, rests_on) = series_order(&infos);
        for (rank, member) in order.iter().enumerate() {
            places[members[*member]] = (members[0], rank);
        }
        warn_of_order(&mut read, members, rests_on);
    }
    let mut ordered: Vec<((usize, usize), Read)> = places.into_iter().zip(read).collect();
    ordered.sort_by_key(|(place, _)| *place);
    ordered.into_iter().map(|(_, one)| one).collect()
}

fn warn(read: &mut [Read], index: usize, warning: String) {
    if let Ok(one) = &mut read[index] {
        one.warnings.push(warning);
    }
}

fn warn_of_mixed_folders(read: &mut [Read], series: &BTreeMap<(PathBuf, String), Vec<usize>>) {
    let mut counts: BTreeMap<&Path, usize> = BTreeMap::new();
    for (folder, _) in series.keys() {
        *counts.entry(folder).or_default() += 1;
    }
    for ((folder, _), members) in series {
        let count = counts[folder.as_path()];
        if count > 1 {
            for index in members {
                warn(read, *index, format!("one of {count} series in its folder"));
            }
        }
    }
}

/// Slices without a position, at one position, or of one number.
fn warn_of_order(read: &mut [Read], members: &[usize], rests_on: SeriesOrder) {
    if members.len() < 2 {
        return;
    }
    let by = match rests_on {
        SeriesOrder::Position => "position",
        SeriesOrder::InstanceNumber => "instance number",
        SeriesOrder::AsGiven => "the order of the files",
    };
    let mut at_place: HashMap<i64, Vec<usize>> = HashMap::new();
    let mut of_number: HashMap<i64, Vec<usize>> = HashMap::new();
    let mut without_place = Vec::new();
    for index in members {
        let Some(dicom) = read[*index].as_ref().ok().and_then(ReadSlice::dicom) else {
            continue;
        };
        match place_mm(dicom) {
            // To a hundredth of a millimetre.
            Some(place) => {
                let place = (place * 100.0).round() as i64;
                at_place.entry(place).or_default().push(*index);
            }
            None => without_place.push(*index),
        }
        if let Some(number) = dicom.instance_number {
            of_number.entry(number).or_default().push(*index);
        }
    }
    for index in without_place {
        warn(
            read,
            index,
            format!("no position: its series is ordered by {by}"),
        );
    }
    for members in at_place.into_values() {
        warn_of_equals(read, &members, "at the same position as");
    }
    for members in of_number.into_values() {
        let files: BTreeSet<&Path> = members
            .iter()
            .filter_map(|index| Some(read[*index].as_ref().ok()?.path.as_path()))
            .collect();
        // Frames of one file have one number.
        if files.len() > 1 {
            warn_of_equals(read, &members, "of the same instance number as");
        }
    }
}

/// Tells each of `members` of the first other one.
fn warn_of_equals(read: &mut [Read], members: &[usize], what: &str) {
    let &[first, second, ..] = members else {
        return;
    };
    let name = |index: usize| {
        read[index]
            .as_ref()
            .map(ReadSlice::name)
            .unwrap_or_default()
    };
    let (first_name, second_name) = (name(first), name(second));
    for index in members {
        let other = if *index == first {
            &second_name
        } else {
            &first_name
        };
        warn(read, *index, format!("{what} {other}"));
    }
}

#[cfg(test)]
mod tests {
    use hilum_imaging::{Channels, Format, SourceColor, SourceInfo};

    use super::*;

    fn read(name: &str, series: &str, z: Option<f64>, number: Option<i64>) -> ReadSlice {
        let dicom = DicomInfo {
            series_uid: Some(series.to_owned()),
            position_mm: z.map(|z| [0.0, 0.0, z]),
            orientation: Some([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
            instance_number: number,
            ..DicomInfo::default()
        };
        ReadSlice {
            path: PathBuf::from("folder").join(name),
            frame: None,
            slice: Slice {
                pixels: Pixels::new(1, 1, Channels::Grey, vec![0]),
                info: SourceInfo {
                    format: Format::Dicom,
                    width: 1,
                    height: 1,
                    bits: 12,
                    color: SourceColor::Grey,
                    dicom: Some(Box::new(dicom)),
                    depth: None,
                    notes: Vec::new(),
                },
            },
            warnings: Vec::new(),
            known: None,
            decoded: None,
        }
    }

    fn names_and_warnings(read: Vec<ReadSlice>) -> Vec<(String, Vec<String>)> {
        let read = read.into_iter().map(Ok).collect();
        let arranged = arrange(read).into_iter().map(Result::unwrap);
        arranged.map(|one| (one.name(), one.warnings)).collect()
    }

    #[test]
    fn two_series_of_a_folder_are_told_apart_and_each_is_in_order() {
        let said = names_and_warnings(vec![
            read("a", "1", Some(2.0), Some(1)),
            read("b", "2", Some(2.0), Some(1)),
            read("c", "1", Some(1.0), Some(2)),
            read("d", "2", Some(1.0), Some(2)),
        ]);
        let names: Vec<&str> = said.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["`c`", "`a`", "`d`", "`b`"]);
        assert!(
            said.iter()
                .all(|(_, warnings)| warnings == &["one of 2 series in its folder"])
        );
    }

    #[test]
    fn equal_positions_and_numbers_are_told() {
        let said = names_and_warnings(vec![
            read("a", "1", Some(2.0), Some(7)),
            read("b", "1", Some(2.0), Some(8)),
            read("c", "1", Some(3.0), Some(8)),
        ]);
        assert_eq!(said[0].1, ["at the same position as `b`"]);
        assert_eq!(
            said[1].1,
            [
                "at the same position as `a`",
                "of the same instance number as `c`"
            ]
        );
        assert_eq!(said[2].1, ["of the same instance number as `b`"]);
    }

    #[test]
    fn a_slice_without_a_position_says_what_its_order_rests_on() {
        let said = names_and_warnings(vec![
            read("a", "1", None, Some(2)),
            read("b", "1", Some(2.0), Some(1)),
        ]);
        assert_eq!(said[0], ("`b`".to_owned(), Vec::new()));
        assert_eq!(
            said[1].1,
            ["no position: its series is ordered by instance number"]
        );
    }
}
