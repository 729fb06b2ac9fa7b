//! Slices of a series in the order in which they lie in the body.

use crate::DicomInfo;

/// How slices were put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeriesOrder {
    /// By Image Position (Patient) along the normal of the slices, PS3.3 C.7.6.2.1.1.
    Position,
    /// By Instance Number, since a position is missing or the slices are not parallel.
    InstanceNumber,
    /// As they were given, since some have neither.
    AsGiven,
}

/// Largest difference between direction cosines of slices that count as parallel.
const PARALLEL: f64 = 1e-3;

/// The order of a series' slices, as indices into `infos`, and what it rests on.
///
/// Along the normal (for axial slices from feet to head). All of `infos` should carry the same
/// [`DicomInfo::series_uid`]; slices at the same place keep the order in which they are given.
///
/// ```
/// use hilum_imaging::{DicomInfo, SeriesOrder, series_order};
///
/// let slice = |z| DicomInfo {
///     position_mm: Some([-200.0, -180.0, z]),
///     orientation: Some([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
///     ..DicomInfo::default()
/// };
/// let slices = [slice(-5.0), slice(0.0), slice(-10.0)];
/// let infos: Vec<&DicomInfo> = slices.iter().collect();
/// assert_eq!(series_order(&infos), (vec![2, 0, 1], SeriesOrder::Position));
/// ```
pub fn series_order(infos: &[&DicomInfo]) -> (Vec<usize>, SeriesOrder) {
    let mut indices: Vec<usize> = (0..infos.len()).collect();
    if let Some(places) = places_mm(infos) {
        indices.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
        return (indices, SeriesOrder::Position);
    }
    let numbers: Option<Vec<i64>> = infos.iter().map(|info| info.instance_number).collect();
    match numbers {
        Some(numbers) => {
            indices.sort_by_key(|index| numbers[*index]);
            (indices, SeriesOrder::InstanceNumber)
        }
        None => (indices, SeriesOrder::AsGiven),
    }
}

/// How far along the common normal each slice lies; `None` if there is no common normal.
fn places_mm(infos: &[&DicomInfo]) -> Option<Vec<f64>> {
    let first = infos.first()?.orientation?;
    let normal = towards_the_head(normal(first));
    infos
        .iter()
        .map(|info| {
            let is_parallel = info
                .orientation?
                .iter()
                .zip(first)
                .all(|(cosine, other)| (cosine - other).abs() <= PARALLEL);
            let position = info.position_mm?;
            is_parallel.then(|| along(normal, position))
        })
        .collect()
}

/// Where a slice lies along the normal of its own plane, in mm; for axial slices, towards the
/// head. What says nothing of its plane is taken for axial; `None` without a position.
pub fn place_mm(info: &DicomInfo) -> Option<f64> {
    let normal = info.orientation.map_or([0.0, 0.0, 1.0], normal);
    Some(along(towards_the_head(normal), info.position_mm?))
}

fn along(normal: [f64; 3], position: [f64; 3]) -> f64 {
    position.iter().zip(normal).map(|(a, b)| a * b).sum()
}

/// Turns the normal of a slice that is mirrored or lies face down, so that axial slices always go
/// from feet to head; those of other planes keep theirs.
fn towards_the_head([x, y, z]: [f64; 3]) -> [f64; 3] {
    let is_axial = z.abs() > x.abs() && z.abs() > y.abs();
    if is_axial && z < 0.0 {
        [-x, -y, -z]
    } else {
        [x, y, z]
    }
}

/// The cross product of a row's and a column's direction.
fn normal([rx, ry, rz, cx, cy, cz]: [f64; 6]) -> [f64; 3] {
    [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(place: Option<[f64; 3]>, number: Option<i64>) -> DicomInfo {
        DicomInfo {
            position_mm: place,
            orientation: Some([0.0, 1.0, 0.0, 0.0, 0.0, -1.0]),
            instance_number: number,
            ..DicomInfo::default()
        }
    }

    fn order(slices: &[DicomInfo]) -> (Vec<usize>, SeriesOrder) {
        series_order(&slices.iter().collect::<Vec<_>>())
    }

    #[test]
    fn sagittal_slices_are_ordered_along_their_normal() {
        // Rows run to the back, columns down: the normal points to the patient's right, -x.
        let slices = [-10.0, 30.0, 5.0].map(|x| slice(Some([x, 0.0, 0.0]), None));
        assert_eq!(order(&slices), (vec![1, 2, 0], SeriesOrder::Position));
    }

    #[test]
    fn axial_slices_go_from_feet_to_head_also_where_they_are_mirrored() {
        let mirrored = |z| DicomInfo {
            orientation: Some([1.0, 0.0, 0.0, 0.0, -1.0, 0.0]),
            ..slice(Some([0.0, 0.0, z]), None)
        };
        let slices = [-121.0, -119.0, -120.0].map(mirrored);
        assert_eq!(order(&slices), (vec![0, 2, 1], SeriesOrder::Position));
        assert_eq!(place_mm(&slices[0]), Some(-121.0));
        assert_eq!(place_mm(&slice(None, None)), None);
    }

    #[test]
    fn one_missing_position_falls_back_to_the_instance_number() {
        let slices = [
            slice(Some([0.0; 3]), Some(3)),
            slice(None, Some(1)),
            slice(Some([9.0; 3]), Some(2)),
        ];
        assert_eq!(order(&slices), (vec![1, 2, 0], SeriesOrder::InstanceNumber));
    }

    #[test]
    fn slices_that_are_not_parallel_are_not_ordered_by_position() {
        let mut slices = [
            slice(Some([0.0; 3]), Some(2)),
            slice(Some([1.0; 3]), Some(1)),
        ];
        slices[1].orientation = Some([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        assert_eq!(order(&slices), (vec![1, 0], SeriesOrder::InstanceNumber));
    }

    #[test]
    fn slices_without_either_stay_as_given() {
        let slices = [slice(None, None), slice(None, Some(1))];
        assert_eq!(order(&slices), (vec![0, 1], SeriesOrder::AsGiven));
        assert_eq!(order(&[]).0, Vec::<usize>::new());
    }
}
