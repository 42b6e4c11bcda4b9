//! What a run builds on: repetitions of faults in earlier dossiers of its service, of the same risk. All of them that are in
//! the log, passed or not, up to a number that the regulator sets, the newest: whoever rules the factory could else leave
//! out what went badly.
//!
//! *Architecture invariant:* asked in the transaction that writes the announcement, of rows that were written with the
//! dossiers: no figure of an earlier run is taken from the plan.

use factory_assurance::{
    plan::{
        EarlierRuns,
        history::{EarlierFault, Kept, MOST_REPETITIONS, MOST_RISKS},
    },
    risk::{Planned, Repetition},
};

use super::{
    Store, StoreError, WriteError,
    both::{Rows, changed, on},
    views::{View, one},
    writing::{Writing, row_number},
};
use crate::log::event::{AnnouncedPlan, Summary};

/// The view.
pub(super) const VIEW: View = (
    "repetitions",
    &["participant", "service", "risk", "seq", "place", "dossier", "recovery_ms", "lost_ms"],
    &["seq", "place"],
);

/// Why a run is not announced with what its plan builds on.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It is not what is in the log.
    #[error("plan.prove.history: {found}; of {of} that is what the log has under this risk and no other")]
    Other {
        /// Participant and service.
        of: String,
        /// The first difference.
        found: String,
    },
    /// It has more risks than can be looked at.
    #[error("plan.prove.phases: {0} faults of different risk; {MOST_RISKS} are the most where earlier runs count")]
    TooMany(usize),
}

impl Store {
    /// What `run` must build on; nothing where its standard has no earlier runs count.
    pub async fn history(&self, run: &AnnouncedPlan) -> Result<Option<EarlierRuns>, WriteError> {
        let mut snapshot = self.readers.snapshot().await?;
        of(&mut snapshot.executor(), run).await
    }
}

/// Refuses a `run` whose plan builds on anything else than what follows from the log.
pub(super) async fn check(writing: &mut Writing<'_>, run: &AnnouncedPlan) -> Result<(), WriteError> {
    let expected = of(&mut writing.transaction.executor(), run).await?;
    let of = format!("{}/{}", run.subject.participant, run.subject.service);
    match difference(run.plan.prove.history.as_ref(), expected.as_ref()) {
        None => Ok(()),
        Some(found) => Err(HistoryError::Other { of, found }.into()),
    }
}

async fn of(rows: &mut Rows<'_>, run: &AnnouncedPlan) -> Result<Option<EarlierRuns>, WriteError> {
    let Some(asked) = &run.standard.history else { return Ok(None) };
    let planned = Planned { rules: &run.rules, bundle: &run.bundle, standard: &run.standard, prove: &run.plan.prove };
    let risks = planned.distinct()?;
    if risks.len() > MOST_RISKS {
        return Err(HistoryError::TooMany(risks.len()).into());
    }
    let most = asked.most_repetitions.min(MOST_REPETITIONS);
    let mut faults = Vec::with_capacity(risks.len());
    for risk in risks {
        let kept = newest(rows, (&run.subject.participant, &run.subject.service), &risk, most).await?;
        faults.push((risk, kept));
    }
    Ok(Some(EarlierRuns::of(faults)))
}

/// The newest repetitions of one risk, the oldest of them first.
async fn newest(
    rows: &mut Rows<'_>,
    (participant, service): (&str, &str),
    risk: &str,
    most: u32,
) -> Result<Vec<Kept>, StoreError> {
    let found: Vec<(i64, String, Option<i64>, i64)> = on!(rows, db => {
        sqlx::query_as(
            "SELECT seq, dossier, recovery_ms, lost_ms FROM repetitions
             WHERE participant = $1 AND service = $2 AND risk = $3 ORDER BY seq DESC, place DESC LIMIT $4",
        )
        .bind(participant)
        .bind(service)
        .bind(risk)
        .bind(i64::from(most))
        .fetch_all(db)
        .await
    })?;
    let kept = |(seq, dossier, recovery_ms, lost_ms): (i64, String, Option<i64>, i64)| Kept {
        place: seq.unsigned_abs(),
        dossier,
        recovery_ms: recovery_ms.map(i64::unsigned_abs),
        lost_ms: lost_ms.unsigned_abs(),
    };
    Ok(found.into_iter().rev().map(kept).collect())
}

/// The rows that follow from the dossier number `seq`.
pub(super) async fn taken(
    rows: &mut Rows<'_>,
    seq: i64,
    summary: &Summary,
    repetitions: &[Repetition],
) -> Result<(), StoreError> {
    for (place, repetition) in (0_i64..).zip(repetitions) {
        let Repetition { phase: _, risk, recovery_ms, lost_ms } = repetition;
        one(changed!(
            rows,
            sqlx::query(
                "INSERT INTO repetitions (participant, service, risk, seq, place, dossier, recovery_ms, lost_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(&summary.subject.participant)
            .bind(&summary.subject.service)
            .bind(risk)
            .bind(seq)
            .bind(place)
            .bind(&summary.dossier)
            .bind(recovery_ms.map(row_number))
            .bind(row_number(*lost_ms))
        )?)?;
    }
    Ok(())
}

/// The first thing in which the plan's history is not the one `expected`.
fn difference(found: Option<&EarlierRuns>, expected: Option<&EarlierRuns>) -> Option<String> {
    let (found, expected) = match (found, expected) {
        (None, None) => return None,
        (Some(_), None) => return Some("the plan has one, and the standard has no earlier runs count".to_owned()),
        (None, Some(_)) => return Some("the plan has none, and the standard has earlier runs count".to_owned()),
        (Some(found), Some(expected)) => (found, expected),
    };
    if found == expected {
        return None;
    }
    let count = |fault: Option<&EarlierFault>| fault.map_or(0, |fault| fault.repetitions.len());
    let of_faults = (0..found.faults.len().max(expected.faults.len())).find_map(|index| {
        let (one, other) = (found.faults.get(index), expected.faults.get(index));
        let risk = other.or(one).map_or("", |fault| fault.risk.as_str());
        (one != other).then(|| {
            let (named, had) = (count(one), count(other));
            let which = if named == had { ", other ones" } else { "" };
            format!("fault {} has {named} repetitions{which}, and the log has {had} of the risk {risk}", index + 1)
        })
    });
    Some(of_faults.unwrap_or_else(|| {
        let (named, had) = (found.dossiers.len(), expected.dossiers.len());
        format!("it names {named} dossiers, and the log has the repetitions in {had}, or in others")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(place: u64, lost_ms: u64) -> Kept {
        Kept { place, dossier: format!("sha256:{place}"), recovery_ms: Some(lost_ms), lost_ms }
    }

    #[test]
    fn a_history_is_the_one_of_the_log_and_no_other() {
        let of = |lists: [&[Kept]; 2]| {
            let faults = lists.into_iter().zip(["one", "two"]).map(|(kept, risk)| (risk.to_owned(), kept.to_vec()));
            Some(EarlierRuns::of(faults.collect()))
        };
        let log = of([&[kept(3, 10), kept(5, 9_000)], &[kept(3, 20)]]);
        let mut renamed = log.clone();
        renamed.iter_mut().for_each(|history| "sha256:4".clone_into(&mut history.dossiers[0]));
        let mut never = log.clone();
        never.iter_mut().for_each(|history| history.faults[0].repetitions[0].recovery_ms = None);
        for (found, expected, want) in [
            (log.clone(), log.clone(), ""),
            (None, None, ""),
            (None, log.clone(), "the plan has none"),
            (log.clone(), None, "the plan has one"),
            (of([&[kept(3, 10)], &[kept(3, 20)]]), log.clone(), "fault 1 has 1 repetitions, and the log has 2"),
            (of([&[kept(3, 10), kept(5, 9)], &[kept(3, 20)]]), log.clone(), "fault 1 has 2 repetitions, other ones"),
            (of([&[kept(3, 10), kept(5, 9_000)], &[kept(3, 20), kept(3, 20)]]), log.clone(), "fault 2 has 2"),
            (
                of([&[kept(5, 9_000), kept(3, 10)], &[kept(3, 20)]]),
                log.clone(),
                "fault 1 has 2 repetitions, other ones",
            ),
            (renamed, log.clone(), "it names 2 dossiers"),
            (never, log.clone(), "fault 1 has 2 repetitions, other ones"),
        ] {
            let said = difference(found.as_ref(), expected.as_ref()).unwrap_or_default();
            assert_eq!(said.is_empty(), want.is_empty(), "{said}");
            assert!(said.contains(want), "{said}");
        }
    }
}
