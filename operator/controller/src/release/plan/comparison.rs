//! The comparison: which release a candidate is measured beside, what both are asked, and for how long. Pure: whoever
//! announces chooses among the confirmed releases, and the register knows which was the last.

use factory_assurance::plan::{
    Absence, ComparisonPlan, LoadPlan, Plan, Reference,
    comparison::{FEWEST_REQUESTS, PARTS, in_common},
};
use factory_crds::{EnvironmentSpec, ResilienceStandardSpec, resilience_standard::Comparison};

use super::PlanError;

/// A confirmed release.
pub struct Confirmed<'a> {
    /// Its name.
    pub release: &'a str,
    /// Digest of its bundle.
    pub bundle: &'a str,
    /// The plan that its own manifest gives, if it gives one.
    pub plan: Option<Plan>,
}

/// How the candidate with this `load` is compared by `standard` with the release that was `confirmed`; nothing where the
/// standard asks for no comparison.
#[must_use]
pub fn plan(
    standard: &ResilienceStandardSpec,
    load: &LoadPlan,
    confirmed: Option<&Confirmed<'_>>,
) -> Option<ComparisonPlan> {
    let asked = standard.comparison.as_ref()?;
    let Some(confirmed) = confirmed else { return Some(ComparisonPlan::Nothing { why: Absence::NoneConfirmed }) };
    let before = confirmed.plan.as_ref().map(|plan| &plan.prove.load);
    let operations = before.map(|before| in_common(load, before)).unwrap_or_default();
    if operations.is_empty() {
        return Some(ComparisonPlan::Nothing { why: Absence::NothingInCommon });
    }
    Some(ComparisonPlan::Reference(Reference {
        release: confirmed.release.to_owned(),
        bundle: confirmed.bundle.to_owned(),
        blocks: asked.blocks,
        seconds: seconds(asked, load.requests_per_minute),
        warm_up_seconds: standard.load.warm_up_seconds,
        requests_per_minute: load.requests_per_minute,
        operations,
    }))
}

/// Refuses what one generator of the lab `environment` cannot ask: the two are asked by one, and at the rate of the load.
pub fn within_one(planned: &ComparisonPlan, environment: &EnvironmentSpec) -> Result<(), PlanError> {
    let (Some(reference), Some(each)) = (planned.reference(), environment.requests_per_generator) else {
        return Ok(());
    };
    let (rate, most) = (reference.requests_per_minute, each.saturating_mul(60));
    if rate > most { Err(PlanError::ComparedTooFast { rate, most }) } else { Ok(()) }
}

/// Length of a part, in seconds: as `asked`, or so much longer that half as many again are due in what is judged of a block
/// as must be. Two parts of a block are of one side, and of each the first second is not judged.
fn seconds(asked: &Comparison, per_minute: u32) -> u32 {
    let judged = (FEWEST_REQUESTS * 60 * 3).div_ceil(2 * 2 * u64::from(per_minute.max(1)));
    asked.seconds.max(u32::try_from(judged + 1).unwrap_or(u32::MAX))
}

/// Seconds that a comparison takes as `asked` by `standard`, at so many requests a minute.
#[must_use]
pub fn length(standard: &ResilienceStandardSpec, asked: &Comparison, per_minute: u32) -> u64 {
    let blocks = u64::from(asked.blocks) * u64::from(PARTS) * u64::from(seconds(asked, per_minute));
    2 * u64::from(standard.load.warm_up_seconds) + blocks
}

#[cfg(test)]
mod tests {
    use super::{super::compose, *};
    use crate::{manifests::places, state_service::examples};

    fn standard() -> ResilienceStandardSpec {
        let mut standard = examples::standard().spec;
        standard.comparison =
            Some(Comparison { blocks: 10, seconds: 4, max_p95_slower_ppm: Some(200_000), matters_ms: 5 });
        standard
    }

    fn composed(standard: &ResilienceStandardSpec) -> Plan {
        compose(&examples::service().spec, standard).unwrap()
    }

    #[test]
    fn both_are_asked_what_both_know_for_as_long_as_the_standard_says() {
        let standard = standard();
        let mut own = composed(&standard);
        own.prove.load.requests_per_minute = 6_000;
        let confirmed = Confirmed { release: "service-1", bundle: "sha256:0f", plan: Some(own.clone()) };
        let planned = plan(&standard, &own.prove.load, Some(&confirmed)).unwrap();
        let reference = planned.reference().unwrap();
        assert_eq!((reference.release.as_str(), reference.bundle.as_str()), ("service-1", "sha256:0f"));
        assert_eq!((reference.blocks, reference.seconds), (10, 4));
        assert_eq!(reference.length(), length(&standard, standard.comparison.as_ref().unwrap(), 6_000));
        assert_eq!(reference.requests_per_minute, 6_000);
        assert_eq!(reference.operations, in_common(&own.prove.load, &own.prove.load));
        assert!(!reference.operations.is_empty());
    }

    #[test]
    fn one_generator_is_asked_for_no_more_than_it_can() {
        let (standard, mut lab) = (standard(), places::environment("lab"));
        let mut own = composed(&standard);
        own.prove.load.requests_per_minute = 600_000;
        let confirmed = Confirmed { release: "service-1", bundle: "sha256:0f", plan: Some(own.clone()) };
        let planned = plan(&standard, &own.prove.load, Some(&confirmed)).unwrap();
        assert_eq!(planned.reference().unwrap().requests_per_minute, 600_000);
        for (each, fits) in [(None, true), (Some(9_999), false), (Some(10_000), true), (Some(u32::MAX), true)] {
            lab.requests_per_generator = each;
            assert_eq!(within_one(&planned, &lab).is_ok(), fits, "{each:?}");
        }
        lab.requests_per_generator = Some(1);
        assert_eq!(within_one(&ComparisonPlan::Nothing { why: Absence::NoneConfirmed }, &lab), Ok(()));
    }

    #[test]
    fn parts_are_so_long_that_a_slow_load_has_enough_requests_in_them() {
        let asked = standard().comparison.unwrap();
        for (per_minute, want) in [(6_000, 4), (1_500, 4), (1_499, 5), (1_200, 5), (60, 76), (0, 4_501)] {
            assert_eq!(seconds(&asked, per_minute), want, "{per_minute}");
            let due = u64::from(per_minute) * 2 * u64::from(want - 1) / 60;
            assert!(per_minute == 0 || due * 2 >= FEWEST_REQUESTS * 3, "{per_minute}: {due}");
        }
        let most = length(&standard(), &asked, 1);
        assert!(most > 3_600, "a run lasts no longer than that, so that one is refused: {most}");
    }

    #[test]
    fn where_there_is_nothing_to_compare_with_the_plan_says_so_and_why() {
        let standard = standard();
        let own = composed(&standard);
        let none = plan(&standard, &own.prove.load, None);
        assert_eq!(none, Some(ComparisonPlan::Nothing { why: Absence::NoneConfirmed }));
        let mut other = own.clone();
        for operation in &mut other.prove.load.operations {
            operation.request.path.push_str("-as-it-was");
        }
        for before in [Some(other), None] {
            let confirmed = Confirmed { release: "service-1", bundle: "sha256:0f", plan: before };
            let planned = plan(&standard, &own.prove.load, Some(&confirmed));
            assert_eq!(planned, Some(ComparisonPlan::Nothing { why: Absence::NothingInCommon }));
        }
        let unasked = ResilienceStandardSpec { comparison: None, ..standard };
        assert_eq!(plan(&unasked, &own.prove.load, None), None);
    }
}
