//! How long is waited before the next try.

use std::time::Duration;

use crate::Retries;

/// Twice as long after each try, up to the longest.
pub(super) fn pause(retries: &Retries, attempts: u32) -> Duration {
    let doubled = retries.first.saturating_mul(1 << attempts.min(20));
    doubled.min(retries.longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let retries = Retries::default();
        let seconds = |attempts| pause(&retries, attempts).as_secs();
        assert_eq!([0, 1, 2, 5, 6, 1000].map(seconds), [1, 2, 4, 32, 60, 60]);
    }
}
