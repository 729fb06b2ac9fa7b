//! The nearest descriptors without comparing all pairs: a vantage-point tree
//! (Yianilos, SODA 1993).

use super::descriptor::Descriptor;

/// Below this many points a list is faster than a tree.
const LEAF_SIZE: usize = 16;

/// Descriptors, arranged by distance.
pub(super) struct VantageTree {
    /// In the order of the tree, so that near ones lie together in memory.
    points: Vec<Descriptor>,
    /// Where each of them stood in the list that was given.
    order: Vec<usize>,
    /// For the node that begins at a position of `order`: the radius that halves what follows.
    radii: Vec<f32>,
}

impl VantageTree {
    pub(super) fn new(points: &[Descriptor]) -> Self {
        let mut tree = Self {
            points: Vec::new(),
            order: (0..points.len()).collect(),
            radii: vec![0.0; points.len()],
        };
        tree.arrange(points, 0, points.len());
        tree.points = tree.order.iter().map(|index| points[*index]).collect();
        tree
    }

    fn arrange(&mut self, points: &[Descriptor], start: usize, end: usize) {
        if end - start <= LEAF_SIZE {
            return;
        }
        let vantage = &points[self.order[start]];
        let mut distances: Vec<(f32, usize)> = self.order[start + 1..end]
            .iter()
            .map(|index| (vantage.distance(&points[*index]), *index))
            .collect();
        let half = distances.len() / 2;
        distances.select_nth_unstable_by(half, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.radii[start] = distances[half].0;
        for (place, (_, index)) in self.order[start + 1..end].iter_mut().zip(distances) {
            *place = index;
        }
        let middle = start + 1 + half;
        self.arrange(points, start + 1, middle);
        self.arrange(points, middle, end);
    }

    /// Up to `count` points within `radius` of `query`, nearest first, as (distance, index).
    pub(super) fn nearest(
        &self,
        query: &Descriptor,
        count: usize,
        radius: f32,
        accept: impl Fn(usize) -> bool,
    ) -> Vec<(f32, usize)> {
        let mut search = Search {
            query,
            count,
            radius,
            accept: &accept,
            found: Vec::with_capacity(count + 1),
        };
        self.descend(0, self.points.len(), &mut search);
        search.found
    }

    fn descend(&self, start: usize, end: usize, search: &mut Search<'_>) {
        if end - start <= LEAF_SIZE {
            let points = self.points[start..end].iter();
            for (point, index) in points.zip(&self.order[start..end]) {
                search.offer(search.query.distance(point), *index);
            }
            return;
        }
        let index = self.order[start];
        let distance = search.query.distance(&self.points[start]);
        search.offer(distance, index);
        let radius = self.radii[start];
        let middle = start + 1 + (end - start - 1) / 2;
        let (inside, outside) = ((start + 1, middle), (middle, end));
        let nearer_first = if distance < radius {
            [inside, outside]
        } else {
            [outside, inside]
        };
        for (start, end) in nearer_first {
            let gap = if start == middle {
                radius - distance
            } else {
                distance - radius
            };
            if gap <= search.reach() {
                self.descend(start, end, search);
            }
        }
    }
}

struct Search<'search> {
    query: &'search Descriptor,
    count: usize,
    radius: f32,
    accept: &'search dyn Fn(usize) -> bool,
    found: Vec<(f32, usize)>,
}

impl Search<'_> {
    /// How far the last point that still matters may be.
    fn reach(&self) -> f32 {
        match self.found.last() {
            Some((distance, _)) if self.found.len() == self.count => *distance,
            _ => self.radius,
        }
    }

    fn offer(&mut self, distance: f32, index: usize) {
        if distance > self.reach() || !(self.accept)(index) {
            return;
        }
        let place = self
            .found
            .partition_point(|known| (known.0, known.1) < (distance, index));
        self.found.insert(place, (distance, index));
        self.found.truncate(self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::facts::Thumbnail;

    /// Noise from a multiplicative congruential generator (Lehmer, 1951).
    fn descriptors(count: usize) -> Vec<Descriptor> {
        let mut state = 1_u64;
        let mut noise = || {
            state = state * 48271 % 2_147_483_647;
            (state % 64) as u8
        };
        let waves = |index: usize, seed: usize| {
            let (x, y) = ((index % 64) as f32, (index / 64) as f32);
            let seed = (seed % 17) as f32;
            ((x * 0.07 + seed).sin() * 60.0 + (y * 0.09 * seed).cos() * 60.0 + 125.0) as u8
        };
        (0..count)
            .filter_map(|seed| {
                let levels = (0..64 * 64).map(|index| waves(index, seed) / 2 + noise());
                Descriptor::of(&Thumbnail::new(levels.collect()))
            })
            .collect()
    }

    #[test]
    fn the_tree_finds_what_a_look_at_all_points_finds() {
        let points = descriptors(300);
        let tree = VantageTree::new(&points);
        for (index, query) in points.iter().enumerate() {
            let mut all: Vec<(f32, usize)> = points
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index)
                .map(|(other, point)| (query.distance(point), other))
                .filter(|(distance, _)| *distance <= 0.3)
                .collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            all.truncate(6);
            assert_eq!(tree.nearest(query, 6, 0.3, |other| other != index), all);
        }
    }
}
