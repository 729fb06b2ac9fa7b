//! Where in a chest the heat lies.

use hilum_imaging::{ChestMasks, LesionDisc, Mask};
use serde::Serialize;

use crate::{HeatMap, Signal};

/// A lesion and its margin of one radius reach this many radii from its middle.
const WITH_MARGIN: f64 = 2.0;
/// More than this share of heat outside of the body, and more than what chance puts there, is said.
const MUCH_OUTSIDE: f64 = 0.2;

/// What share of a map's heat lies where, each in `0.0..=1.0`.
///
/// Heat is what is above 0, so that what speaks against a class does not count. The share that
/// chance puts somewhere is that place's share of the picture: a map without an opinion reaches it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Placement {
    /// Inside of the body; `None` where there is no heat or no body.
    pub inside_body: Option<f64>,
    /// Outside of it, where there is no disease.
    pub outside_body: Option<f64>,
    /// What chance puts outside of it.
    pub outside_body_by_chance: Option<f64>,
    /// Inside of the lungs; `None` where there is no heat or no lungs.
    pub inside_lungs: Option<f64>,
    /// What chance puts into the lungs.
    pub inside_lungs_by_chance: Option<f64>,
    /// On the lesion and its margin of one radius; `None` where none is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_lesion: Option<f64>,
    /// What chance puts there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_lesion_by_chance: Option<f64>,
    /// Why no lungs are marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_lungs: Option<String>,
}

impl Placement {
    /// Where the heat of a map lies that has the size of the slice; without a signal there is none.
    ///
    /// # Panics
    /// If the map and the masks are not of the same size.
    pub fn of(heat: &HeatMap, chest: &ChestMasks, lesion: Option<LesionDisc>) -> Self {
        let total: f64 = positive(heat).sum();
        let has_heat = heat.signal() == Signal::Present && total > 0.0;
        let share = |mask: &Mask| has_heat.then(|| within(heat, mask) / total);
        let body = chest.body();
        let inside_body = body.and_then(share);
        let lesion = lesion.map(|lesion| {
            let center = (lesion.center_x, lesion.center_y);
            let radius = WITH_MARGIN * lesion.radius;
            Mask::disc(heat.width(), heat.height(), center, radius)
        });
        Self {
            inside_body,
            outside_body: inside_body.map(|inside| 1.0 - inside),
            outside_body_by_chance: body.map(|body| 1.0 - body.share()),
            inside_lungs: chest.lungs().ok().and_then(share),
            inside_lungs_by_chance: chest.lungs().ok().map(Mask::share),
            on_lesion: lesion.as_ref().and_then(share),
            on_lesion_by_chance: lesion.as_ref().map(Mask::share),
            no_lungs: chest.lungs().err().map(|reason| reason.to_string()),
        }
    }

    /// The mean of many, each figure over those that have it.
    pub fn mean(all: &[Self]) -> Self {
        let mean = |figure: fn(&Self) -> Option<f64>| {
            let known: Vec<f64> = all.iter().filter_map(figure).collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        };
        Self {
            inside_body: mean(|one| one.inside_body),
            outside_body: mean(|one| one.outside_body),
            outside_body_by_chance: mean(|one| one.outside_body_by_chance),
            inside_lungs: mean(|one| one.inside_lungs),
            inside_lungs_by_chance: mean(|one| one.inside_lungs_by_chance),
            on_lesion: mean(|one| one.on_lesion),
            on_lesion_by_chance: mean(|one| one.on_lesion_by_chance),
            no_lungs: None,
        }
    }

    /// What is to be said of it, if it is not where a disease of the lungs is.
    pub fn concern(&self) -> Option<String> {
        let percent = |share: f64| format!("{:.0}%", 100.0 * share);
        if let (Some(outside), Some(chance)) = (self.outside_body, self.outside_body_by_chance)
            && outside > MUCH_OUTSIDE
            && outside > chance
        {
            return Some(format!(
                "{} of the heat lies outside of the body ({} by chance), where there is no disease: \
                 a mark, the table or the air may give the class away",
                percent(outside),
                percent(chance)
            ));
        }
        if let (Some(inside), Some(chance)) = (self.inside_lungs, self.inside_lungs_by_chance)
            && inside < chance
        {
            return Some(format!(
                "{} of the heat lies in the lungs, less than the {} that chance puts there",
                percent(inside),
                percent(chance)
            ));
        }
        None
    }
}

fn positive(heat: &HeatMap) -> impl Iterator<Item = f64> {
    heat.values().iter().map(|value| f64::from(value.max(0.0)))
}

fn within(heat: &HeatMap, mask: &Mask) -> f64 {
    assert_eq!(
        (heat.width(), heat.height()),
        (mask.width(), mask.height()),
        "a map and masks of one slice"
    );
    let pairs = positive(heat).zip(mask.is_set());
    pairs
        .filter(|(_, is_set)| **is_set)
        .map(|(value, _)| value)
        .sum()
}

#[cfg(test)]
mod tests {
    use hilum_imaging::{Lesion, Phantom, Shortcut};

    use super::*;

    const SIZE: usize = 192;

    fn map(level: impl Fn(usize, usize) -> f32) -> HeatMap {
        let values = (0..SIZE * SIZE).map(|at| level(at % SIZE, at / SIZE));
        HeatMap::new(SIZE, SIZE, values.collect())
    }

    fn slice() -> (ChestMasks, LesionDisc) {
        let phantom = Phantom {
            size: SIZE,
            patient_seed: 3,
            slice_index: 0,
            lesion: Lesion::SpiculatedPeripheral,
        };
        let (slice, truth) = phantom.render_with_truth();
        let chest = ChestMasks::of(&slice.windowed(-600.0, 1500.0));
        (chest, truth.lesion.unwrap())
    }

    fn near(lesion: &LesionDisc, x: usize, y: usize) -> bool {
        let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
        (x - lesion.center_x).hypot(y - lesion.center_y) <= lesion.radius
    }

    #[test]
    fn heat_on_the_lesion_is_in_its_lung_and_nothing_is_of_concern() {
        let (chest, lesion) = slice();
        let heat = map(|x, y| f32::from(u8::from(near(&lesion, x, y))));
        let placement = Placement::of(&heat, &chest, Some(lesion));
        assert_eq!(placement.inside_body, Some(1.0));
        assert_eq!(placement.outside_body, Some(0.0));
        assert_eq!(placement.on_lesion, Some(1.0));
        assert!(placement.inside_lungs.unwrap() > 0.95, "{placement:?}");
        assert_eq!(placement.concern(), None);
        let area = std::f64::consts::PI * (2.0 * lesion.radius).powi(2) / (SIZE * SIZE) as f64;
        assert!((placement.on_lesion_by_chance.unwrap() - area).abs() < 0.1 * area);
    }

    #[test]
    fn heat_on_a_mark_beside_the_body_is_told() {
        let (chest, lesion) = slice();
        let [mark, _] = Shortcut::CornerMark.extents(SIZE);
        let is_mark = |x: usize, y: usize| {
            (mark.left..mark.left + mark.width).contains(&x)
                && (mark.top..mark.top + mark.height).contains(&y)
        };
        let heat = map(|x, y| f32::from(u8::from(is_mark(x, y))));
        let placement = Placement::of(&heat, &chest, Some(lesion));
        assert_eq!(placement.outside_body, Some(1.0));
        assert_eq!(placement.inside_lungs, Some(0.0));
        assert_eq!(placement.on_lesion, Some(0.0));
        assert!(
            placement
                .concern()
                .unwrap()
                .starts_with("100% of the heat lies outside")
        );
    }

    #[test]
    fn even_heat_is_where_chance_puts_it_and_what_speaks_against_does_not_count() {
        let (chest, lesion) = slice();
        // A checkerboard of 1 and -5.
        let heat = map(|x, y| if (x + y) % 2 == 0 { 1.0 } else { -5.0 });
        let placement = Placement::of(&heat, &chest, Some(lesion));
        for (share, chance) in [
            (placement.inside_lungs, placement.inside_lungs_by_chance),
            (placement.outside_body, placement.outside_body_by_chance),
            (placement.on_lesion, placement.on_lesion_by_chance),
        ] {
            assert!(
                (share.unwrap() - chance.unwrap()).abs() < 0.01,
                "{placement:?}"
            );
        }
    }

    #[test]
    fn without_heat_or_lungs_there_is_no_share() {
        let (chest, lesion) = slice();
        for level in [0.0, -1.0, f32::NAN] {
            let placement = Placement::of(&map(|_, _| level), &chest, Some(lesion));
            assert_eq!(placement.inside_lungs, None);
            assert_eq!(placement.outside_body, None);
            assert_eq!(placement.on_lesion, None);
        }
        let blank = hilum_imaging::Pixels::new(
            SIZE,
            SIZE,
            hilum_imaging::Channels::Grey,
            vec![80; SIZE * SIZE],
        );
        let heat = map(|x, _| x as f32);
        let placement = Placement::of(&heat, &ChestMasks::of(&blank), None);
        assert_eq!(placement.inside_body, None);
        assert_eq!(placement.no_lungs.as_deref(), Some("no body was found"));
        let mean = Placement::mean(&[placement, Placement::of(&heat, &chest, Some(lesion))]);
        assert!(mean.inside_lungs.is_some() && mean.on_lesion.is_some());
    }
}
