//! What lies around bodies, as pictures: the bodies are painted over.

use hilum_imaging::{Channels, Pixels, SheetRow, THUMBNAIL_SIDE};
use serde_json::Value;

use crate::Dataset;
use crate::audit::facts::{FileFacts, SliceFacts};
use crate::audit::finding::Finding;
use crate::audit::result::Audit;

/// The colour of what was cut out, which no slice has.
const CUT_OUT: [u8; 3] = [38, 70, 110];

/// For each class that a finding tells by its surroundings, their mean, then the slices that tell
/// most; for one class alone also the mean of the others. Empty for a finding of another kind.
pub(super) fn surroundings_rows(
    dataset: &Dataset,
    audit: &Audit,
    finding: &Finding,
) -> Vec<SheetRow> {
    let Some(Value::Object(telling)) = finding.evidence.get("telling") else {
        return Vec::new();
    };
    let split = finding.evidence.get("split").and_then(Value::as_str);
    let slices = || {
        let samples = dataset.samples.iter().zip(&audit.facts);
        let inside = samples.filter(|(sample, _)| Some(sample.split.as_str()) == split);
        inside.filter_map(|(sample, facts)| Some((sample, facts.slice()?)))
    };
    let mean = |is_wanted: &dyn Fn(&str) -> bool| {
        let of_class =
            slices().filter(|(sample, _)| is_wanted(dataset.classes.name(sample.class).as_str()));
        mean_surroundings(of_class.map(|(_, slice)| slice))
    };
    let mut rows: Vec<SheetRow> = telling
        .iter()
        .map(|(class, files)| {
            let files = files.as_array().into_iter().flatten();
            let pictures = files.filter_map(|file| {
                let mut samples = dataset.samples.iter().zip(&audit.facts);
                let (_, facts) = samples.find(|(sample, _)| file == sample.relative.as_str())?;
                cut_out(facts)
            });
            SheetRow {
                label: format!("{class}: the mean, then what tells most"),
                pictures: std::iter::once(mean(&|one| one == class))
                    .chain(pictures)
                    .collect(),
            }
        })
        .collect();
    if let [row] = &mut rows[..] {
        let class = telling.keys().next().map_or("", String::as_str);
        row.pictures.truncate(8);
        rows.push(SheetRow {
            label: "the others: the mean".to_owned(),
            pictures: vec![mean(&|one| one != class)],
        });
    }
    rows
}

fn cut_out(facts: &FileFacts) -> Option<Pixels> {
    let slice = facts.slice()?;
    Some(mean_surroundings(std::iter::once(slice)))
}

/// The mean level of each pixel over the slices in which it is outside of the body; painted over
/// where that is fewer than a tenth of them.
fn mean_surroundings<'audit>(slices: impl Iterator<Item = &'audit SliceFacts>) -> Pixels {
    let count = THUMBNAIL_SIDE * THUMBNAIL_SIDE;
    let (mut sums, mut counts) = (vec![0_u32; count], vec![0_u32; count]);
    let mut slice_count = 0;
    for slice in slices {
        let Some(body) = &slice.body else { continue };
        slice_count += 1;
        let pixels = slice.thumbnail.levels().iter().zip(body.outside());
        for (at, (level, is_outside)) in pixels.enumerate() {
            if is_outside {
                sums[at] += u32::from(*level);
                counts[at] += 1;
            }
        }
    }
    let colors = sums.iter().zip(&counts).map(|(sum, count)| {
        let is_outside = count * 10 >= slice_count;
        let level = sum.checked_div(*count).filter(|_| is_outside);
        level.map_or(CUT_OUT, |level| [level as u8; 3])
    });
    let data = colors.flatten().collect();
    Pixels::new(THUMBNAIL_SIDE, THUMBNAIL_SIDE, Channels::Rgb, data)
}
