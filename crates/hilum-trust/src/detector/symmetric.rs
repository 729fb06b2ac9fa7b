//! Principal directions, and the eigenvectors of small symmetric matrices.

/// The `count` directions in which centred rows vary most, largest variance first, each of length
/// one, and their variances (divided by `rows - 1`). Fewer if the rows have fewer.
///
/// Subspace iteration with a Rayleigh-Ritz step (Halko, Martinsson & Tropp, SIAM Review 2011,
/// algorithm 4.4): the covariance matrix, which is as large as the square of the width, is never
/// made.
pub(super) fn principal_directions(rows: &[Vec<f64>], count: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    /// Directions beside those that are asked for, so that the last of them is sharp too.
    const BESIDE: usize = 12;
    const ROUNDS: usize = 40;
    let width = rows.first().map_or(0, Vec::len);
    let most = width.min(rows.len().saturating_sub(1));
    let mut basis = start(width, (count + BESIDE).min(most));
    for _ in 0..ROUNDS {
        orthonormalise(&mut basis);
        basis = spread(rows, &basis);
    }
    orthonormalise(&mut basis);
    let degrees = rows.len().saturating_sub(1).max(1) as f64;
    let images: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| basis.iter().map(|one| dot(one, row)).collect())
        .collect();
    let inner: Vec<Vec<f64>> = (0..basis.len())
        .map(|a| {
            let product = |b: usize| images.iter().map(|row| row[a] * row[b]).sum::<f64>();
            (0..basis.len()).map(|b| product(b) / degrees).collect()
        })
        .collect();
    let (values, vectors) = eigen(inner);
    let turned = vectors.iter().map(|vector| {
        let mut direction = vec![0.0; width];
        for (share, one) in vector.iter().zip(&basis) {
            add(&mut direction, *share, one);
        }
        direction
    });
    let kept = count.min(most);
    (
        turned.take(kept).collect(),
        values.into_iter().take(kept).collect(),
    )
}

/// Vectors that have a share of every direction: pseudo-random signs.
fn start(width: usize, count: usize) -> Vec<Vec<f64>> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut sign = || {
        // Marsaglia's xorshift64 (2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if state & 1 == 0 { 1.0 } else { -1.0 }
    };
    (0..count)
        .map(|_| (0..width).map(|_| sign()).collect())
        .collect()
}

/// Every vector, times the rows, times the rows again.
fn spread(rows: &[Vec<f64>], basis: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut out = vec![vec![0.0; basis.first().map_or(0, Vec::len)]; basis.len()];
    for row in rows {
        for (out, one) in out.iter_mut().zip(basis) {
            add(out, dot(one, row), row);
        }
    }
    out
}

/// Modified Gram-Schmidt, twice: what is left of a vector that lies in the others' span is noise,
/// and becomes zero.
fn orthonormalise(basis: &mut [Vec<f64>]) {
    for _ in 0..2 {
        for at in 0..basis.len() {
            let (before, rest) = basis.split_at_mut(at);
            let one = &mut rest[0];
            let length = dot(one, one).sqrt();
            for other in before {
                let share = dot(one, other);
                add(one, -share, other);
            }
            let left = dot(one, one).sqrt();
            let factor = if left > 1e-12 * length {
                1.0 / left
            } else {
                0.0
            };
            for value in one.iter_mut() {
                *value *= factor;
            }
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], factor: f64, from: &[f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

/// Eigenvalues, largest first, and their vectors, of a symmetric matrix: cyclic Jacobi rotations
/// (Golub & Van Loan, Matrix Computations, section 8.5).
pub(super) fn eigen(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    const SWEEPS: usize = 30;
    let size = matrix.len();
    // A row each, so that two of them are turned at once.
    let mut vectors: Vec<Vec<f64>> = (0..size)
        .map(|at| (0..size).map(|b| f64::from(u8::from(at == b))).collect())
        .collect();
    for _ in 0..SWEEPS {
        let mut turned = false;
        for p in 0..size {
            for q in p + 1..size {
                let scale = (matrix[p][p] * matrix[q][q]).abs().sqrt();
                if matrix[p][q].abs() <= 1e-14 * scale || matrix[p][q] == 0.0 {
                    continue;
                }
                turned = true;
                rotate(&mut matrix, &mut vectors, p, q);
            }
        }
        if !turned {
            break;
        }
    }
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|a, b| matrix[*b][*b].total_cmp(&matrix[*a][*a]));
    let values = order.iter().map(|at| matrix[*at][*at]).collect();
    let vectors = order.iter().map(|at| vectors[*at].clone()).collect();
    (values, vectors)
}

/// Turns `p` and `q` so that nothing is left between them.
fn rotate(matrix: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    let turn = |a: &mut f64, b: &mut f64| {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    };
    for row in matrix.iter_mut() {
        let (before, behind) = row.split_at_mut(q);
        turn(&mut before[p], &mut behind[0]);
    }
    for rows in [matrix, vectors] {
        let (before, behind) = rows.split_at_mut(q);
        for (a, b) in before[p].iter_mut().zip(&mut behind[0]) {
            turn(a, b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvalues_of_a_small_matrix_are_those_by_hand() {
        // Of [[2, 1], [1, 2]]: 3 along (1, 1) and 1 along (1, -1).
        let (values, vectors) = eigen(vec![vec![2.0, 1.0], vec![1.0, 2.0]]);
        assert!((values[0] - 3.0).abs() < 1e-12 && (values[1] - 1.0).abs() < 1e-12);
        assert!((vectors[0][0] - vectors[0][1]).abs() < 1e-12);
        assert!((vectors[1][0] + vectors[1][1]).abs() < 1e-12);
    }

    #[test]
    fn rows_on_a_line_have_one_direction() {
        let rows: Vec<Vec<f64>> = [-1.0, 0.0, 1.0]
            .map(|at: f64| vec![3.0 * at, 4.0 * at, 0.0])
            .to_vec();
        let (directions, variances) = principal_directions(&rows, 5);
        assert_eq!(
            directions.len(),
            2,
            "three rows have two degrees of freedom"
        );
        assert!((variances[0] - 25.0).abs() < 1e-9, "{variances:?}");
        assert!(variances[1].abs() < 1e-9);
        assert!((directions[0][0].abs() - 0.6).abs() < 1e-9);
        assert!((directions[0][1].abs() - 0.8).abs() < 1e-9);
    }
}
