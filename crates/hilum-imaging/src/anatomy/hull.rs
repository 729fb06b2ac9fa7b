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
    /// Andrew's monotone chain (1979).
    pub(super) fn of(mut points: Vec<Point>) -> Self {
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
