//! What a detector learns from: training slices, the same as strangers would show them, and what
//! they are not.

use hilum_imaging::{Drawing, Misplacement, Pixels, Recipe, Showing, draw};
use hilum_trust::detector::{Examples, Rows};

use super::network::Network;
use crate::ExperimentError;

/// Slices that are looked at, however many there are.
pub(super) const MOST_SLICES: usize = 400;

/// Slices that are looked at, at least, as far as there are so many.
const FEWEST_SLICES: usize = 100;

/// As many slices as cost a fortieth of a training that passed forward and back over
/// `trained_count`, not counting those that are held out: each is looked at in five ways, and half
/// as many drawings, and a pass back is twice as long as one forward.
pub(crate) fn affordable(trained_count: usize) -> usize {
    const SHARE: f64 = 1.0 / 40.0;
    let passes = 3.0 * trained_count as f64 * SHARE;
    ((passes / 5.5) as usize).clamp(FEWEST_SLICES, MOST_SLICES)
}

/// Drawn pictures, at least and at most.
const DRAWN: [usize; 2] = [30, 200];

pub(super) fn examples(
    network: &mut Network<'_, '_>,
    slices: &[&Pixels],
) -> Result<Examples, ExperimentError> {
    let count = slices.len();
    let misplaced = |index: usize, recipe: &Recipe| {
        let (seed, slice) = (index as u64, slices[index / 2]);
        let slice = misplacement(index).of(slice, seed);
        again(recipe).prepare(&Showing::Framed.of(&slice, seed ^ (1 << 32)))
    };
    let [fewest, most] = DRAWN;
    let drawn_count = (count / 2).clamp(fewest, most);
    let drawn = |index: usize, recipe: &Recipe| {
        let side = recipe.width.max(recipe.height);
        recipe.prepare(&draw(drawing(index), side, index as u64))
    };
    let kinds = (0..2 * count)
        .map(|index| kind_of(misplacement(index)))
        .chain((0..drawn_count).map(|index| 6 + drawing(index) as usize));
    Ok(Examples {
        plain: network.rows(slices)?,
        toned: shown(network, slices, Showing::Toned)?,
        framed: shown(network, slices, Showing::Framed)?,
        unlike: network
            .rows_of(2 * count, misplaced)?
            .and(&network.rows_of(drawn_count, drawn)?),
        kinds: kinds.collect(),
    })
}

/// The slices as strangers may show them.
pub(super) fn shown(
    network: &mut Network<'_, '_>,
    slices: &[&Pixels],
    showing: Showing,
) -> Result<Rows, ExperimentError> {
    network.rows_of(slices.len(), |index, recipe| {
        again(recipe).prepare(&showing.of(slices[index], index as u64))
    })
}

/// For slices that the recipe has prepared before: what evens out contrast has done so.
fn again(recipe: &Recipe) -> Recipe {
    Recipe {
        clahe: None,
        ..recipe.clone()
    }
}

/// Two of each slice; all of them take turns.
fn misplacement(index: usize) -> Misplacement {
    let all = Misplacement::ALL;
    // The second of a slice is another than the first.
    all[(index / 2 + 3 * (index % 2)) % all.len()]
}

/// Upside down and turned by half a circle look alike: chests are nearly even from side to side.
fn kind_of(misplacement: Misplacement) -> usize {
    match misplacement {
        Misplacement::UpsideDown | Misplacement::HalfTurn => 1,
        Misplacement::LeftTurn => 2,
        Misplacement::RightTurn => 3,
        Misplacement::Inverted => 4,
        Misplacement::CutUp => 5,
    }
}

fn drawing(index: usize) -> Drawing {
    Drawing::ALL[index % Drawing::ALL.len()]
}

/// At most so many of `slices`, evenly: neighbours are often alike.
pub(super) fn every<'a>(slices: &[&'a Pixels], most: usize) -> Vec<&'a Pixels> {
    let count = slices.len().min(most);
    (0..count)
        .map(|at| slices[at * slices.len() / count])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_misplacement_has_its_turn_and_a_slice_two_of_them() {
        for which in Misplacement::ALL {
            let count = (0..120).filter(|index| misplacement(*index) == which);
            assert_eq!(count.count(), 20);
        }
        for slice in 0..60 {
            assert_ne!(misplacement(2 * slice), misplacement(2 * slice + 1));
        }
    }
}
