//! What lies beside a model of the run that made it, if it is of that run.

use hilum_core::AuditSummary;
use hilum_report::{DataFacts, EpochFacts};
use hilum_weights::ModelFile;

use crate::ModelOrigin;
use crate::own_training::own_training;

/// The data as the run's audit left it; `None` if no audit lies there, or one of another run.
pub(super) fn data(
    origin: &ModelOrigin,
    model: &ModelFile,
    notes: &mut Vec<String>,
) -> Option<DataFacts> {
    let ModelOrigin::File(path) = origin else {
        return None;
    };
    let path = path.with_file_name("audit.json");
    let text = fs_err::read(&path).ok()?;
    let found = serde_json::from_slice(&text).ok();
    let own = found.filter(|found| is_of(found, &model.audit));
    if own.is_none() {
        notes.push(format!(
            "`{}` is not of the run that made the model; it is not read",
            path.display()
        ));
    }
    own
}

/// Whether the audit says of the data what the model says: a model may be copied beside another run's.
fn is_of(found: &DataFacts, said: &AuditSummary) -> bool {
    let AuditSummary::Audited { findings, mended } = said else {
        return false;
    };
    let counted = |rule: &str| {
        let of_rule = found.findings.iter().filter(|one| one.rule == rule);
        of_rule.count()
    };
    let said_count: usize = findings.iter().map(|one| one.count).sum();
    found.mended == *mended
        && found.findings.len() == said_count
        && findings.iter().all(|one| counted(&one.rule) == one.count)
}

/// How the training went; `None` if its log does not lie beside the model.
pub(super) fn epochs(origin: &ModelOrigin, model: &ModelFile) -> Option<EpochFacts> {
    let ModelOrigin::File(path) = origin else {
        return None;
    };
    let (history, _) = own_training(path, model)?;
    Some(EpochFacts {
        trained: history.rows.last()?.epoch,
        kept: history.best_epoch,
        seconds: history.rows.iter().map(|row| row.seconds).sum(),
    })
}
