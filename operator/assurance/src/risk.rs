//! The risk of a fault phase: everything that a plan knows of which could change what a repetition of the fault comes to.
//! Repetitions of two runs are repetitions of one thing only where its digest is the same.
//!
//! Recovery and lost service are counted over the traffic of the whole service, so it is of the whole bundle, and not of the
//! struck component alone: whoever calls it, and whatever else the load asks, is in those figures.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    bundle::Bundle,
    canonical::{self, NotCanonical},
    dossier::TestResult,
    plan::{Phase, ProvePlan, Rotation, Strike},
    standard::Standard,
    verdict::{Rules, asked::Asked},
};
use factory_crds::resilience_standard::FaultKind;

/// One repetition of a fault that was done as planned and measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Repetition {
    /// Name of its phase.
    pub phase: String,
    /// `sha256:…` of its risk.
    pub risk: String,
    /// Recovery in milliseconds; `None` where requests did not come through again within the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_ms: Option<u64>,
    /// Lost service in milliseconds.
    pub lost_ms: u64,
}

/// What is digested, in canonical JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Risk<'a> {
    /// Rules by which recovery and lost service are counted.
    rules: &'a str,
    /// Digest of the bundle: images of components and databases, manifests, configuration.
    bundle: &'a str,
    /// Digest of the load as announced: rate, shape, users who wait, connections, timeout, operations, and from which
    /// descriptions more of these are drawn.
    load: &'a str,
    component: &'a str,
    kind: FaultKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    strike: Option<&'a Strike>,
    /// Second of the load at which its phase begins, where the load has arrivals: the rate is then the one that they have there.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_seconds: Option<u64>,
    /// Seconds in which it is watched.
    seconds: u32,
    /// Of ten tenths of a second in a row that serve, the share that may fail.
    allowed_ppm: u32,
    /// What a rotation follows with what.
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation: Option<&'a Rotation>,
}

/// A run before or after it was carried out: what its risks follow from.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    /// Name of the rules.
    pub rules: &'a str,
    /// What is tested.
    pub bundle: &'a Bundle,
    /// What it is judged by.
    pub standard: &'a Standard,
    /// What is done.
    pub prove: &'a ProvePlan,
}

impl<'a> From<&'a TestResult> for Planned<'a> {
    fn from(result: &'a TestResult) -> Self {
        Self { rules: &result.rules, bundle: &result.bundle, standard: &result.standard, prove: &result.plan.prove }
    }
}

impl Planned<'_> {
    /// The risk of each phase of the plan, in its order; `None` of one that is no fault, or one for which the standard has no
    /// limits. All are none by rules that are not known.
    pub fn risks(&self) -> Result<Vec<Option<String>>, NotCanonical> {
        let none = || vec![None; self.prove.phases.len()];
        let Some(rules) = Rules::named(self.rules) else { return Ok(none()) };
        let (bundle, load) = (self.bundle.digest()?, canonical::digest(&self.prove.load)?);
        let (shaped, mut from) = (self.prove.load.arrivals.is_some(), 0_u64);
        let risk = |phase: &Phase| {
            let to = from.saturating_add(phase.seconds.into());
            let begins = std::mem::replace(&mut from, to);
            self.risk(rules, phase, shaped.then_some(begins), [&bundle, &load])
        };
        self.prove.phases.iter().map(risk).collect()
    }

    /// Each of them once, in the order of its first phase.
    pub fn distinct(&self) -> Result<Vec<String>, NotCanonical> {
        Ok(distinct(&self.risks()?))
    }

    fn risk(
        &self,
        rules: Rules,
        phase: &Phase,
        from_seconds: Option<u64>,
        [bundle, load]: [&str; 2],
    ) -> Result<Option<String>, NotCanonical> {
        let Some((asked, component)) = Asked::of(rules, &phase.role) else { return Ok(None) };
        let Some(limits) = asked.limits(self.standard) else { return Ok(None) };
        let risk = Risk {
            rules: self.rules,
            bundle,
            load,
            component,
            kind: asked.kind,
            strike: asked.strike.as_ref(),
            from_seconds,
            seconds: phase.seconds,
            allowed_ppm: limits.max_failed_ppm.max(self.standard.steady.max_failed_ppm),
            rotation: self.prove.rotations.get(component).filter(|_| asked.rotates()),
        };
        canonical::digest(&risk).map(Some)
    }
}

/// Each of the [risks](Planned::risks) of a plan once, in the order of the first phase of each.
#[must_use]
pub fn distinct(risks: &[Option<String>]) -> Vec<String> {
    let mut known = BTreeSet::new();
    risks.iter().flatten().filter(|risk| known.insert(*risk)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use factory_crds::resilience_standard::{Connections, Share};

    use super::*;
    use crate::{
        plan::{Arrivals, Closed, DrawnPlan, Gaps, PhaseRole, Stretch, WHOLE_PPM},
        sample,
    };

    fn risks(change: impl FnOnce(&mut TestResult)) -> Vec<Option<String>> {
        let mut result = sample::struck();
        change(&mut result);
        Planned::from(&result).risks().unwrap()
    }

    /// The rate rises over the whole load.
    fn rising(result: &mut TestResult) {
        let seconds = result.plan.prove.phases.iter().map(|phase| phase.seconds).sum();
        let stretches = vec![Stretch { seconds, from_ppm: WHOLE_PPM, to_ppm: 2 * WHOLE_PPM }];
        result.plan.prove.load.arrivals = Some(Arrivals { gaps: Gaps::Drawn, stretches });
    }

    #[test]
    fn what_could_change_a_repetition_is_another_risk() {
        let as_it_is = risks(|_| {});
        assert_eq!(as_it_is.iter().flatten().count(), 8, "{as_it_is:?}");
        assert_eq!(as_it_is, risks(|_| {}));
        let all: [(&str, fn(&mut TestResult)); 11] = [
            ("image", |r| drop(r.bundle.images.insert("web".to_owned(), format!("web@sha256:{}", "0".repeat(64))))),
            ("manifests", |r| r.bundle.manifests = "sha256:other".to_owned()),
            ("configuration", |r| r.bundle.configuration = "sha256:other".to_owned()),
            ("rate", |r| r.plan.prove.load.requests_per_minute += 1),
            ("timeout", |r| r.plan.prove.load.timeout_ms += 1),
            ("operation", |r| r.plan.prove.load.operations[0].weight += 1),
            ("connections", |r| r.plan.prove.load.connections = Some(Connections::Fresh)),
            ("users who wait", |r| r.plan.prove.load.closed = Some(Closed { users: 2, think_ms: 100 })),
            ("arrivals", rising),
            ("description", |r| {
                let (component, path) = ("web".to_owned(), "/openapi.json".to_owned());
                r.plan.prove.load.drawn = vec![DrawnPlan { component, path, weight: 1, most: 8 }];
            }),
            ("steady limit", |r| r.standard.steady.max_failed_ppm = 900_000),
        ];
        for (name, change) in all {
            let changed = risks(change);
            assert!(as_it_is.iter().zip(&changed).all(|(one, other)| one.is_none() || one != other), "{name}");
        }
    }

    #[test]
    fn another_strike_is_another_risk_of_its_own_phase_alone() {
        let as_it_is = risks(|_| {});
        let changes: [fn(&mut TestResult, usize); 3] = [
            |r, at| r.plan.prove.phases[at].seconds += 1,
            |r, at| {
                let PhaseRole::Fault { strike: Some(strike), .. } = &mut r.plan.prove.phases[at].role else {
                    unreachable!()
                };
                strike.lease_seconds += 1;
                r.standard.faults.iter_mut().for_each(|limits| {
                    limits.lease_seconds = limits.lease_seconds.map(|lease| lease + 1);
                });
            },
            |r, at| {
                let PhaseRole::Fault { kind, strike: Some(strike), .. } = &mut r.plan.prove.phases[at].role else {
                    unreachable!()
                };
                strike.share = if strike.share == Share::One { Share::All } else { Share::One };
                let (kind, share) = (*kind, strike.share);
                let same = r.standard.faults.iter_mut().filter(|limits| limits.kind == kind);
                same.for_each(|limits| limits.share = Some(share));
            },
        ];
        let at = as_it_is.iter().rposition(Option::is_some).unwrap();
        for change in changes {
            let changed = risks(|result| change(result, at));
            assert!(changed[at].is_some() && changed[at] != as_it_is[at], "{changed:?}");
        }
        let others = risks(|result| result.plan.prove.phases[at].seconds += 1);
        assert_eq!(others[..at], as_it_is[..at]);
    }

    #[test]
    fn another_moment_is_another_risk_where_the_rate_changes() {
        let of = |shape: fn(&mut TestResult), swaps: bool| -> BTreeSet<String> {
            let changed = risks(|result| {
                shape(result);
                let phases = &mut result.plan.prove.phases;
                let last = phases.iter().rposition(|phase| matches!(phase.role, PhaseRole::Fault { .. })).unwrap();
                phases.swap(last - usize::from(swaps), last);
            });
            changed.into_iter().flatten().collect()
        };
        assert_eq!(of(|_| {}, true), of(|_| {}, false));
        let [swapped, as_it_is] = [true, false].map(|swaps| of(rising, swaps));
        assert_eq!((swapped.intersection(&as_it_is).count(), as_it_is.len()), (6, 8));
    }

    #[test]
    fn a_rotation_to_other_values_is_another_risk_of_the_rotation_alone() {
        let of = |key: &str| {
            let mut result = sample::rotated();
            let variables = result.plan.prove.rotations.values_mut().flat_map(|rotation| rotation.values_mut());
            variables.for_each(|succession| succession.next = format!("{}{key}", succession.next));
            Planned::from(&result).risks().unwrap()
        };
        let (as_it_is, changed) = (of(""), of(".other"));
        let differ: Vec<usize> = (0..changed.len()).filter(|at| changed[*at] != as_it_is[*at]).collect();
        let rotates = |at: &usize| {
            matches!(
                sample::rotated().plan.prove.phases[*at].role,
                PhaseRole::Fault { kind: FaultKind::SecretRotation, .. }
            )
        };
        assert!(!differ.is_empty() && differ.iter().all(rotates), "{differ:?}");
        assert!(as_it_is.iter().flatten().count() > differ.len(), "{as_it_is:?}");
    }

    #[test]
    fn what_changes_no_repetition_changes_no_risk() {
        let as_it_is = risks(|_| {});
        for changed in [
            risks(|result| result.subject.commit = "0".repeat(40)),
            risks(|result| result.record.host = "another.example.test".to_owned()),
            risks(|result| result.standard.version = "2".to_owned()),
            risks(|result| result.announcement.nonce = "00".repeat(32)),
            risks(|result| result.availability.recovery_time = "1s".parse().unwrap()),
        ] {
            assert_eq!(changed, as_it_is);
        }
        let unlimited = risks(|result| result.standard.faults.truncate(1));
        assert_eq!(unlimited.iter().flatten().count(), 1);
        assert!(risks(|result| result.rules = "others".to_owned()).iter().all(Option::is_none));
    }
}
