//! The minimum of a smooth function of many numbers.

use std::collections::VecDeque;

/// Pairs of steps and changes of the gradient that are remembered.
const MEMORY: usize = 10;

/// Walks from `start` to where `function` is smallest, in at most so many steps. The function
/// writes its gradient into its second argument and gives its value.
///
/// L-BFGS with its two loops (Nocedal & Wright, Numerical Optimization, 2006, algorithms 7.4 and
/// 7.5); the length of a step is halved until it lowers the function enough (Armijo).
pub(super) fn minimise(
    start: Vec<f64>,
    steps: usize,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let mut place = start;
    let mut gradient = vec![0.0; place.len()];
    let mut value = function(&place, &mut gradient);
    let mut known: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    for _ in 0..steps {
        let mut direction = downhill(&gradient, &known);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            known.clear();
            direction = gradient.iter().map(|slope| -slope).collect();
            slope = dot(&direction, &gradient);
        }
        if slope.abs() < 1e-12 * value.abs().max(1e-12) {
            break;
        }
        let mut length = if known.is_empty() {
            1.0 / slope.abs().sqrt().max(1.0)
        } else {
            1.0
        };
        let mut next_gradient = vec![0.0; place.len()];
        let reached = (0..30).find_map(|_| {
            let next: Vec<f64> = place
                .iter()
                .zip(&direction)
                .map(|(x, d)| x + length * d)
                .collect();
            let next_value = function(&next, &mut next_gradient);
            let is_enough = next_value <= value + 1e-4 * length * slope;
            length *= 0.5;
            is_enough.then_some((next, next_value))
        });
        let Some((next, next_value)) = reached else {
            break;
        };
        let step: Vec<f64> = next.iter().zip(&place).map(|(a, b)| a - b).collect();
        let change: Vec<f64> = next_gradient
            .iter()
            .zip(&gradient)
            .map(|(a, b)| a - b)
            .collect();
        if dot(&step, &change) > 1e-12 * dot(&change, &change) {
            if known.len() == MEMORY {
                known.pop_front();
            }
            known.push_back((step, change));
        }
        (place, value, gradient) = (next, next_value, next_gradient);
    }
    place
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], factor: f64, from: &[f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

/// Minus the gradient, bent by what is known of the curvature.
fn downhill(gradient: &[f64], known: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
    let mut shares = Vec::with_capacity(known.len());
    for (step, change) in known.iter().rev() {
        let share = dot(step, &direction) / dot(step, change);
        add(&mut direction, -share, change);
        shares.push(share);
    }
    if let Some((step, change)) = known.back() {
        let scale = dot(step, change) / dot(change, change);
        for value in &mut direction {
            *value *= scale;
        }
    }
    for ((step, change), share) in known.iter().zip(shares.into_iter().rev()) {
        let other = dot(change, &direction) / dot(step, change);
        add(&mut direction, share - other, step);
    }
    direction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rosenbrock_s_valley_ends_at_one_and_one() {
        // Rosenbrock (1960): (1 - x)^2 + 100 (y - x^2)^2 is smallest, 0, at (1, 1).
        let found = minimise(vec![-1.2, 1.0], 200, |at, gradient| {
            let (x, y) = (at[0], at[1]);
            gradient[0] = -2.0 * (1.0 - x) - 400.0 * x * (y - x * x);
            gradient[1] = 200.0 * (y - x * x);
            (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
        });
        assert!(
            (found[0] - 1.0).abs() < 1e-6 && (found[1] - 1.0).abs() < 1e-6,
            "{found:?}"
        );
    }

    #[test]
    fn where_nothing_slopes_it_stays() {
        let found = minimise(vec![3.0], 10, |_, gradient| {
            gradient[0] = 0.0;
            5.0
        });
        assert_eq!(found, [3.0]);
    }
}
