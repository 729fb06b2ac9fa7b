//! Which of many hang together.

/// Union-find with path halving (Tarjan, JACM 1975).
pub(super) struct DisjointSets(Vec<usize>);

impl DisjointSets {
    pub(super) fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    pub(super) fn root(&mut self, mut index: usize) -> usize {
        while self.0[index] != index {
            self.0[index] = self.0[self.0[index]];
            index = self.0[index];
        }
        index
    }

    /// The smaller index becomes the root, so that the result does not depend on the order.
    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}
