//! The most memory that this process has held, as Linux counts it.

use std::fs;

/// Lets [`bytes`] begin anew from what is held now.
pub(super) fn reset() {
    // proc_pid_clear_refs(5): 5 resets the peak. Where it is refused, the peak is that of the
    // whole process.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The peak of the resident set; `None` where the system does not say.
pub(super) fn bytes() -> Option<u64> {
    parse(&fs::read_to_string("/proc/self/status").ok()?)
}

/// `VmHWM` of proc_pid_status(5), which counts in 1024 bytes.
fn parse(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_peak_is_read_from_the_status_of_a_process() {
        let status =
            "Name:\thilum\nVmPeak:\t  900000 kB\nVmHWM:\t    1432 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(parse(status), Some(1_466_368));
        assert_eq!(parse("Name:\thilum\n"), None);
    }
}
