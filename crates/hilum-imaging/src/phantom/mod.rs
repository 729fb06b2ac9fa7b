//! Axial slices of chests that nobody has: a body plan drawn in Hounsfield units.

mod anatomy;
mod canvas;
mod chest_wall;
mod dataset;
mod lesion;
mod lungs;
mod mediastinum;
mod outline;
mod random;
mod scanner;
mod shortcut;
mod slice;
mod spine;
mod truth;

pub use dataset::{
    DatasetSettings, DatasetWriteError, PhantomFormat, WrittenDataset, write_dataset,
    write_dataset_with_truth,
};
pub use shortcut::Shortcut;
pub use slice::HounsfieldSlice;
pub use truth::{LesionDisc, LesionTable, LesionTableError, PhantomTruth};

use canvas::Canvas;

/// Air, the least that a CT shows, in Hounsfield units.
const AIR: f32 = -1000.0;

/// What sets one class of phantom apart from another; nothing else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lesion {
    /// A small nodule with radiating strands near the pleura, as an adenocarcinoma shows.
    SpiculatedPeripheral,
    /// A large lobulated mass on the pleura, as a large-cell carcinoma shows.
    LobulatedLargePeripheral,
    /// No lesion.
    None,
    /// A mass at the hilum with air inside, as a squamous-cell carcinoma shows.
    CentralHilarCavitating,
}

impl Lesion {
    /// All four, in the alphabetical order of their classes.
    pub const ALL: [Self; 4] = [
        Self::SpiculatedPeripheral,
        Self::LobulatedLargePeripheral,
        Self::None,
        Self::CentralHilarCavitating,
    ];

    /// The class that the lesion stands for.
    pub fn class_name(self) -> &'static str {
        match self {
            Self::SpiculatedPeripheral => "adenocarcinoma",
            Self::LobulatedLargePeripheral => "large.cell.carcinoma",
            Self::None => "normal",
            Self::CentralHilarCavitating => "squamous.cell.carcinoma",
        }
    }
}

/// Which slice to make.
///
/// The patient's build, position, contrast medium and dose come from `patient_seed`; level and
/// vessels from the slice as well; neither asks what `lesion` is. Equal settings give equal
/// slices on every machine: transcendental functions come from one library, not the system's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phantom {
    /// Rows and columns; `64..=1024`.
    pub size: usize,
    /// Who it is.
    pub patient_seed: u64,
    /// Which slice of this patient, from 0; each lies 5 mm below the one before.
    pub slice_index: usize,
    /// What is to be seen in the lung.
    pub lesion: Lesion,
}

impl Phantom {
    /// The smallest and the largest number of rows and columns.
    pub const SIZE_RANGE: std::ops::RangeInclusive<usize> = 64..=1024;

    /// Makes the slice.
    ///
    /// # Panics
    /// If `size` lies outside of [`Phantom::SIZE_RANGE`].
    pub fn render(&self) -> HounsfieldSlice {
        self.render_with_truth().0
    }

    /// Makes the slice, and says what was drawn where.
    ///
    /// # Panics
    /// If `size` lies outside of [`Phantom::SIZE_RANGE`].
    pub fn render_with_truth(&self) -> (HounsfieldSlice, PhantomTruth) {
        assert!(
            Self::SIZE_RANGE.contains(&self.size),
            "a phantom has 64 to 1024 rows"
        );
        let anatomy = anatomy::Anatomy::new(self.patient_seed, self.slice_index);
        let spacing_mm = anatomy.field_of_view_mm / self.size as f64;
        let mut canvas = Canvas::new(self.size, spacing_mm, anatomy.center, anatomy.tilt);
        chest_wall::draw_soft_tissue(&mut canvas, &anatomy);
        let mut lungs = lungs::Lungs::draw(&mut canvas, &anatomy);
        let before = canvas.values().to_vec();
        mediastinum::draw(&mut canvas, &anatomy);
        let is_lung = truth::lungs(lungs.share(), &before, canvas.values());
        lungs.draw_vessels(&mut canvas, &anatomy);
        let lesion = lesion::draw(self.lesion, &mut canvas, &anatomy, &lungs);
        chest_wall::draw_bones(&mut canvas, &anatomy);
        spine::draw(&mut canvas, &anatomy);
        let body = canvas.cover(&anatomy.skin.outline()).spread(self.size);
        let truth = PhantomTruth::new(self.size, body, lesion, is_lung);
        (scanner::scan(&canvas, &anatomy), truth)
    }
}
