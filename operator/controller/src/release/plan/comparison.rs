//! The comparison: which release a candidate is measured beside, what both are asked, and for how long. Pure: whoever
//! announces chooses among the confirmed releases, and the register knows which was the last.

use factory_assurance::plan::{
    Absence, ComparisonPlan, LoadPlan, Plan, Reference,
    comparison::{PARTS, in_common},
};
use factory_crds::{EnvironmentSpec, ResilienceStandardSpec, resilience_standard::Comparison};

/// A confirmed release.
pub struct Confirmed<'a> {
    /// Its name.
    pub release: &'a str,
    /// Digest of its bundle.
    pub bundle: &'a str,
    /// The plan that its own manifest gives, if it gives one.
    pub plan: Option<Plan>,
}

/// How the candidate with this `load` is compared by `standard` with the release that was `confirmed`, from the lab
/// `environment`; nothing where the standard asks for no comparison.
pub fn plan(
    standard: &ResilienceStandardSpec,
    load: &LoadPlan,
    environment: &EnvironmentSpec,
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
        seconds: asked.seconds,
        warm_up_seconds: standard.load.warm_up_seconds,
        requests_per_minute: rate(load.requests_per_minute, environment),
        operations,
    }))
}

/// The declared rate, or as much of it as one generator can: the two are asked by one.
fn rate(declared: u32, environment: &EnvironmentSpec) -> u32 {
    let each = environment.requests_per_generator.map_or(u32::MAX, |each| each.saturating_mul(60));
    declared.min(each).max(1)
}

/// Seconds that a comparison takes as `asked` by `standard`.
pub fn length(standard: &ResilienceStandardSpec, asked: &Comparison) -> u64 {
    let blocks = u64::from(asked.blocks) * u64::from(PARTS) * u64::from(asked.seconds);
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
        let (standard, lab) = (standard(), places::environment("lab"));
        let own = composed(&standard);
        let confirmed = Confirmed { release: "service-1", bundle: "sha256:0f", plan: Some(own.clone()) };
        let planned = plan(&standard, &own.prove.load, &lab, Some(&confirmed)).unwrap();
        let reference = planned.reference().unwrap();
        assert_eq!((reference.release.as_str(), reference.bundle.as_str()), ("service-1", "sha256:0f"));
        assert_eq!((reference.blocks, reference.seconds), (10, 4));
        assert_eq!(reference.length(), length(&standard, standard.comparison.as_ref().unwrap()));
        assert_eq!(reference.requests_per_minute, own.prove.load.requests_per_minute);
        assert_eq!(reference.operations, in_common(&own.prove.load, &own.prove.load));
        assert!(!reference.operations.is_empty());
    }

    #[test]
    fn one_generator_is_asked_for_no_more_than_it_can() {
        let (standard, mut lab) = (standard(), places::environment("lab"));
        let mut own = composed(&standard);
        own.prove.load.requests_per_minute = 600_000;
        let confirmed = Confirmed { release: "service-1", bundle: "sha256:0f", plan: Some(own.clone()) };
        for (each, want) in [(None, 600_000), (Some(1_000), 60_000), (Some(20_000), 600_000)] {
            lab.requests_per_generator = each;
            let planned = plan(&standard, &own.prove.load, &lab, Some(&confirmed)).unwrap();
            assert_eq!(planned.reference().unwrap().requests_per_minute, want);
        }
    }

    #[test]
    fn where_there_is_nothing_to_compare_with_the_plan_says_so_and_why() {
        let (standard, lab) = (standard(), places::environment("lab"));
        let own = composed(&standard);
        let none = plan(&standard, &own.prove.load, &lab, None);
        assert_eq!(none, Some(ComparisonPlan::Nothing { why: Absence::NoneConfirmed }));
        let mut other = own.clone();
        for operation in &mut other.prove.load.operations {
            operation.request.path.push_str("-as-it-was");
        }
        for before in [Some(other), None] {
            let confirmed = Confirmed { release: "service-1", bundle: "sha256:0f", plan: before };
            let planned = plan(&standard, &own.prove.load, &lab, Some(&confirmed));
            assert_eq!(planned, Some(ComparisonPlan::Nothing { why: Absence::NothingInCommon }));
        }
        let unasked = ResilienceStandardSpec { comparison: None, ..standard };
        assert_eq!(plan(&unasked, &own.prove.load, &lab, None), None);
    }
}
