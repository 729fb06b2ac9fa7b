//! The minimum of a convex function.

/// Value, gradient and Hessian of a function at a point.
pub(super) struct Local {
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
    /// Row by row, symmetric.
    pub(super) hessian: Vec<Vec<f64>>,
}

/// Enough for any smooth convex function; those here take about ten.
const STEP_LIMIT: usize = 200;

/// Newton's method with steps that are halved until they lead down far enough (Armijo). Boyd,
/// Vandenberghe, Convex optimization, 2004, algorithm 9.5.
pub(super) fn minimum(start: Vec<f64>, function: impl Fn(&[f64]) -> Local) -> Vec<f64> {
    let mut point = start;
    let mut local = function(&point);
    for _ in 0..STEP_LIMIT {
        let step = solve(local.hessian.clone(), &local.gradient);
        let decrement: f64 = step.iter().zip(&local.gradient).map(|(s, g)| s * g).sum();
        // Half of it is how far the minimum may lie below.
        if decrement.is_nan() || decrement < 1e-18 {
            break;
        }
        let Some((next, reached)) = halved(&point, &step, decrement, &local, &function) else {
            break;
        };
        (point, local) = (next, reached);
    }
    point
}

fn halved(
    point: &[f64],
    step: &[f64],
    decrement: f64,
    local: &Local,
    function: &impl Fn(&[f64]) -> Local,
) -> Option<(Vec<f64>, Local)> {
    let mut share = 1.0;
    for _ in 0..60 {
        let next: Vec<f64> = point
            .iter()
            .zip(step)
            .map(|(at, s)| at - share * s)
            .collect();
        let reached = function(&next);
        if reached.value <= local.value - 1e-4 * share * decrement {
            return Some((next, reached));
        }
        share /= 2.0;
    }
    None
}

/// The solution of `matrix * x = right`, by elimination with pivots.
fn solve(matrix: Vec<Vec<f64>>, right: &[f64]) -> Vec<f64> {
    let mut matrix = matrix;
    let mut right = right.to_vec();
    let size = right.len();
    for column in 0..size {
        let size_of = |row: &usize| matrix[*row][column].abs();
        let pivot = (column..size)
            .max_by(|one, other| size_of(one).total_cmp(&size_of(other)))
            .unwrap_or(column);
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        let (above, below) = matrix.split_at_mut(column + 1);
        let pivot_row = &above[column];
        for (offset, row) in below.iter_mut().enumerate() {
            let factor = row[column] / pivot_row[column];
            let pairs = row.iter_mut().zip(pivot_row).skip(column);
            pairs.for_each(|(value, pivot)| *value -= factor * pivot);
            right[column + 1 + offset] -= factor * right[column];
        }
    }
    for column in (0..size).rev() {
        let known: f64 = (column + 1..size)
            .map(|at| matrix[column][at] * right[at])
            .sum();
        right[column] = (right[column] - known) / matrix[column][column];
    }
    right
}
