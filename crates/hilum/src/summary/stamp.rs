//! What an audit said of the data, in a line.

use hilum_core::AuditSummary;

/// The stamp in at most `width` columns: rules that do not fit are counted.
pub(crate) fn stamp(audit: &AuditSummary, width: Option<usize>) -> String {
    let whole = audit.to_string();
    let (Some(width), AuditSummary::Audited { findings, .. }) = (width, audit) else {
        return whole;
    };
    if whole.chars().count() <= width {
        return whole;
    }
    let mut shown = findings.clone();
    while shown.pop().is_some() {
        let more = format!("{} more", findings.len() - shown.len());
        let text = if shown.is_empty() {
            format!("data audited: {} rules failed", findings.len())
        } else {
            let first = AuditSummary::Audited {
                findings: shown.clone(),
                mended: Vec::new(),
            };
            format!("{first}, {more}")
        };
        if shown.is_empty() || text.chars().count() <= width {
            return text;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use hilum_core::{FindingCount, Severity};

    use super::*;

    #[test]
    fn rules_that_do_not_fit_are_counted() {
        let finding = |rule: &str| FindingCount {
            rule: rule.to_owned(),
            severity: Severity::Warning,
            count: 12,
        };
        let audit = AuditSummary::Audited {
            findings: ["near-duplicate", "class-imbalance", "brightness"]
                .map(finding)
                .to_vec(),
            mended: Vec::new(),
        };
        let of = |width| stamp(&audit, Some(width));
        assert_eq!(stamp(&audit, None), audit.to_string());
        assert_eq!(of(80), audit.to_string());
        assert_eq!(
            of(63),
            "data audited: near-duplicate (12), class-imbalance (12), 1 more"
        );
        assert_eq!(of(50), "data audited: near-duplicate (12), 2 more");
        assert_eq!(of(31), "data audited: 3 rules failed");
    }
}
