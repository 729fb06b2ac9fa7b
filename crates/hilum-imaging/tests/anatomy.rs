//! Where the body and the lungs of phantoms lie, which their generator knows, and what the frame and
//! the staging of training slices make of it.

use hilum_imaging::{
    Anatomy, Augmentation, Channels, Finding, Frame, Lesion, Phantom, Pixels, Recipe, Window,
};

const SIZE: usize = 256;

fn phantom(patient_seed: u64, lesion: Lesion) -> Phantom {
    Phantom {
        size: SIZE,
        patient_seed,
        slice_index: 0,
        lesion,
    }
}

fn slice(patient_seed: u64) -> Pixels {
    phantom(patient_seed, Lesion::None)
        .render()
        .windowed(-600.0, 1500.0)
}

fn mapped(pixels: &Pixels, change: impl Fn(u8) -> u8) -> Pixels {
    let data = pixels.data().iter().map(|level| change(*level)).collect();
    Pixels::new(pixels.width(), pixels.height(), pixels.channels(), data)
}

/// The mean difference of two pictures in grey levels.
fn distance(one: &Pixels, other: &Pixels) -> f64 {
    let pairs = one.data().iter().zip(other.data());
    let sum: u64 = pairs
        .map(|(one, other)| u64::from(one.abs_diff(*other)))
        .sum();
    sum as f64 / one.data().len() as f64
}

/// Grey level of a Hounsfield value in the lung window.
fn level(hounsfield: f32) -> f32 {
    (hounsfield + 600.0 + 750.0) / 1500.0 * 255.0
}

#[test]
fn chests_show_lungs_also_where_the_edge_cuts_them_and_a_brain_in_its_skull_is_none() {
    for patient in 0..20 {
        let slice = slice(patient);
        assert!(
            Anatomy::of(&slice).expect("a body").shows_lungs(),
            "{patient}"
        );
        // The left half of the picture cuts one lung away, or through it.
        let side = SIZE / 2;
        let half = (0..SIZE).flat_map(|row| slice.data()[row * SIZE..][..side].iter().copied());
        let half = Pixels::new(side, SIZE, Channels::Grey, half.collect());
        assert!(
            Anatomy::of(&half).expect("a body").shows_lungs(),
            "{patient}"
        );
    }
    // A bright ring about what is darker and fills it.
    let middle = SIZE as f64 / 2.0;
    let level = |at: usize| {
        let [x, y] = [at % SIZE, at / SIZE].map(|at| at as f64 + 0.5 - middle);
        match x.hypot(y) {
            radius if radius > 100.0 => 0,
            radius if radius > 90.0 => 250,
            _ => 100,
        }
    };
    let head = Pixels::new(
        SIZE,
        SIZE,
        Channels::Grey,
        (0..SIZE * SIZE).map(level).collect(),
    );
    assert!(!Anatomy::of(&head).expect("a head").shows_lungs());
}

#[test]
fn the_tones_of_a_phantom_are_those_of_lung_and_soft_tissue() {
    for patient in 0..20 {
        let anatomy = Anatomy::of(&slice(patient)).expect("a body");
        let tones = anatomy.tones().expect("lungs");
        // Inflated lung is -900 to -700 HU; what there is most of may be fat, muscle, or blood with
        // contrast medium.
        assert!(
            (level(-920.0)..=level(-650.0)).contains(&tones.lung),
            "{patient}: {tones:?}"
        );
        assert!(
            (level(-130.0)..=255.0).contains(&tones.tissue),
            "{patient}: {tones:?}"
        );
    }
}

#[test]
fn lungs_are_dark_and_the_hull_holds_every_bright_pixel_but_the_table() {
    for patient in 0..20 {
        let pixels = slice(patient);
        let anatomy = Anatomy::of(&pixels).expect("a body");
        let at = |x: f64, y: f64| {
            let (x, y) = ((x * SIZE as f64) as usize, (y * SIZE as f64) as usize);
            f32::from(pixels.data()[y * SIZE + x])
        };
        let places = (0..200).map(|unit| anatomy.place_in_lungs(f64::from(unit) / 200.0));
        let dark = places.filter(|place| {
            let (x, y) = place.expect("lungs");
            at(x, y) < level(-400.0)
        });
        assert!(dark.count() > 160, "{patient}");
        let extent = anatomy.extent(SIZE, SIZE);
        assert!(
            extent.width > SIZE / 2 && extent.height > SIZE / 3,
            "{extent:?}"
        );
        let share = anatomy.lung_share().expect("lungs");
        assert!((0.1..0.6).contains(&share), "{patient}: {share}");
    }
}

#[test]
fn what_shows_no_chest_has_no_lungs() {
    let blank = Pixels::new(SIZE, SIZE, Channels::Grey, vec![80; SIZE * SIZE]);
    assert_eq!(Anatomy::of(&blank), None);
    // A full ellipse: an abdomen without gas.
    let inside = |x: usize, y: usize| {
        let across = (x as f64 - 128.0) / 100.0;
        let down = (y as f64 - 128.0) / 70.0;
        across.hypot(down) < 1.0
    };
    let data = (0..SIZE * SIZE)
        .map(|at| if inside(at % SIZE, at / SIZE) { 200 } else { 5 })
        .collect();
    let full = Anatomy::of(&Pixels::new(SIZE, SIZE, Channels::Grey, data)).expect("a body");
    assert_eq!(full.tones(), None);
    let expected = std::f64::consts::PI * 100.0 * 70.0 / (SIZE * SIZE) as f64;
    assert!(
        (full.body_share() - expected).abs() < 0.02,
        "{}",
        full.body_share()
    );
}

#[test]
fn a_toned_frame_undoes_brightness_contrast_and_the_window() {
    let recipe = Recipe {
        frame: Frame::Both,
        ..Recipe::reference()
    };
    for patient in 0..8 {
        let rendered = phantom(patient, Lesion::SpiculatedPeripheral).render();
        let plain = rendered.windowed(-600.0, 1500.0);
        let framed = recipe.prepare(&plain);
        let dimmed = mapped(&plain, |level| (f32::from(level) * 0.75) as u8);
        let wider = rendered.windowed(-500.0, 1800.0);
        for other in [dimmed, wider] {
            let left = distance(&recipe.prepare(&other), &framed);
            let before = distance(&other, &plain);
            assert!(left < before / 3.0, "{patient}: {left} of {before}");
        }
    }
}

#[test]
fn a_cut_frame_gives_the_same_slice_wherever_the_body_lies() {
    let recipe = Recipe {
        frame: Frame::Cut,
        ..Recipe::reference()
    };
    let pixels = slice(4);
    // The same patient in a larger field of view, further to one side.
    let (width, height) = (400, 380);
    let mut data = vec![0; width * height];
    for (row, line) in pixels.data().chunks_exact(SIZE).enumerate() {
        data[(row + 90) * width + 30..][..SIZE].copy_from_slice(line);
    }
    let moved = Pixels::new(width, height, Channels::Grey, data);
    let (one, other) = (recipe.prepare(&pixels), recipe.prepare(&moved));
    // The hull is found in copies of different sizes; edges move by a pixel of those.
    let framed = distance(&one, &other);
    assert!(framed < 12.0, "{framed} grey levels apart");
    let plain = Recipe::reference();
    let before = distance(&plain.prepare(&pixels), &plain.prepare(&moved));
    assert!(before > 3.0 * framed, "{before} before, {framed} framed");
}

#[test]
fn nothing_is_cut_where_there_is_no_body_and_it_is_said() {
    let recipe = Recipe {
        frame: Frame::Both,
        window: Window::LUNG,
        ..Recipe::reference()
    };
    let plain = Recipe::reference();
    let blank = Pixels::new(64, 64, Channels::Grey, vec![80; 64 * 64]);
    assert_eq!(recipe.prepare(&blank), plain.prepare(&blank));
}

fn every_staging() -> Augmentation {
    Augmentation {
        tone_change: 1.0,
        background_change: 1.0,
        planted_lesions: 1.0,
        sharpness_range: 1.0,
        ..Augmentation::none()
    }
}

#[test]
fn staging_is_the_same_for_the_same_seed_and_another_in_every_epoch() {
    let pixels = slice(2);
    let anatomy = Anatomy::of(&pixels);
    let staged = |epoch| {
        let staging = every_staging().stage(7, epoch, 3, Finding::Absent);
        staging.apply(&pixels, anatomy.as_ref()).into_owned()
    };
    assert_eq!(staged(1), staged(1));
    assert_ne!(staged(1), staged(2));
    assert_ne!(staged(1), pixels);
}

#[test]
fn a_planted_lesion_lies_in_the_lungs_and_makes_the_slice_one_of_another_class() {
    let augmentation = Augmentation {
        planted_lesions: 1.0,
        ..Augmentation::none()
    };
    let pixels = slice(5);
    let anatomy = Anatomy::of(&pixels).expect("a body");
    let mut classes = [0; 3];
    for epoch in 0..300 {
        let staging = augmentation.stage(1, epoch, 0, Finding::Absent);
        let class = staging
            .other_class(Some(&anatomy), 3)
            .expect("it is planted always");
        classes[class] += 1;
        let planted = staging.apply(&pixels, Some(&anatomy));
        let pairs = pixels.data().iter().zip(planted.data());
        let brighter = pairs
            .clone()
            .filter(|(before, after)| after > before)
            .count();
        let darker = pairs.filter(|(before, after)| after < before).count();
        assert_eq!(darker, 0);
        // From a circle of 12 mm to one of 80 mm with spicules, in a body of 170 to 250 pixels.
        assert!(
            (8..6000).contains(&brighter),
            "epoch {epoch}: {brighter} pixels"
        );
    }
    assert!(
        classes.iter().all(|count| (70..130).contains(count)),
        "{classes:?}"
    );
    // Where there are no lungs nothing is planted, and the class stays.
    let staging = augmentation.stage(1, 0, 0, Finding::Absent);
    assert_eq!(staging.other_class(None, 3), None);
}

#[test]
fn a_slice_with_a_finding_gets_a_lesion_half_as_often() {
    let augmentation = Augmentation {
        planted_lesions: 0.6,
        ..Augmentation::none()
    };
    let pixels = slice(6);
    let anatomy = Anatomy::of(&pixels);
    let planted = |finding| {
        let staged = (0..1000).map(|epoch| augmentation.stage(3, epoch, 0, finding));
        let has_one = staged.filter(|one| one.other_class(anatomy.as_ref(), 3).is_some());
        has_one.count()
    };
    assert!((540..660).contains(&planted(Finding::Absent)));
    assert!((240..360).contains(&planted(Finding::Present)));
}

#[test]
fn another_background_leaves_the_body_as_it_is() {
    let augmentation = Augmentation {
        background_change: 1.0,
        ..Augmentation::none()
    };
    let pixels = slice(8);
    let anatomy = Anatomy::of(&pixels).expect("a body");
    for epoch in 0..20 {
        let staging = augmentation.stage(1, epoch, 0, Finding::Absent);
        let staged = staging.apply(&pixels, Some(&anatomy));
        for row in 0..SIZE {
            let (from, to) = anatomy.columns(row, SIZE, SIZE);
            let line = row * SIZE;
            let inside = line + from..line + to;
            assert_eq!(staged.data()[inside.clone()], pixels.data()[inside]);
        }
    }
}
