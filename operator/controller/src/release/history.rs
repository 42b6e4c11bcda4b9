//! Before the announcement: which repetitions of earlier runs count for this one. The register alone knows, and takes no
//! other. What it said is kept in the status of the release before it is announced, so that the same run is announced the
//! same, whatever is reported between.

use factory_assurance::{canonical::NotCanonical, plan::EarlierRuns, risk::Planned, wire::Announcement};
use factory_crds::{Json, ReleaseStatus};
use serde::Deserialize as _;

use super::ReleaseError;
use crate::{context::Context, register::RegisterError, stage::Progress};

/// Puts into the plan of `announcement` which repetitions count for it, by `facts` or by the register, whose answer is kept
/// in `facts` first. Nothing where its standard has no earlier runs count.
pub async fn ask(
    context: &Context,
    announcement: &mut Announcement,
    facts: &mut ReleaseStatus,
) -> Result<Progress<()>, ReleaseError> {
    if announcement.standard.history.is_none() {
        return Ok(Progress::Done(()));
    }
    if let Some(known) = announced(facts)? {
        announcement.plan.prove.history = Some(known);
        return Ok(Progress::Done(()));
    }
    Ok(match context.register.history(announcement).await {
        Ok(history) => {
            facts.history = kept(Some(&history))?;
            // It is announced when that is written.
            Progress::waiting("HistoryKept", "the register said which earlier runs count")
        }
        // Asked again at each look: it is upgraded, or the regulator issues a standard without.
        Err(error @ RegisterError::TooOld(_)) => Progress::waiting("RegisterTooOld", error.to_string()),
        Err(error) if error.passes() => context.unavailable(&error),
        Err(error) => Progress::stopped("AnnouncementRefused", error.to_string()),
    })
}

/// What a rehearsal builds on: nothing, said as the rules want it.
pub fn none(planned: &Planned<'_>) -> Result<Option<EarlierRuns>, NotCanonical> {
    if planned.standard.history.is_none() {
        return Ok(None);
    }
    let faults = planned.distinct()?.into_iter().map(|risk| (risk, Vec::new()));
    Ok(Some(EarlierRuns::of(faults.collect())))
}

/// The repetitions of `facts`, as announced or about to be. An error where they cannot be read: without them the plan would
/// be another than the announced one.
pub fn announced(facts: &ReleaseStatus) -> serde_json::Result<Option<EarlierRuns>> {
    facts.history.as_ref().map(|Json(value)| EarlierRuns::deserialize(value)).transpose()
}

/// The same, to be kept.
pub fn kept(history: Option<&EarlierRuns>) -> serde_json::Result<Option<Json>> {
    Ok(history.map(serde_json::to_value).transpose()?.map(Json))
}

#[cfg(test)]
mod tests {
    use factory_assurance::{plan::history::Kept, sample};
    use factory_crds::resilience_standard::History;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_register_said_is_announced_again_as_it_was() {
        let kept_before = Kept { place: 7, dossier: "sha256:7".to_owned(), recovery_ms: Some(3), lost_ms: 4 };
        let history = EarlierRuns::of(vec![("sha256:risk".to_owned(), vec![kept_before])]);
        let facts = ReleaseStatus { history: kept(Some(&history)).unwrap(), ..ReleaseStatus::default() };
        assert_eq!(announced(&facts).unwrap(), Some(history));
        assert_eq!(announced(&ReleaseStatus::default()).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        for value in [json!({}), json!([]), json!({"dossiers": [], "faults": [], "more": 1}), json!("none")] {
            let facts = ReleaseStatus { history: Some(Json(value.clone())), ..ReleaseStatus::default() };
            assert!(announced(&facts).is_err(), "{value}");
        }
    }

    #[test]
    fn a_rehearsal_builds_on_nothing_and_lacks_nothing() {
        let mut result = sample::passing();
        assert_eq!(none(&Planned::from(&result)).unwrap(), None);
        result.standard.history = Some(History { most_repetitions: 30 });
        let history = none(&Planned::from(&result)).unwrap().unwrap();
        assert_eq!((history.faults.len(), history.dossiers.len()), (4, 0));
        result.plan.prove.history = Some(history);
        assert_eq!(result.judge().findings, []);
    }
}
