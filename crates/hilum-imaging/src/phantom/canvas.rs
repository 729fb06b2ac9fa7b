//! Anti-aliased drawing in Hounsfield units.

use super::outline::{Outline, Point};

/// A square of Hounsfield units over the patient.
pub(super) struct Canvas {
    size: usize,
    spacing_mm: f64,
    center: Point,
    sin: f64,
    cos: f64,
    values: Vec<f32>,
}

/// How much of each pixel of a rectangle a shape covers, in `0.0..=1.0`.
pub(super) struct Coverage {
    left: i64,
    top: i64,
    width: usize,
    shares: Vec<f32>,
}

impl Canvas {
    /// Air over a square of `size` pixels; the patient is turned by `angle` about `center`.
    pub(super) fn new(size: usize, spacing_mm: f64, center: Point, angle: f64) -> Self {
        Self {
            size,
            spacing_mm,
            center,
            sin: libm::sin(angle),
            cos: libm::cos(angle),
            values: vec![super::AIR; size * size],
        }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn spacing_mm(&self) -> f64 {
        self.spacing_mm
    }

    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut Vec<f32> {
        &mut self.values
    }

    /// The pixel (column, row) in which `point` lies, as a position between pixel edges.
    pub(super) fn position(&self, point: Point) -> (f64, f64) {
        let x = self.cos * point.x - self.sin * point.y + self.center.x;
        let y = self.sin * point.x + self.cos * point.y + self.center.y;
        let half = self.size as f64 / 2.0;
        (x / self.spacing_mm + half, y / self.spacing_mm + half)
    }

    /// The index of the pixel under `point`, if it is on the canvas.
    pub(super) fn index(&self, point: Point) -> Option<usize> {
        let (x, y) = self.position(point);
        let inside = 0.0..self.size as f64;
        (inside.contains(&x) && inside.contains(&y)).then(|| y as usize * self.size + x as usize)
    }

    /// The share of every pixel that lies inside of `outline`, exact for its straight lines.
    pub(super) fn cover(&self, outline: &Outline) -> Coverage {
        let points: Vec<(f64, f64)> = outline.0.iter().map(|at| self.position(*at)).collect();
        Coverage::of_polygon(&points)
    }

    /// Fills `outline`.
    pub(super) fn fill(&mut self, outline: &Outline, hounsfield: f32) {
        let coverage = self.cover(outline);
        self.blend(&coverage, |_, before, share| {
            before + (hounsfield - before) * share
        });
    }

    /// Replaces every covered pixel by what `change` makes of (index, value, share).
    pub(super) fn blend(&mut self, coverage: &Coverage, change: impl Fn(usize, f32, f32) -> f32) {
        let size = self.size;
        coverage.visit(size, |index, share| {
            self.values[index] = change(index, self.values[index], share);
        });
    }

    /// A tapering tube from one point to another, drawn where it is denser than what is there.
    pub(super) fn tube(&mut self, from: (Point, f64), to: (Point, f64), hounsfield: f32) {
        let (x0, y0) = self.position(from.0);
        let (x1, y1) = self.position(to.0);
        let (r0, r1) = (from.1 / self.spacing_mm, to.1 / self.spacing_mm);
        let reach = r0.max(r1) + 1.0;
        let limit = self.size as f64;
        let left = (x0.min(x1) - reach).clamp(0.0, limit) as usize;
        let right = (x0.max(x1) + reach).ceil().clamp(0.0, limit) as usize;
        let top = (y0.min(y1) - reach).clamp(0.0, limit) as usize;
        let bottom = (y0.max(y1) + reach).ceil().clamp(0.0, limit) as usize;
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length_squared = (dx * dx + dy * dy).max(1e-9);
        for row in top..bottom {
            for column in left..right {
                let (px, py) = (column as f64 + 0.5 - x0, row as f64 + 0.5 - y0);
                let along = ((px * dx + py * dy) / length_squared).clamp(0.0, 1.0);
                let (ox, oy) = (px - along * dx, py - along * dy);
                let radius = r0 + (r1 - r0) * along;
                let share = line_share((ox * ox + oy * oy).sqrt(), radius);
                let value = &mut self.values[row * self.size + column];
                if share > 0.0 && hounsfield > *value {
                    *value += (hounsfield - *value) * share;
                }
            }
        }
    }
}

/// How much of a pixel a tube of `radius` covers whose axis passes at `distance`, in pixels.
fn line_share(distance: f64, radius: f64) -> f32 {
    let low = (distance - 0.5).max(-radius);
    let high = (distance + 0.5).min(radius);
    (high - low).clamp(0.0, 1.0) as f32
}

impl Coverage {
    /// Signed areas of each edge, summed along the row: exact coverage without sampling
    /// (the accumulation buffer of Raph Levien's `font-rs`).
    fn of_polygon(points: &[(f64, f64)]) -> Self {
        let extent = |pick: fn(&(f64, f64)) -> f64| {
            let low = points.iter().map(pick).fold(f64::INFINITY, f64::min);
            let high = points.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
            (low.floor(), high.ceil())
        };
        let ((left, right), (top, bottom)) = (extent(|at| at.0), extent(|at| at.1));
        let (width, height) = ((right - left) as usize + 2, (bottom - top) as usize + 1);
        let mut shares = vec![0.0; width * height];
        for (index, from) in points.iter().enumerate() {
            let to = points[(index + 1) % points.len()];
            let from = (from.0 - left, from.1 - top);
            accumulate(&mut shares, width, from, (to.0 - left, to.1 - top));
        }
        for row in shares.chunks_exact_mut(width) {
            let mut sum = 0.0_f32;
            for share in row {
                sum += *share;
                *share = sum.abs().min(1.0);
            }
        }
        Self {
            left: left as i64,
            top: top as i64,
            width,
            shares,
        }
    }

    /// Calls `visit` with index and share of every covered pixel on a canvas of `size`.
    pub(super) fn visit(&self, size: usize, mut visit: impl FnMut(usize, f32)) {
        for (row, shares) in self.shares.chunks_exact(self.width).enumerate() {
            let y = self.top + row as i64;
            if !(0..size as i64).contains(&y) {
                continue;
            }
            let first = (-self.left).clamp(0, self.width as i64) as usize;
            let last = (size as i64 - self.left).clamp(0, self.width as i64) as usize;
            let start = y as usize * size;
            for (column, share) in shares.iter().enumerate().take(last).skip(first) {
                if *share > 1e-4 {
                    visit(start + (self.left + column as i64) as usize, *share);
                }
            }
        }
    }

    /// The coverage of a whole canvas of `size`.
    pub(super) fn spread(&self, size: usize) -> Vec<f32> {
        let mut whole = vec![0.0; size * size];
        self.visit(size, |index, share| whole[index] = share);
        whole
    }
}

/// Adds the edge from `a` to `b` to the differences of covered area along each row.
fn accumulate(shares: &mut [f32], width: usize, a: (f64, f64), b: (f64, f64)) {
    if a.1 == b.1 {
        return;
    }
    let (sign, from, to) = if a.1 < b.1 { (1.0, a, b) } else { (-1.0, b, a) };
    let slope = (to.0 - from.0) / (to.1 - from.1);
    let mut x = from.0;
    for row in from.1 as usize..to.1.ceil() as usize {
        let height = (row as f64 + 1.0).min(to.1) - (row as f64).max(from.1);
        let next = x + slope * height;
        let line = &mut shares[row * width..(row + 1) * width];
        accumulate_in_row(line, x.min(next), x.max(next), sign * height);
        x = next;
    }
}

/// An edge within one row, from `left` to `right`, of signed `height`.
fn accumulate_in_row(line: &mut [f32], left: f64, right: f64, height: f64) {
    let first = left.floor() as usize;
    let last = (right.ceil() as usize).max(first + 1);
    if last == first + 1 {
        let beyond = f64::midpoint(left, right) - first as f64;
        line[first] += (height * (1.0 - beyond)) as f32;
        line[first + 1] += (height * beyond) as f32;
        return;
    }
    // The covered share of pixel `p` is the mean of `clamp(p + 1 - x, 0, 1)` along the edge.
    let mut before = 0.0;
    for (pixel, value) in line.iter_mut().enumerate().take(last + 1).skip(first) {
        let end = pixel as f64 + 1.0;
        let integral = |x: f64| {
            let overshoot = (end - x).clamp(0.0, f64::INFINITY);
            let whole = (overshoot - 1.0).max(0.0);
            0.5 * (overshoot * overshoot - whole * whole)
        };
        let share = (integral(left) - integral(right)) / (right - left);
        *value += (height * (share - before)) as f32;
        before = share;
    }
}
