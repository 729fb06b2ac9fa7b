//! One picture of each kind, of phantoms and maps that are made up beside them.
//!
//!     cargo run --release -p hilum-explain --example gallery -- FOLDER
//!
//! The maps say nothing of any network: they show what pictures look like.

use std::path::PathBuf;

use hilum_explain::{
    Caption, HeatMap, SeriesSlice, Thumbnail, View, figure, npy, series_page, sheets,
};
use hilum_imaging::{Interpolation, Lesion, Phantom, Pixels, write_png};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let folder = std::env::args().nth(1).ok_or("a folder to write to")?;
    let folder = PathBuf::from(folder);
    fs_err::create_dir_all(&folder)?;
    let write =
        |name: &str, pixels: &Pixels| write_png(&folder.join(format!("{name}.png")), pixels);
    for size in [64, 256, 512] {
        let slice = phantom(size, 7, 0);
        let map = spot(size, size, (0.32, 0.45), 0.09);
        write(
            &format!("figure-{size}"),
            &figure(&View::ALL, &slice, &map, &caption()),
        )?;
    }
    let odd = phantom(512, 9, 0).resize(317, 251, Interpolation::Bilinear);
    let mut failed = caption();
    failed.problems.push(
        "the map hardly changes when the parameters are drawn anew (rank correlation 0.97)"
            .to_owned(),
    );
    failed.problems.push("deleting the hottest places changes the answer no more than deleting any (0.41 against 0.40)".to_owned());
    write(
        "figure-317x251",
        &figure(&View::ALL, &odd, &spot(317, 251, (0.7, 0.5), 0.2), &failed),
    )?;
    write(
        "overlay",
        &figure(
            &[View::Overlay],
            &odd,
            &spot(317, 251, (1.0, 0.1), 0.3),
            &caption(),
        ),
    )?;
    write(
        "speckled",
        &figure(&View::ALL, &odd, &speckled(317, 251), &caption()),
    )?;
    let flat = HeatMap::new(317, 251, vec![0.0; 317 * 251]);
    write("no-signal", &figure(&View::ALL, &odd, &flat, &caption()))?;
    let broken = HeatMap::new(317, 251, vec![f32::NAN; 317 * 251]);
    write(
        "no-numbers",
        &figure(&[View::Overlay], &odd, &broken, &caption()),
    )?;
    for (page, sheet) in sheets(&summary("38 slices"), &thumbnails(38))
        .iter()
        .enumerate()
    {
        write(&format!("sheet-{}", page + 1), sheet)?;
    }
    write(
        "sheet-of-three",
        &sheets(&summary("3 slices"), &thumbnails(3))[0],
    )?;
    for count in [5, 40, 240] {
        write(
            &format!("series-{count}"),
            &series_page(
                &summary(&format!("series of {count} slices")),
                &series(count),
            ),
        )?;
    }
    fs_err::write(
        folder.join("map.npy"),
        npy(&spot(317, 251, (0.7, 0.5), 0.2)),
    )?;
    Ok(())
}

fn caption() -> Caption {
    let mut caption = Caption::new(
        "adenocarcinoma",
        Some(0.874),
        "Grad-CAM",
        Some("features.18"),
    );
    caption
        .lines
        .push("inside lungs 71%, outside the body 2%".to_owned());
    caption
}

fn summary(title: &str) -> Caption {
    Caption {
        title: title.to_owned(),
        ..Caption::new("adenocarcinoma", None, "Grad-CAM", Some("features.18"))
    }
}

fn phantom(size: usize, patient_seed: u64, slice_index: usize) -> Pixels {
    let lesion = Lesion::LobulatedLargePeripheral;
    let phantom = Phantom {
        size,
        patient_seed,
        slice_index,
        lesion,
    };
    phantom.render().windowed(-600.0, 1500.0)
}

/// A soft spot; place and radius as shares of the width.
fn spot(width: usize, height: usize, (x, y): (f32, f32), radius: f32) -> HeatMap {
    let value = |index: usize| {
        let side = width as f32;
        let (column, row) = ((index % width) as f32 / side, (index / width) as f32 / side);
        let distance = (column - x).hypot(row - y) / radius;
        0.84 * (-distance * distance).exp()
    };
    HeatMap::new(width, height, (0..width * height).map(value).collect())
}

/// As methods that look at single pixels give: both signs, a few far from the rest.
fn speckled(width: usize, height: usize) -> HeatMap {
    let soft = spot(width, height, (0.7, 0.5), 0.2);
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let values = soft.values().iter().map(|value| {
        let sign = random() - 0.45;
        value * sign * random().powi(-1).min(40.0)
    });
    HeatMap::new(width, height, values.collect())
}

fn thumbnails(count: usize) -> Vec<Thumbnail> {
    let one = |index: usize| {
        let slice = phantom(160, index as u64, 0);
        let map = match index % 9 {
            7 => HeatMap::new(160, 160, vec![0.0; 160 * 160]),
            _ => spot(160, 160, (0.2 + 0.02 * (index % 30) as f32, 0.45), 0.12),
        };
        let name = format!("patient-{:016x}-slice-00.png", index * 0x1234_5678_9abc);
        let mut thumbnail = Thumbnail::new(&slice, &map, &name, "adenocarcinoma 0.87");
        thumbnail.problem_count = usize::from(index % 5 == 3) * (1 + index % 2);
        thumbnail
    };
    (0..count).map(one).collect()
}

fn series(count: usize) -> Vec<SeriesSlice> {
    let one = |index: usize| {
        let slice = phantom(96, 3, index % 12);
        let along = (index as f32 + 0.5) / count as f32;
        let heat = (-((along - 0.4) / 0.12).powi(2)).exp();
        let soft = spot(96, 96, (0.3, 0.5), 0.15);
        let values = soft.values().iter().map(|value| value * heat).collect();
        let map = HeatMap::new(96, 96, values);
        SeriesSlice {
            thumbnail: Thumbnail::new(&slice, &map, "", ""),
            instance_number: Some(count as i64 - index as i64),
            position_mm: Some(-250.0 + 5.0 * index as f64),
            probability: (index != count / 2).then_some(f64::from(0.05 + 0.9 * heat)),
        }
    };
    (0..count).map(one).collect()
}
