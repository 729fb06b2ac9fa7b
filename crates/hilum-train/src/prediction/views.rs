//! Which views of a slice are asked, and what they say together.

use hilum_core::Probabilities;
use hilum_imaging::Views;

/// Whether the logits of the first view are the answer, or other views are to be asked.
pub fn is_settled(views: Views, first: &[f32]) -> bool {
    weight_of_second(views, first) == 0.0
}

/// The mean of what two views said, in which the second counts as much as the first leaves doubt.
pub fn of_two_views(views: Views, first: &[f32], second: &[f32]) -> Vec<f32> {
    let weight = weight_of_second(views, first);
    let pairs = first.iter().zip(second);
    pairs
        .map(|(first, second)| first * (1.0 - weight) + second * weight)
        .collect()
}

fn weight_of_second(views: Views, first: &[f32]) -> f32 {
    match views {
        Views::Single => 0.0,
        Views::Mirrored => 0.5,
        Views::MirroredIfUnsure => {
            let probabilities = Probabilities::from_logits(first);
            let doubt = Views::SURE - probabilities.of(probabilities.most_likely());
            0.5 * (doubt / (Views::SURE - Views::UNSURE)).clamp(0.0, 1.0) as f32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits of two classes, the first of which has this probability.
    fn logits(probability: f32) -> [f32; 2] {
        [(probability / (1.0 - probability)).ln(), 0.0]
    }

    #[test]
    fn only_a_likely_class_settles_an_answer() {
        let settled = |probability| {
            [Views::Single, Views::Mirrored, Views::MirroredIfUnsure]
                .map(|views| is_settled(views, &logits(probability)))
        };
        assert_eq!(settled(0.66), [true, false, true]);
        assert_eq!(settled(0.64), [true, false, false]);
    }

    #[test]
    fn the_second_view_counts_as_much_as_the_first_leaves_doubt() {
        let second = [-1.0, 1.0];
        let weight = |views, probability| {
            let first = logits(probability);
            let both = of_two_views(views, &first, &second);
            (both[0] - first[0]) / (second[0] - first[0])
        };
        assert!((weight(Views::Mirrored, 0.9) - 0.5).abs() < 1e-6);
        let [sure, between, unsure] =
            [0.65, 0.575, 0.5].map(|probability| weight(Views::MirroredIfUnsure, probability));
        assert!(sure.abs() < 1e-5, "{sure}");
        assert!((between - 0.25).abs() < 1e-5, "{between}");
        assert!((unsure - 0.5).abs() < 1e-5, "{unsure}");
    }
}
