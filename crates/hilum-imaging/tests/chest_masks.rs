//! Body and lungs of phantoms, against what their drawing knows.

use hilum_imaging::{Channels, ChestMasks, Lesion, Mask, NoLungs, Phantom, Pixels};

fn phantom(patient_seed: u64, lesion: Lesion) -> Phantom {
    Phantom {
        size: 256,
        patient_seed,
        slice_index: patient_seed as usize % 3,
        lesion,
    }
}

/// Twice what is common by the sum of both (Dice, 1945).
fn dice(one: &Mask, other: &Mask) -> f64 {
    2.0 * one.common(other) as f64 / (one.count() + other.count()) as f64
}

fn both(one: &Mask, other: &Mask) -> Mask {
    let pairs = one.is_set().iter().zip(other.is_set());
    let is_set = pairs.map(|(one, other)| *one && *other).collect();
    Mask::new(one.width(), one.height(), is_set)
}

fn worst(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn body_and_lungs_of_phantoms_are_where_they_were_drawn() {
    for lesion in Lesion::ALL {
        let (mut bodies, mut lungs, mut lesions) = (Vec::new(), Vec::new(), Vec::new());
        for patient in 0..40 {
            let (slice, truth) = phantom(patient, lesion).render_with_truth();
            let masks = ChestMasks::of(&slice.windowed(-600.0, 1500.0));
            let found = masks.lungs().expect("lungs");
            bodies.push(dice(masks.body().expect("a body"), &truth.body));
            lungs.push(dice(found, &truth.lungs));
            // What of the lesion lies in a lung: on the wall or between the lungs it is no lung's.
            let inside = both(&truth.lesion_mask, &truth.lungs);
            if inside.count() > 0 {
                lesions.push(found.common(&inside) as f64 / inside.count() as f64);
            }
        }
        assert!(worst(&bodies) > 0.98, "{lesion:?}: {}", worst(&bodies));
        assert!(worst(&lungs) > 0.94, "{lesion:?}: {}", worst(&lungs));
        assert!(mean(&lungs) > 0.97, "{lesion:?}: {}", mean(&lungs));
        let (least, least_mean) = match lesion {
            Lesion::None => continue,
            Lesion::SpiculatedPeripheral => (0.95, 0.99),
            Lesion::LobulatedLargePeripheral => (0.7, 0.9),
            Lesion::CentralHilarCavitating => (0.65, 0.9),
        };
        assert!(worst(&lesions) > least, "{lesion:?}: {}", worst(&lesions));
        assert!(
            mean(&lesions) > least_mean,
            "{lesion:?}: {}",
            mean(&lesions)
        );
    }
}

#[test]
fn lungs_are_the_same_in_other_windows() {
    for patient in 0..10 {
        let slice = phantom(patient, Lesion::LobulatedLargePeripheral).render();
        let of = |pixels: &Pixels| ChestMasks::of(pixels).lungs().expect("lungs").clone();
        let lung_window = of(&slice.windowed(-600.0, 1500.0));
        // A narrow window shows no difference between air and lung, and fat nearly black.
        for (center_hu, width_hu, least) in [
            (-500.0, 1800.0, 0.98),
            (40.0, 400.0, 0.92),
            (-400.0, 2000.0, 0.98),
        ] {
            let other = of(&slice.windowed(center_hu, width_hu));
            let dice = dice(&lung_window, &other);
            assert!(dice > least, "{patient}, window {center_hu}: {dice}");
        }
    }
}

#[test]
fn what_is_no_chest_has_no_lungs_and_says_why() {
    let size = 256;
    let picture = |level: &dyn Fn(f64, f64) -> u8| {
        let levels = (0..size * size).map(|at| {
            let middle = size as f64 / 2.0;
            let [x, y] = [at % size, at / size].map(|at| at as f64 + 0.5 - middle);
            level(x, y)
        });
        ChestMasks::of(&Pixels::new(size, size, Channels::Grey, levels.collect()))
    };
    let blank = picture(&|_, _| 80);
    assert_eq!(blank.body(), None);
    assert_eq!(blank.lungs(), Err(NoLungs::NoBody));
    let abdomen = picture(&|x, y| {
        if (x / 100.0).hypot(y / 70.0) < 1.0 {
            200
        } else {
            5
        }
    });
    assert!(abdomen.body().is_some());
    assert_eq!(abdomen.lungs(), Err(NoLungs::LittleAir));
    // A bright ring about what is darker and fills it.
    let head = picture(&|x, y| match x.hypot(y) {
        radius if radius > 100.0 => 0,
        radius if radius > 90.0 => 250,
        _ => 100,
    });
    assert_eq!(head.lungs(), Err(NoLungs::MuchAir));
    // A stomach as large as a lung would be, as black as the air outside; beside it a lung's base.
    let bowel = picture(&|x, y| {
        if (x / 110.0).hypot(y / 80.0) > 1.0 {
            return 2;
        }
        if (x - 45.0).hypot(y + 20.0) < 22.0 {
            return 2;
        }
        if ((x + 50.0) / 30.0).hypot(y / 40.0) < 1.0 {
            return 60;
        }
        200
    });
    let lungs = bowel.lungs().expect("a lung");
    assert_eq!((lungs.width(), lungs.height()), (size, size));
    assert!(lungs.is_set()[128 * size + 78]);
    assert!(!lungs.is_set()[108 * size + 173]);
}
