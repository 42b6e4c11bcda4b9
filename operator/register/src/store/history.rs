//! What a run builds on: repetitions of faults in earlier dossiers of its service, of the same risk. All of them that are in
//! the log, passed or not, up to a number that the regulator sets, the newest: whoever rules the factory could else leave
//! out what went badly.
//!
//! *Architecture invariant:* asked in the transaction that writes the announcement, of rows that were written with the
//! dossiers: no figure of an earlier run is taken from the plan. The audit asks the same of rows that it makes again.

mod rows;

use factory_assurance::{
    canonical::NotCanonical,
    plan::{
        EarlierRuns,
        history::{EarlierFault, MOST_REPETITIONS, MOST_RISKS},
    },
    risk::Planned,
};

use super::{Store, StoreError, WriteError, both::Rows, views::View, writing::Writing};
use crate::log::event::{AnnouncedPlan, AnnouncementMade};

pub(super) use rows::taken;

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

/// What is asked for a run: whose repetitions, of which risks, how many of each.
#[derive(Debug)]
pub struct Wanted {
    participant: String,
    service: String,
    /// Each risk of its plan once, in the order of the first phase of each.
    risks: Vec<String>,
    /// Repetitions of each.
    most: u32,
}

impl Wanted {
    /// What is asked for `run`; nothing where its standard has no earlier runs count. Costs time with the plan's size: not for
    /// an async thread, nor under the lock of the writer.
    pub fn of(run: &AnnouncedPlan) -> Result<Option<Self>, NotCanonical> {
        let Some(asked) = &run.standard.history else { return Ok(None) };
        let planned =
            Planned { rules: &run.rules, bundle: &run.bundle, standard: &run.standard, prove: &run.plan.prove };
        Ok(Some(Self {
            participant: run.subject.participant.clone(),
            service: run.subject.service.clone(),
            risks: planned.distinct()?,
            most: asked.most_repetitions.min(MOST_REPETITIONS),
        }))
    }

    fn within_limits(&self) -> Result<(), HistoryError> {
        if self.risks.len() > MOST_RISKS { Err(HistoryError::TooMany(self.risks.len())) } else { Ok(()) }
    }

    /// What follows from the log that `rows` are of.
    async fn found(&self, rows: &mut Rows<'_>) -> Result<EarlierRuns, StoreError> {
        rows::newest(rows, self).await.map(EarlierRuns::of)
    }
}

impl Store {
    /// What a run must build on of which this is `wanted`.
    pub async fn history(&self, wanted: &Wanted) -> Result<EarlierRuns, WriteError> {
        wanted.within_limits()?;
        let mut snapshot = self.readers.snapshot().await?;
        Ok(wanted.found(&mut snapshot.executor()).await?)
    }
}

/// Refuses a `run`, of which this is `wanted`, whose plan builds on anything else than what follows from the log.
pub(super) async fn check(
    writing: &mut Writing<'_>,
    run: &AnnouncedPlan,
    wanted: Option<&Wanted>,
) -> Result<(), WriteError> {
    wanted.map_or(Ok(()), Wanted::within_limits)?;
    let of = format!("{}/{}", run.subject.participant, run.subject.service);
    match other(&mut writing.transaction.executor(), run, wanted).await? {
        None => Ok(()),
        Some(found) => Err(HistoryError::Other { of, found }.into()),
    }
}

/// Holds an announcement that was made against `rows` of the log before it: rows that were another when it was made, and
/// are as they were again, would not be seen in the end.
pub(super) async fn hold(rows: &mut Rows<'_>, made: &AnnouncementMade) -> Result<(), StoreError> {
    match other(rows, &made.run, Wanted::of(&made.run)?.as_ref()).await? {
        None => Ok(()),
        Some(found) => Err(StoreError::BuildsOn { announcement: made.id.clone(), found }),
    }
}

/// The first thing in which the history in the plan of `run` is not the one that follows from `rows`.
async fn other(
    rows: &mut Rows<'_>,
    run: &AnnouncedPlan,
    wanted: Option<&Wanted>,
) -> Result<Option<String>, StoreError> {
    let expected = match wanted {
        None => None,
        Some(wanted) => Some(wanted.found(rows).await?),
    };
    Ok(difference(run.plan.prove.history.as_ref(), expected.as_ref()))
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
    use factory_assurance::plan::history::Kept;

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
        if let Some(history) = &mut renamed {
            "sha256:4".clone_into(&mut history.dossiers[0]);
        }
        let mut never = log.clone();
        if let Some(history) = &mut never {
            history.faults[0].repetitions[0].recovery_ms = None;
        }
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
