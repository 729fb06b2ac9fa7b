//! Pictures: sizes, what they leave as it is, what lines enclose, and maps that say nothing.

use hilum_explain::{
    Caption, HeatMap, LEVELS, Scale, SeriesSlice, Silence, Thumbnail, View, contour, figure,
    heat_color, npy, overlay, series_page, sheets,
};
use hilum_imaging::{Channels, Interpolation, Lesion, Phantom, Pixels};

fn grey(width: usize, height: usize, value: u8) -> Pixels {
    Pixels::new(width, height, Channels::Grey, vec![value; width * height])
}

fn phantom(size: usize) -> Pixels {
    let phantom = Phantom {
        size,
        patient_seed: 5,
        slice_index: 0,
        lesion: Lesion::None,
    };
    phantom.render().windowed(-600.0, 1500.0)
}

/// A cone with its tip of 1 at a place, down to 0 at `radius` pixels.
fn cone(width: usize, height: usize, (x, y): (f32, f32), radius: f32) -> HeatMap {
    let value = |index: usize| {
        let (column, row) = ((index % width) as f32 + 0.5, (index / width) as f32 + 0.5);
        (1.0 - (column - x).hypot(row - y) / radius).max(0.0)
    };
    HeatMap::new(width, height, (0..width * height).map(value).collect())
}

fn caption() -> Caption {
    Caption::new(
        "adenocarcinoma",
        Some(0.874),
        "Grad-CAM",
        Some("features.18"),
    )
}

fn pixel(pixels: &Pixels, column: usize, row: usize) -> [u8; 3] {
    let start = (row * pixels.width() + column) * 3;
    pixels.data()[start..start + 3].try_into().expect("RGB")
}

/// Where `part` stands in `whole`, byte for byte.
fn position(whole: &Pixels, part: &Pixels) -> Option<(usize, usize)> {
    let part = part.to_rgb();
    let line = part.width() * 3;
    let is_at = |left: usize, top: usize| {
        (0..part.height()).all(|row| {
            let start = ((top + row) * whole.width() + left) * 3;
            whole.data()[start..start + line] == part.data()[row * line..(row + 1) * line]
        })
    };
    let tops = 0..=whole.height().checked_sub(part.height())?;
    let lefts = whole.width().checked_sub(part.width())?;
    tops.flat_map(|top| (0..=lefts).map(move |left| (left, top)))
        .find(|(left, top)| is_at(*left, *top))
}

/// Whether a colour is none of greys and the ink of captions.
fn is_colourful([red, green, blue]: [u8; 3]) -> bool {
    let (high, low) = (red.max(green).max(blue), red.min(green).min(blue));
    high - low > 30
}

/// L* of CIELAB (D65), as scikit-image computes it: `reference/make_color_map.py`.
#[test]
fn heat_gets_lighter_step_by_step_as_scikit_image_measures_it() {
    let text = include_str!("reference/lightness.json");
    let expected: Vec<f64> = serde_json::from_str(text).expect("what the script wrote");
    assert_eq!(expected.len(), 256);
    for (step, expected) in expected.iter().enumerate() {
        let color = heat_color(step as f32 / 255.0);
        assert!((lightness(color) - expected).abs() < 0.01, "{step}");
    }
    assert!(expected.is_sorted_by(|darker, lighter| darker < lighter));
    // Even steps: in sixteenths of the map, no step is twice the mean one.
    let sixteenths: Vec<f64> = expected.iter().step_by(17).copied().collect();
    let mean = (expected[255] - expected[0]) / 15.0;
    assert!(
        sixteenths
            .windows(2)
            .all(|pair| pair[1] - pair[0] < 2.0 * mean)
    );
}

/// CIE 15:2004 over IEC 61966-2-1.
fn lightness(color: [u8; 3]) -> f64 {
    let linear = color.map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    });
    let luminance = 0.212671 * linear[0] + 0.715160 * linear[1] + 0.072169 * linear[2];
    let root = if luminance > 0.008856 {
        luminance.cbrt()
    } else {
        7.787 * luminance + 16.0 / 116.0
    };
    116.0 * root - 16.0
}

#[test]
fn heat_outside_of_its_range_is_the_nearest_end() {
    assert_eq!(heat_color(-3.0), heat_color(0.0));
    assert_eq!(heat_color(7.0), heat_color(1.0));
    assert_eq!(heat_color(f32::NAN), heat_color(0.0));
}

/// `reference/make_npy.py`.
#[test]
fn maps_are_written_as_numpy_writes_them() {
    let map = HeatMap::new(3, 2, vec![0.5, -1.25, f32::INFINITY, f32::NAN, -0.0, 3e-42]);
    assert_eq!(npy(&map), include_bytes!("reference/map_2x3.npy"));
    let tall = HeatMap::new(
        1,
        251,
        (0..251_u8).map(|row| f32::from(row) / 7.0).collect(),
    );
    assert_eq!(npy(&tall), include_bytes!("reference/map_251x1.npy"));
}

#[test]
fn what_is_cold_stays_the_plain_slice() {
    let (slice, map) = (phantom(256), cone(256, 256, (90.0, 120.0), 40.0));
    let scale = Scale::of(&map).expect("heat");
    let picture = overlay(&slice, &map, &scale);
    assert_eq!((picture.width(), picture.height()), (256, 256));
    let mut warm_count = 0;
    for (index, value) in map.values().iter().enumerate() {
        let shown = pixel(&picture, index % 256, index / 256);
        if *value == 0.0 {
            assert_eq!(shown, [slice.data()[index]; 3]);
        } else {
            warm_count += usize::from(is_colourful(shown));
        }
    }
    // All of the disc that is at least half as hot as can be: 20 pixels' radius.
    assert!(warm_count > 1257, "{warm_count}");
}

#[test]
fn the_hottest_place_is_mixed_with_the_slice_by_seven_to_three() {
    let map = HeatMap::new(2, 1, vec![0.0, 4.0]);
    let picture = overlay(&grey(2, 1, 100), &map, &Scale::of(&map).expect("heat"));
    // inferno's last colour is (252, 254, 164): 0.7 * 252 + 0.3 * 100 = 206.4, and so on.
    assert_eq!(picture.data(), [100, 100, 100, 206, 208, 145]);
}

#[test]
fn what_speaks_against_a_class_is_no_heat() {
    let map = HeatMap::new(3, 1, vec![-5.0, 0.0, 1.0]);
    let scale = Scale::of(&map).expect("heat");
    assert_eq!(
        [-5.0, 0.0, 0.5, 1.0].map(|value| scale.share(value)),
        [0.0, 0.0, 0.5, 1.0]
    );
    let against = HeatMap::new(3, 1, vec![-5.0, -1.0, 0.0]);
    assert_eq!(Scale::of(&against), Err(Silence::OnlyAgainst));
}

#[test]
fn a_speck_does_not_hide_everything_else() {
    let mut values: Vec<f32> = (0..10_000_u16)
        .map(|place| f32::from(place) / 10_000.0)
        .collect();
    values[17] = 1000.0;
    let scale = Scale::of(&HeatMap::new(100, 100, values)).expect("heat");
    assert!((scale.value(1.0) - 0.99).abs() < 0.01);
    assert_eq!(scale.share(1000.0), 1.0);
    // A soft spot is nothing of the kind.
    let spot = cone(100, 100, (50.0, 50.0), 30.0);
    let scale = Scale::of(&spot).expect("heat");
    assert_eq!(scale.value(1.0), spot.range().1);
}

#[test]
fn lines_lie_where_the_heat_crosses_their_level() {
    const RADIUS: f32 = 60.0;
    let center = (80.3_f32, 70.6_f32);
    let map = cone(170, 150, center, RADIUS);
    let scale = Scale::of(&map).expect("heat");
    for zoom in [1, 3] {
        let picture = contour(&grey(170, 150, 128), &map, &scale, zoom);
        assert_eq!(
            (picture.width(), picture.height()),
            (170 * zoom, 150 * zoom)
        );
        let distance = |column: usize, row: usize| {
            let place = |index: usize| (index as f32 + 0.5) / zoom as f32;
            (place(column) - center.0).hypot(place(row) - center.1)
        };
        let rings = LEVELS.map(|level| RADIUS * (1.0 - level));
        let mut drawn = [(0_usize, 0.0_f32); LEVELS.len()];
        for row in 0..picture.height() {
            for column in 0..picture.width() {
                if pixel(&picture, column, row) == [128; 3] {
                    continue;
                }
                let distance = distance(column, row);
                let off = rings.map(|radius| (distance - radius).abs());
                let nearest = usize::from(off[1] < off[0]);
                assert!(
                    off[nearest] * zoom as f32 <= 3.2,
                    "nothing is drawn but lines"
                );
                drawn[nearest].0 += 1;
                drawn[nearest].1 += distance;
            }
        }
        for ((count, sum), radius) in drawn.into_iter().zip(rings) {
            assert!(
                (sum / count as f32 - radius).abs() < 0.5,
                "the middle of the line"
            );
            let circumference = std::f32::consts::TAU * radius * zoom as f32;
            assert!(count as f32 > 2.0 * circumference, "all the way round");
        }
    }
}

#[test]
fn a_hot_place_at_the_border_is_closed_there() {
    let map = cone(60, 60, (0.0, 30.0), 30.0);
    let picture = contour(&grey(60, 60, 128), &map, &Scale::of(&map).expect("heat"), 1);
    // The half disc of at least 50% reaches from row 15 to row 45 along the left border.
    let changed = |row: usize| pixel(&picture, 0, row) != [128; 3];
    assert!((18..42).all(changed));
    assert!(!changed(5) && !changed(55));
}

#[test]
fn lines_of_a_speckled_map_lie_around_where_most_specks_are() {
    let soft = cone(200, 200, (60.0, 120.0), 50.0);
    let speckled = |index: usize| {
        if (index + index / 200).is_multiple_of(4) {
            soft.values()[index]
        } else {
            0.0
        }
    };
    let map = HeatMap::new(200, 200, (0..200 * 200).map(speckled).collect());
    let picture = contour(
        &grey(200, 200, 128),
        &map,
        &Scale::of(&map).expect("heat"),
        1,
    );
    let places = (0..200).flat_map(|row| (0..200).map(move |column| (column, row)));
    let drawn = places.filter(|(column, row)| pixel(&picture, *column, *row) != [128; 3]);
    let distances: Vec<f32> = drawn
        .map(|(column, row): (usize, usize)| (column as f32 - 59.5).hypot(row as f32 - 119.5))
        .collect();
    // Two rings, about where the cone is 50% and 80% of its smoothed tip.
    assert!(
        distances
            .iter()
            .all(|distance| (4.0..40.0).contains(distance))
    );
    assert!(
        distances.len() < 1500,
        "{} pixels of two rings",
        distances.len()
    );
}

#[test]
fn a_slice_is_shown_pixel_for_pixel() {
    let odd = phantom(512).resize(317, 251, Interpolation::Bilinear);
    let map = cone(317, 251, (100.0, 100.0), 60.0);
    let scale = Scale::of(&map).expect("heat");
    let picture = figure(&View::ALL, &odd, &map, &caption());
    let slice = position(&picture, &odd).expect("the slice");
    let heat = position(&picture, &overlay(&odd, &map, &scale)).expect("the overlay");
    let lines = position(&picture, &contour(&odd, &map, &scale, 1)).expect("the lines");
    assert_eq!((slice.1, slice.1), (heat.1, lines.1));
    assert!(slice.0 + 317 < heat.0 && heat.0 + 317 < lines.0);
    // Small ones by a whole factor.
    let small = phantom(64);
    let picture = figure(
        &[View::Slice],
        &small,
        &cone(64, 64, (9.0, 9.0), 9.0),
        &caption(),
    );
    assert!(position(&picture, &small.resize(256, 256, Interpolation::Nearest)).is_some());
}

#[test]
fn colour_slices_are_shown_as_they_are_and_their_heat_over_grey() {
    let slice = Pixels::new(200, 200, Channels::Rgb, [200, 40, 90].repeat(200 * 200));
    let map = cone(200, 200, (100.0, 100.0), 60.0);
    let picture = figure(&View::ALL, &slice, &map, &caption());
    assert!(position(&picture, &slice).is_some());
    let heat = overlay(&slice, &map, &Scale::of(&map).expect("heat"));
    assert_eq!(pixel(&heat, 0, 0), [slice.to_grey().data()[0]; 3]);
}

#[test]
fn a_map_without_signal_is_drawn_grey_and_said_to_be_one() {
    let slice = phantom(256);
    let colours = |picture: &Pixels| {
        let places = (0..256).flat_map(|row| (0..picture.width()).map(move |column| (column, row)));
        places
            .filter(|(column, row)| is_colourful(pixel(picture, *column, *row)))
            .count()
    };
    let hot = cone(256, 256, (90.0, 90.0), 60.0);
    let with_heat = figure(&View::ALL, &slice, &hot, &caption());
    assert!(colours(&with_heat) > 3000);
    for (value, silence) in [
        (0.0, Silence::Flat),
        (0.7, Silence::Flat),
        (
            f32::NAN,
            Silence::NotFinite {
                count: 65536,
                of: 65536,
            },
        ),
        (
            f32::INFINITY,
            Silence::NotFinite {
                count: 65536,
                of: 65536,
            },
        ),
    ] {
        let map = HeatMap::new(256, 256, vec![value; 256 * 256]);
        assert_eq!(Scale::of(&map), Err(silence));
        let picture = figure(&View::ALL, &slice, &map, &caption());
        assert_eq!(colours(&picture), 0);
        assert!(
            position(&picture, &slice).is_some(),
            "the slice itself is there"
        );
        // Two lines of words on a dark ground in the middle, one line of caption more.
        assert!(picture.height() > with_heat.height());
    }
}

#[test]
fn one_broken_value_is_no_map() {
    let mut values = vec![0.0, 1.0, 2.0, 3.0];
    values[2] = f32::NAN;
    let map = HeatMap::new(2, 2, values);
    assert_eq!(Scale::of(&map), Err(Silence::NotFinite { count: 1, of: 4 }));
}

#[test]
fn failed_checks_stand_below_in_a_colour_and_with_a_mark() {
    let (slice, map) = (phantom(256), cone(256, 256, (90.0, 90.0), 60.0));
    let plain = figure(&[View::Overlay], &slice, &map, &caption());
    let mut failed = caption();
    failed
        .problems
        .push("the map hardly changes when the parameters are drawn anew".to_owned());
    let marked = figure(&[View::Overlay], &slice, &map, &failed);
    assert!(marked.height() > plain.height());
    let added = plain.height() - 20..marked.height();
    let alarms = added.flat_map(|row| (0..marked.width()).map(move |column| (column, row)));
    let alarm_count = alarms
        .filter(|(column, row)| pixel(&marked, *column, *row) == [0xa4, 0x1e, 0x11])
        .count();
    assert!(alarm_count > 100, "{alarm_count}");
}

#[test]
fn no_size_and_no_value_is_too_odd() {
    for (width, height) in [(1, 1), (1, 700), (700, 1), (2, 3), (3, 1500), (1500, 2)] {
        let slice = grey(width, height, 77);
        let count = width * height;
        for values in [
            vec![0.0; count],
            vec![f32::NAN; count],
            (0..count).map(|place| place as f32).collect(),
            (0..count).map(|place| -(place as f32)).collect(),
            (0..count)
                .map(|place| if place % 2 == 0 { f32::MAX } else { f32::MIN })
                .collect(),
            (0..count).map(|place| place as f32 * 1e-42).collect(),
        ] {
            let map = HeatMap::new(width, height, values);
            let picture = figure(&View::ALL, &slice, &map, &caption());
            assert!(picture.width() >= 3 * width && picture.height() >= height);
            let thumbnail = Thumbnail::new(&slice, &map, "name", "words");
            assert_eq!(
                sheets(&caption(), std::slice::from_ref(&thumbnail)).len(),
                1
            );
            series_page(&caption(), &[series_slice(thumbnail, None)]);
        }
    }
}

#[test]
fn captions_of_any_length_fit() {
    let (slice, map) = (phantom(64), cone(64, 64, (20.0, 20.0), 15.0));
    let long = "pneumonoultramicroscopicsilicovolcanoconiosis".repeat(20);
    let mut caption = Caption::new(&long, None, &long, Some(&long));
    caption.problems.push("why ".repeat(400));
    let picture = figure(&[View::Overlay], &slice, &map, &caption);
    assert!(picture.width() < 500 && picture.height() < 1500);
    let flat = HeatMap::new(64, 64, vec![0.0; 64 * 64]);
    figure(&[View::Overlay], &slice, &flat, &caption);
}

fn thumbnails(count: usize) -> Vec<Thumbnail> {
    let (slice, map) = (phantom(64), cone(64, 64, (20.0, 20.0), 15.0));
    (0..count)
        .map(|index| Thumbnail::new(&slice, &map, &format!("slice-{index}.png"), "normal 0.98"))
        .collect()
}

#[test]
fn many_slices_take_several_sheets_of_one_width() {
    for (count, page_count) in [(0, 0), (1, 1), (30, 1), (31, 2), (95, 4)] {
        let sheets = sheets(&caption(), &thumbnails(count));
        assert_eq!(sheets.len(), page_count, "{count} slices");
        assert!(
            sheets
                .iter()
                .all(|sheet| sheet.width() == sheets[0].width())
        );
        assert!(
            sheets
                .iter()
                .all(|sheet| sheet.width() <= 1600 && sheet.height() <= 1700)
        );
    }
}

fn series_slice(thumbnail: Thumbnail, position_mm: Option<f64>) -> SeriesSlice {
    SeriesSlice {
        thumbnail,
        instance_number: None,
        position_mm,
        probability: Some(0.5),
    }
}

#[test]
fn a_series_stands_on_one_page_however_long() {
    let mut last = 0;
    for count in [1, 2, 30, 300] {
        let slices: Vec<SeriesSlice> = thumbnails(count)
            .into_iter()
            .enumerate()
            .map(|(index, thumbnail)| series_slice(thumbnail, Some(index as f64)))
            .collect();
        let page = series_page(&caption(), &slices);
        assert!(page.width() <= 1700 && page.height() <= 2400, "{count}");
        assert!(page.width() * page.height() >= last);
        last = page.width() * page.height();
        assert_eq!(page, series_page(&caption(), &slices), "the same again");
    }
}

#[test]
fn slices_of_a_series_share_a_scale() {
    let slice = grey(200, 200, 60);
    let hot = cone(200, 200, (100.0, 100.0), 80.0);
    let warm = HeatMap::new(
        200,
        200,
        hot.values().iter().map(|value| value / 20.0).collect(),
    );
    let colours = |maps: &[&HeatMap]| {
        let slices: Vec<SeriesSlice> = maps
            .iter()
            .map(|map| series_slice(Thumbnail::new(&slice, map, "", ""), None))
            .collect();
        let page = series_page(&caption(), &slices);
        let places =
            (0..page.height()).flat_map(|row| (0..page.width()).map(move |column| (column, row)));
        places
            .filter(|(column, row)| is_colourful(pixel(&page, *column, *row)))
            .count()
    };
    // Alone, a faint map is as hot as any; beside a hot one, it shows that it is faint.
    let (alone, hot_alone, both) = (colours(&[&warm]), colours(&[&hot]), colours(&[&hot, &warm]));
    assert!(
        alone.abs_diff(hot_alone) * 20 < alone,
        "{alone} {hot_alone}"
    );
    assert!(both < hot_alone + alone / 4, "{both} {hot_alone} {alone}");
}
