//! What a run is compared with: the release of its service that was confirmed last, as the log has it at the announcement,
//! and what both are asked. Whoever rules the factory could else choose a slower one, or a question that suits.
//!
//! *Architecture invariant:* asked in the transaction that writes the announcement: nothing is confirmed in between.

use factory_assurance::{
    plan::{Absence, ComparisonPlan, LoadPlan, comparison::in_common},
    wire::Procedure,
};

use super::{StoreError, WriteError, both::on, read::state_name, writing::Writing};
use crate::log::event::{AnnouncedPlan, Event, Summary};

/// Why a run is not announced beside what its plan names.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// Another one was confirmed last.
    #[error("plan.prove.comparison: `{found}` is not what was confirmed last of {of}: that is {last}")]
    NotLast {
        /// Digest of the bundle that the plan names.
        found: String,
        /// Participant and service.
        of: String,
        /// Digest of the bundle that was confirmed last.
        last: String,
    },
    /// Nothing is confirmed.
    #[error("plan.prove.comparison: there is nothing to compare with: no release of {of} is confirmed")]
    NoneConfirmed {
        /// Participant and service.
        of: String,
    },
    /// Something is confirmed, and the plan leaves it out.
    #[error("plan.prove.comparison: it compares with nothing, and bundle {last} of {of} is confirmed")]
    LeftOut {
        /// Participant and service.
        of: String,
        /// Digest of the bundle that was confirmed last.
        last: String,
    },
    /// What both know is something else.
    #[error("plan.prove.comparison: both know the operations {both:?} of the load, and {found:?} are asked")]
    Operations {
        /// Indices of the operations that both know.
        both: Vec<u32>,
        /// As the plan has them.
        found: Vec<u32>,
    },
}

/// Refuses a `run` whose plan compares with another release than the last confirmed one of its service, or asks both
/// something else than what both know.
pub(super) async fn check(writing: &mut Writing<'_>, run: &AnnouncedPlan) -> Result<(), WriteError> {
    let Some(plan) = &run.plan.prove.comparison else { return Ok(()) };
    let of = format!("{}/{}", run.subject.participant, run.subject.service);
    let last = last(writing, &run.subject.participant, &run.subject.service).await?;
    Ok(fits(plan, &run.plan.prove.load, of, last)?)
}

/// The confirmed release: digest of its bundle, and the load under which it was tested.
type Confirmed = (String, LoadPlan);

fn fits(plan: &ComparisonPlan, load: &LoadPlan, of: String, last: Option<Confirmed>) -> Result<(), ReferenceError> {
    let operations = |found: &[u32], both: Vec<u32>| {
        if found == both { Ok(()) } else { Err(ReferenceError::Operations { both, found: found.to_vec() }) }
    };
    match (plan, last) {
        (ComparisonPlan::Nothing { why: Absence::NoneConfirmed }, None) => Ok(()),
        (ComparisonPlan::Nothing { why: Absence::NoneConfirmed }, Some((last, _))) => {
            Err(ReferenceError::LeftOut { of, last })
        }
        (ComparisonPlan::Nothing { why: Absence::NothingInCommon }, None) => Err(ReferenceError::NoneConfirmed { of }),
        (ComparisonPlan::Nothing { why: Absence::NothingInCommon }, Some((_, before))) => {
            operations(&[], in_common(load, &before))
        }
        (ComparisonPlan::Reference(_), None) => Err(ReferenceError::NoneConfirmed { of }),
        (ComparisonPlan::Reference(reference), Some((last, _))) if reference.bundle != last => {
            Err(ReferenceError::NotLast { found: reference.bundle.clone(), of, last })
        }
        (ComparisonPlan::Reference(reference), Some((_, before))) => {
            operations(&reference.operations, in_common(load, &before))
        }
    }
}

/// The release of the service that was confirmed last, if one is that nobody revoked or withdrew since.
async fn last(writing: &mut Writing<'_>, participant: &str, service: &str) -> Result<Option<Confirmed>, WriteError> {
    let row: Option<(String, String, Vec<u8>)> = on!(writing.transaction, db => {
        sqlx::query_as(
            "SELECT submissions.summary, events.kind, events.bytes FROM submissions
             JOIN announcements ON announcements.id = submissions.announcement
             JOIN events ON events.seq = announcements.seq
             WHERE submissions.id = (
                 SELECT id FROM submissions WHERE participant = $1 AND service = $2 AND state IN ($3, $4)
                 ORDER BY COALESCE(confirmation, entry) DESC LIMIT 1)",
        )
        .bind(participant)
        .bind(service)
        .bind(state_name(Procedure::Confirmed))
        .bind(state_name(Procedure::Registered))
        .fetch_optional(db)
        .await
    })?;
    let Some((summary, kind, bytes)) = row else { return Ok(None) };
    let summary: Summary = serde_json::from_str(&summary).map_err(|error| StoreError::Row(error.to_string()))?;
    match Event::read(&kind, &bytes).map_err(StoreError::from)? {
        Event::Announcement(made) => Ok(Some((summary.bundle, made.run.plan.prove.load))),
        _ => Err(StoreError::Row(format!("an announcement is an event of the kind {kind}")).into()),
    }
}

#[cfg(test)]
mod tests {
    use factory_assurance::sample;

    use super::*;

    #[test]
    fn what_a_run_is_compared_with_is_what_was_confirmed_last_and_what_both_know() {
        let result = sample::compared();
        let (load, plan) = (&result.plan.prove.load, result.plan.prove.comparison.clone().unwrap());
        let bundle = plan.reference().unwrap().bundle.clone();
        let last = |bundle: &str, operations: usize| {
            let mut load = load.clone();
            load.operations.truncate(operations);
            Some((bundle.to_owned(), load))
        };
        let none = ComparisonPlan::Nothing { why: Absence::NoneConfirmed };
        let alien = ComparisonPlan::Nothing { why: Absence::NothingInCommon };
        for (plan, last, refused) in [
            (&plan, last(&bundle, 2), ""),
            (
                &plan,
                last("sha256:another", 2),
                "is not what was confirmed last of body/service: that is sha256:another",
            ),
            (&plan, last(&bundle, 1), "both know the operations [0] of the load, and [0, 1] are asked"),
            (&plan, None, "no release of body/service is confirmed"),
            (&none, None, ""),
            (&none, last(&bundle, 2), "it compares with nothing, and bundle sha256:0f0f"),
            (&alien, None, "no release of body/service is confirmed"),
            (&alien, last(&bundle, 0), ""),
            (&alien, last(&bundle, 1), "both know the operations [0] of the load, and [] are asked"),
        ] {
            let found = fits(plan, load, "body/service".to_owned(), last)
                .map_or_else(|error| error.to_string(), |()| String::new());
            assert_eq!(found.is_empty(), refused.is_empty(), "{found}");
            assert!(found.contains(refused), "{found}");
        }
    }
}
