//! One piece of memory for all tensors of a program: what is not needed at the same time shares
//! its place.

/// A tensor and the span of time in which it must keep its place, both ends included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) len: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A cache line.
const ALIGNMENT: usize = 16;

/// Values behind every tensor that may be read, but not used: one register.
const SLACK: usize = 16;

/// The place of each lease, and how many values all of them take: the largest first, each at the
/// lowest place that is free for its whole span.
pub(crate) fn arrange(leases: &[Lease]) -> (Vec<usize>, usize) {
    let size = |lease: &Lease| (lease.len + SLACK).next_multiple_of(ALIGNMENT);
    let mut order: Vec<usize> = (0..leases.len()).collect();
    order.sort_by_key(|index| (std::cmp::Reverse(leases[*index].len), *index));
    let mut offsets = vec![0; leases.len()];
    let mut placed: Vec<usize> = Vec::new();
    let mut total = 0;
    for index in order {
        let lease = leases[index];
        let mut taken: Vec<(usize, usize)> = placed
            .iter()
            .filter(|other| {
                let other = leases[**other];
                other.start <= lease.end && lease.start <= other.end
            })
            .map(|other| (offsets[*other], offsets[*other] + size(&leases[*other])))
            .collect();
        taken.sort_unstable();
        let mut offset = 0;
        for (start, end) in taken {
            if offset + size(&lease) <= start {
                break;
            }
            offset = offset.max(end);
        }
        offsets[index] = offset;
        total = total.max(offset + size(&lease));
        placed.push(index);
    }
    (offsets, total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_that_live_together_do_not_overlap_and_others_share() {
        let leases: Vec<Lease> = (0..40)
            .map(|index| Lease {
                len: 100 + (index * 37) % 251,
                start: index,
                end: index + 2 + index % 3,
            })
            .collect();
        let (offsets, total) = arrange(&leases);
        for (a, one) in leases.iter().enumerate() {
            for (b, other) in leases.iter().enumerate().skip(a + 1) {
                if one.start <= other.end && other.start <= one.end {
                    let apart =
                        offsets[a] + one.len <= offsets[b] || offsets[b] + other.len <= offsets[a];
                    assert!(apart, "{a} and {b}");
                }
            }
        }
        let sum: usize = leases.iter().map(|lease| lease.len).sum();
        assert!(total < sum / 2);
    }
}
