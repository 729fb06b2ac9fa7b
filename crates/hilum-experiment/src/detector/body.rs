//! What is seen of a body in slices.

use hilum_imaging::{Anatomy, Pixels};
use hilum_trust::detector::{BodyRule, SeenBody};
use rayon::prelude::*;

/// In a slice that a recipe prepared.
pub(crate) fn seen_body(slice: &Pixels) -> SeenBody {
    let anatomy = Anatomy::of(slice);
    SeenBody {
        lungs: anatomy.as_ref().is_some_and(Anatomy::shows_lungs),
        aspect: anatomy.as_ref().map(Anatomy::aspect),
    }
}

/// What the slices of a training show, and those of it, and of what was held out, that keep to
/// that; on all threads of the pool that this is called in.
pub(super) fn body_rule<'a>(
    train: &[&'a Pixels],
    held_out: &[&'a Pixels],
) -> (Option<BodyRule>, [Vec<&'a Pixels>; 2]) {
    let all = |slices: &[&Pixels]| -> Vec<SeenBody> {
        slices.par_iter().map(|slice| seen_body(slice)).collect()
    };
    let [of_train, of_held_out] = [train, held_out].map(all);
    let rule = BodyRule::fit(&of_train);
    let keep = |slices: &[&'a Pixels], seen: Vec<SeenBody>| {
        let keeps = |seen: &SeenBody| rule.is_none_or(|rule| rule.departure(*seen).is_none());
        let pairs = slices.iter().zip(seen);
        let kept = pairs.filter(|(_, seen)| keeps(seen));
        kept.map(|(slice, _)| *slice).collect()
    };
    (rule, [keep(train, of_train), keep(held_out, of_held_out)])
}
