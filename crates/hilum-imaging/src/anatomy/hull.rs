//! The convex hull of pixels.

/// A pixel's centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    pub(super) x: i64,
    pub(super) y: i64,
}

/// Corners of a convex polygon, in order around it.
pub(super) struct Hull {
    corners: Vec<Point>,
}

impl Hull {
    /// Andrew's monotone chain (1979), of the first and the last pixel of each row: no other is a
    /// corner. No row lies above 0.
    pub(super) fn of(points: impl Iterator<Item = Point>) -> Self {
        let mut points = row_ends(points);
        points.sort_unstable();
        points.dedup();
        if points.len() < 3 {
            return Self { corners: points };
        }
        let mut lower = half(points.iter());
        let upper = half(points.iter().rev());
        lower.pop();
        lower.extend_from_slice(&upper[..upper.len() - 1]);
        Self { corners: lower }
    }

    /// The columns within, from and to, of each row of an image.
    pub(super) fn spans(&self, width: usize, height: usize) -> Vec<(usize, usize)> {
        let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); height];
        for (at, from) in self.corners.iter().enumerate() {
            let to = &self.corners[(at + 1) % self.corners.len()];
            let (top, bottom) = if from.y <= to.y {
                (from, to)
            } else {
                (to, from)
            };
            for y in top.y..=bottom.y {
                let (left, right) = &mut ends[y as usize];
                let crossings = if top.y == bottom.y {
                    [top.x as f64, bottom.x as f64]
                } else {
                    let share = (y - top.y) as f64 / (bottom.y - top.y) as f64;
                    [top.x as f64 + share * (bottom.x - top.x) as f64; 2]
                };
                for x in crossings {
                    *left = left.min(x);
                    *right = right.max(x);
                }
            }
        }
        let span = |(left, right): (f64, f64)| {
            if left > right {
                return (0, 0);
            }
            (
                left.floor() as usize,
                (right.ceil() as usize + 1).min(width),
            )
        };
        ends.into_iter().map(span).collect()
    }
}

/// The first and the last point of each row.
fn row_ends(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut rows: Vec<(i64, i64)> = Vec::new();
    for Point { x, y } in points {
        let row = y as usize;
        if row >= rows.len() {
            rows.resize(row + 1, (i64::MAX, i64::MIN));
        }
        let (first, last) = &mut rows[row];
        *first = x.min(*first);
        *last = x.max(*last);
    }
    let rows = (0..).zip(rows).filter(|(_, (first, last))| first <= last);
    rows.flat_map(|(y, (first, last))| [Point { x: first, y }, Point { x: last, y }])
        .collect()
}

fn half<'a>(points: impl Iterator<Item = &'a Point>) -> Vec<Point> {
    let mut chain: Vec<Point> = Vec::new();
    for point in points {
        while let [.., before, last] = chain[..] {
            if turn(before, last, *point) > 0 {
                break;
            }
            chain.pop();
        }
        chain.push(*point);
    }
    chain
}

/// Positive where the way from `a` over `b` to `c` turns left.
fn turn(a: Point, b: Point, c: Point) -> i64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corners(points: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let points = points.iter().map(|(x, y)| Point { x: *x, y: *y });
        let hull = Hull::of(points);
        hull.corners
            .iter()
            .map(|corner| (corner.x, corner.y))
            .collect()
    }

    #[test]
    fn corners_are_those_that_no_line_between_others_passes() {
        let square: Vec<(i64, i64)> = (0..25).map(|at| (at % 5 + 2, at / 5 + 1)).collect();
        assert_eq!(corners(&square), [(2, 1), (6, 1), (6, 5), (2, 5)]);
        // A diamond: its rows end in corners and on the lines between them.
        let diamond = (0..49_i64).map(|at| (at % 7, at / 7));
        let diamond: Vec<_> = diamond
            .filter(|(x, y)| (x - 3).abs() + (y - 3).abs() <= 3)
            .collect();
        assert_eq!(corners(&diamond), [(0, 3), (3, 0), (6, 3), (3, 6)]);
    }

    #[test]
    fn a_line_has_two_corners_and_a_pixel_one() {
        assert_eq!(corners(&[(4, 2), (6, 2), (5, 2)]), [(4, 2), (6, 2)]);
        assert_eq!(corners(&[(3, 1), (3, 2), (3, 3)]), [(3, 1), (3, 3)]);
        assert_eq!(corners(&[(3, 1), (3, 1)]), [(3, 1)]);
        assert_eq!(corners(&[]), []);
    }
}
