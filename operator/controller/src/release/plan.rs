//! Composes the plan of a run from the manifest and the standard. Pure: the same two give the same
//! plan, and the standard decides what is in it (invariant 1).

mod capacity;
pub mod comparison;
mod operations;
mod phases;
mod reach;
mod rotation;
mod soak;

use std::collections::BTreeSet;

use factory_assurance::plan::{
    Closed, Description, LoadPlan, Plan, ProvePlan, VerifyPlan, WHOLE_PPM, places, requests_per_minute, shape,
};
use factory_crds::{
    ResilienceStandardSpec, StateServiceSpec,
    resilience_standard::{EACH_PEER, LoadModel},
    state_service::Component,
};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::manifests::{control, twin};

/// There is no plan that could be carried out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The manifest gives nothing to load the service with.
    #[error(
        "spec.checks: none has a weight and a first step that needs no value of another: there is nothing to load the service with"
    )]
    NothingToAsk,
    /// A fault means the traffic with something that the service does not have.
    #[error(
        "the standard's spec.faults[{index}].peer: `{peer}` is neither a component nor a binding of this service (it has {known})"
    )]
    PeerUnknown {
        /// Place of the fault in the standard.
        index: usize,
        /// Its peer.
        peer: String,
        /// What there is.
        known: String,
    },
    /// The run would hold the lab's nodes for too long.
    #[error(
        "the standard's faults on all components, its comparison, its soak and its ladder take {0} s; a run lasts at most {MOST_SECONDS} s: the regulator's spec.faults need shorter windows or its spec.soak or spec.comparison fewer seconds (at a low rate its parts are longer), or the service fewer components"
    )]
    PlanTooLong(u64),
    /// One generator of the lab is too slow to ask both releases.
    #[error(
        "the standard's spec.comparison: both releases are asked by one generator, {rate} times a minute, and requestsPerGenerator of the lab's Environment says that one can {most}: it needs a faster generator, or the regulator a standard without comparison"
    )]
    ComparedTooFast {
        /// Requests a minute that the declared users make.
        rate: u32,
        /// Requests a minute that one generator can.
        most: u32,
    },
    /// Nobody vouches for a component that speaks TLS.
    #[error("spec.components `{0}`: tls.authority: there is no certificate in it that can be read")]
    Authority(String),
    /// Nobody asks a component.
    #[error("{0}")]
    Unreached(#[from] reach::Unreached),
    /// Secrets that cannot be rotated.
    #[error("{0}")]
    NoSuccessor(#[from] rotation::NoSuccessor),
    /// Operations would be drawn twice from one description.
    #[error(
        "spec.interfaces[{0}].weight: an interface before it has the same component and description, and a weight; operations are drawn from a description once"
    )]
    DrawnTwice(usize),
    /// Operations are drawn by one generator, which would not do for the load.
    #[error(
        "spec.interfaces: a `weight` has operations drawn from a description, which one generator does for all of the load; this one takes {0}, by the lab's requestsPerGenerator: give no interface a weight, or have checks for what it describes"
    )]
    DrawnByMany(u32),
    /// The standard's shape of the load is longer than the run.
    #[error("{0}")]
    Arrivals(#[from] shape::Misfit),
}

/// Longest run, in seconds: all others wait for the lab's nodes meanwhile.
const MOST_SECONDS: u64 = 3_600;

impl PlanError {
    /// Reason of a condition.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NothingToAsk => "NothingToAsk",
            Self::PeerUnknown { .. } => "PeerUnknown",
            Self::PlanTooLong(_) => "PlanTooLong",
            Self::ComparedTooFast { .. } => "ComparedTooFast",
            Self::Authority(_) => "AuthorityUnreadable",
            Self::Unreached(_) => "ComponentUnreached",
            Self::NoSuccessor(_) => "SuccessorMissing",
            Self::DrawnTwice(_) => "DrawnTwice",
            Self::DrawnByMany(_) => "DrawnByMany",
            Self::Arrivals(_) => "ArrivalsDoNotFit",
        }
    }
}

/// The plan for `spec` by `standard`.
pub fn compose(spec: &StateServiceSpec, standard: &ResilienceStandardSpec) -> Result<Plan, PlanError> {
    let (operations, longest) = operations::of_checks(spec);
    if operations.is_empty() {
        return Err(PlanError::NothingToAsk);
    }
    reach::check(spec, &operations)?;
    peers_exist(spec, standard)?;
    if let Some(index) = operations::drawn_twice(spec) {
        return Err(PlanError::DrawnTwice(index));
    }
    let unread = |component: &&Component| component.tls.as_ref().is_some_and(|tls| !is_authority(&tls.authority));
    if let Some(component) = spec.components.iter().find(unread) {
        return Err(PlanError::Authority(component.name.clone()));
    }
    let think = standard.load.think_time.millis().max(1);
    let users = spec.register.availability.simultaneous_users;
    let requests_per_minute = requests_per_minute(users, think);
    let is_closed = standard.load.model.unwrap_or_default() == LoadModel::Closed;
    let twin = twin::plan(&operations);
    let has_peers = standard.faults.iter().any(|fault| fault.peer.is_some());
    let mut plan = Plan {
        entry: spec.ingress.component.clone(),
        verify: VerifyPlan {
            checks: spec.checks.clone(),
            descriptions: spec
                .interfaces
                .iter()
                .map(|interface| Description {
                    component: interface.component.clone(),
                    path: interface.openapi.clone(),
                })
                .collect(),
        },
        prove: ProvePlan {
            load: LoadPlan {
                requests_per_minute,
                timeout_ms: u32::try_from(standard.load.timeout.millis()).unwrap_or(u32::MAX),
                // A visit takes about as long as a user thinks, so that soon after the start all of its requests come.
                pause_ms: if longest > 1 && !is_closed {
                    u32::try_from(think).unwrap_or(u32::MAX) / longest
                } else {
                    0
                },
                max_in_flight: if is_closed { users } else { places(requests_per_minute, WHOLE_PPM) },
                arrivals: None,
                connections: standard.load.connections,
                drawn: operations::drawn(spec),
                closed: is_closed.then(|| Closed::of(users, think)),
                operations,
            },
            phases: Vec::new(),
            calls: spec
                .components
                .iter()
                .filter(|_| has_peers)
                .map(|component| (component.name.clone(), depends_on(spec, component)))
                .filter(|(_, called)| !called.is_empty())
                .collect(),
            rotations: rotation::of(spec, standard)?,
            control: Some(control::plan()),
            twin,
            comparison: None,
            history: None,
        },
    };
    plan.prove.phases = phases::of(spec, standard, &plan.prove);
    plan.prove.phases.extend(capacity::steps(standard, requests_per_minute));
    let seconds: u64 = plan.prove.phases.iter().map(|phase| u64::from(phase.seconds)).sum();
    let compared =
        standard.comparison.as_ref().map_or(0, |asked| comparison::length(standard, asked, requests_per_minute));
    if seconds + compared > MOST_SECONDS {
        return Err(PlanError::PlanTooLong(seconds + compared));
    }
    plan.prove.load.arrivals = shape::of(standard.load.arrivals.as_ref(), &plan.prove.phases)?;
    if let Some(arrivals) = &plan.prove.load.arrivals {
        plan.prove.load.max_in_flight = places(requests_per_minute, arrivals.peak_ppm());
    }
    Ok(plan)
}

/// Whether certificates stand in `pem`, and nothing that is none. The lab would find out when the run has begun.
fn is_authority(pem: &str) -> bool {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let readable = |certificate: &CertificateDer<'_>| x509_parser::parse_x509_certificate(certificate).is_ok();
    certificates.is_ok_and(|certificates| !certificates.is_empty() && certificates.iter().all(readable))
}

/// A peer of another service is none of this one: nobody could be struck, and that must not look like a pass.
fn peers_exist(spec: &StateServiceSpec, standard: &ResilienceStandardSpec) -> Result<(), PlanError> {
    let names = spec.components.iter().map(|component| component.name.as_str());
    let known: BTreeSet<_> = names.chain(spec.bindings.iter().map(|binding| binding.name.as_str())).collect();
    for (index, fault) in standard.faults.iter().enumerate() {
        if let Some(peer) = fault.peer.as_deref().filter(|peer| *peer != EACH_PEER && !known.contains(peer)) {
            let known = known.iter().copied().collect::<Vec<_>>().join(", ");
            return Err(PlanError::PeerUnknown { index, peer: peer.to_owned(), known });
        }
    }
    Ok(())
}

/// What `component` calls, and the databases that it uses: what may be away while it is there.
fn depends_on(spec: &StateServiceSpec, component: &Component) -> BTreeSet<String> {
    let bound = spec.bound(&component.name).map(|binding| binding.name.clone());
    component.calls.iter().cloned().chain(bound).collect()
}

#[cfg(test)]
mod tests {
    use factory_assurance::plan::{DrawnPlan, PhaseRole};
    use factory_crds::{
        resilience_standard::{ArrivalKind, ArrivalRule, Direction, FaultKind, FaultLimits, Spike},
        state_service::Tls,
    };

    use super::*;
    use crate::state_service::examples;

    #[test]
    fn the_plan_holds_every_fault_for_every_component_between_two_steady_states() {
        let plan = compose(&examples::service().spec, &examples::standard().spec).unwrap();
        let names: Vec<_> = plan.prove.phases.iter().map(|phase| phase.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "warm-up",
                "before",
                "pod-kill-web",
                "rolling-restart-web",
                "pod-kill-registry",
                "rolling-restart-registry",
                "after"
            ]
        );
    }

    #[test]
    fn a_fault_with_a_peer_strikes_those_that_call_it_once_for_each_and_never_the_peer() {
        let (mut service, mut standard) = (examples::service(), examples::standard());
        let mut third = service.spec.components[1].clone();
        third.name = "archive".to_owned();
        service.spec.components.push(third);
        service.spec.components[0].calls = vec!["registry".to_owned(), "archive".to_owned()];
        service.spec.components[1].calls = vec!["archive".to_owned()];
        service.spec.components[2].calls = Vec::new();
        let partition = |peer: &str| FaultLimits {
            lease_seconds: Some(3),
            peer: Some(peer.to_owned()),
            direction: Some(Direction::Out),
            ..FaultLimits::once(FaultKind::Partition, 0, 9)
        };
        let planned = |peer: &str, standard: &mut factory_crds::ResilienceStandard| {
            standard.spec.faults = vec![partition(peer)];
            partitions(&compose(&service.spec, &standard.spec).unwrap())
        };
        assert_eq!(
            planned("*", &mut standard),
            ["partition-out-web-to-archive", "partition-out-web-to-registry", "partition-out-registry-to-archive"]
        );
        assert_eq!(planned("registry", &mut standard), ["partition-out-web-to-registry"]);
        assert!(planned("web", &mut standard).is_empty(), "nobody calls it: the verdict names what the plan lacks");
        let foreign = partition("ledger");
        standard.spec.faults = vec![partition("*"), foreign];
        let refused = compose(&service.spec, &standard.spec).unwrap_err();
        assert_eq!(
            (refused.reason(), refused.to_string().as_str()),
            (
                "PeerUnknown",
                "the standard's spec.faults[1].peer: `ledger` is neither a component nor a binding of this service (it has archive, registry, web)"
            )
        );
    }

    /// Names of the phases that cut somebody off.
    fn partitions(plan: &Plan) -> Vec<String> {
        let names = plan.prove.phases.iter().map(|phase| phase.name.clone());
        names.filter(|name| name.contains("partition")).collect()
    }

    #[test]
    fn a_database_is_a_peer_of_the_components_that_use_it_and_is_itself_struck_by_no_fault() {
        let (mut service, mut standard) = (examples::service(), examples::standard());
        service.spec.bindings = vec![examples::database("records", &["registry"])];
        let cut = |peer: &str| FaultLimits {
            lease_seconds: Some(3),
            peer: Some(peer.to_owned()),
            ..FaultLimits::once(FaultKind::Partition, 0, 9)
        };
        standard.spec.faults.extend([cut("records")]);
        let plan = compose(&service.spec, &standard.spec).unwrap();
        assert_eq!(partitions(&plan), ["partition-registry-to-records"]);
        for phase in &plan.prove.phases {
            assert!(!matches!(&phase.role, PhaseRole::Fault { component, .. } if component == "records"), "{phase:?}");
        }
        standard.spec.faults.pop();
        standard.spec.faults.push(cut("*"));
        let each = partitions(&compose(&service.spec, &standard.spec).unwrap());
        assert_eq!(each, ["partition-web-to-registry", "partition-registry-to-records"]);
    }

    #[test]
    fn the_rate_follows_from_users_and_think_time() {
        let mut service = examples::service();
        let mut standard = examples::standard();
        service.spec.register.availability.simultaneous_users = 300;
        standard.spec.load.think_time = "5s".parse().unwrap();
        let plan = compose(&service.spec, &standard.spec).unwrap();
        assert_eq!(plan.prove.load.requests_per_minute, 3600);
    }

    #[test]
    fn users_who_wait_are_planned_as_the_verdict_asks_for_them() {
        let (mut service, mut standard) = (examples::service(), examples::standard());
        service.spec.register.availability.simultaneous_users = 300;
        standard.spec.load.think_time = "5s".parse().unwrap();
        standard.spec.load.model = Some(LoadModel::Closed);
        let load = compose(&service.spec, &standard.spec).unwrap().prove.load;
        assert_eq!(load.closed, Some(Closed { users: 300, think_ms: 5_000 }));
        assert_eq!((load.requests_per_minute, load.max_in_flight, load.pause_ms), (3_600, 300, 0));
        assert_eq!(load.arrivals, None);
        let mut result = factory_assurance::sample::passing();
        result.standard.load = Some(factory_assurance::standard::StandardLoad::of(&standard.spec.load));
        result.availability.simultaneous_users = 300;
        result.plan.prove.load = load;
        let lacks = |result: &factory_assurance::dossier::TestResult| {
            let findings = result.judge().findings.into_iter().filter(|finding| finding.code == "PlanIncomplete");
            findings.map(|finding| finding.message).filter(|lack| lack.contains("model")).collect::<Vec<_>>()
        };
        assert_eq!(lacks(&result), [""; 0]);
        result.plan.prove.load.closed = None;
        assert_eq!(lacks(&result), ["the load is of the open model; the standard asks for the closed one"]);
    }

    #[test]
    fn from_a_description_is_drawn_where_its_interface_says_how_often() {
        let mut service = examples::service();
        let planned = |service: &factory_crds::StateService| {
            compose(&service.spec, &examples::standard().spec).unwrap().prove.load.drawn
        };
        assert_eq!(planned(&service), []);
        let interface = &mut service.spec.interfaces[0];
        interface.weight = 3;
        let (component, path) = (interface.component.clone(), interface.openapi.clone());
        assert_eq!(planned(&service), [DrawnPlan { component, path, weight: 3, most: 8 }]);
        let mut again = service.spec.interfaces[0].clone();
        again.weight = 0;
        service.spec.interfaces.push(again);
        assert_eq!(planned(&service).len(), 1, "it is drawn from once");
        let last = service.spec.interfaces.len() - 1;
        service.spec.interfaces[last].weight = 1;
        let refused = compose(&service.spec, &examples::standard().spec).unwrap_err();
        assert_eq!((&refused, refused.reason()), (&PlanError::DrawnTwice(last), "DrawnTwice"));
    }

    #[test]
    fn a_check_whose_steps_need_each_other_is_a_visit_and_others_are_asked_step_by_step() {
        let mut service = examples::service();
        let load = |service: &factory_crds::StateService| {
            compose(&service.spec, &examples::standard().spec).unwrap().prove.load
        };
        let visit = service.spec.checks.iter().position(|check| check.steps.iter().any(|step| !step.carry.is_empty()));
        let visit = &mut service.spec.checks[visit.unwrap()];
        visit.weight = 3;
        let length = visit.steps.len();
        let planned = load(&service);
        let first = planned.operations.iter().position(|operation| operation.weight == 3).unwrap();
        let followers = &planned.operations[first + 1..first + length];
        for (index, follower) in (first..).zip(followers) {
            assert_eq!((follower.after, follower.weight), (u32::try_from(index).ok(), 0), "{follower:?}");
        }
        assert!(planned.operations[first].after.is_none() && !planned.operations[first].carry.is_empty());
        assert_eq!(planned.pause_ms, 5_000 / u32::try_from(length).unwrap());
        let alone = planned.operations.iter().filter(|operation| operation.after.is_none()).count();
        let (begin, all) = planned.weights();
        assert_eq!((begin, all), (alone as u64 + 2, alone as u64 + 2 + 3 * (length as u64 - 1)));

        // Nothing of a check without weight is in the load.
        service.spec.checks.iter_mut().for_each(|check| check.weight = u32::from(check.weight != 3));
        let planned = load(&service);
        assert!(planned.operations.iter().all(|operation| operation.after.is_none()));
        assert_eq!((planned.operations.len(), planned.pause_ms), (alone - 1, 0));
    }

    #[test]
    fn a_manifest_that_gives_nothing_to_ask_is_refused() {
        let mut service = examples::service();
        for step in service.spec.checks.iter_mut().flat_map(|check| &mut check.steps) {
            step.request.path = "/{{id}}".to_owned();
        }
        assert_eq!(compose(&service.spec, &examples::standard().spec), Err(PlanError::NothingToAsk));
    }

    #[test]
    fn an_authority_that_cannot_be_read_is_refused_before_anything_is_announced() {
        let (mut service, standard) = (examples::service(), examples::standard());
        let authority = rcgen::generate_simple_self_signed(["web".to_owned()]).unwrap().cert.pem();
        let mut composed = |authority: &str| {
            service.spec.components[1].tls = Some(Tls { authority: authority.to_owned(), server_name: None });
            compose(&service.spec, &standard.spec).map(drop)
        };
        assert_eq!(composed(&authority), Ok(()));
        assert_eq!(composed(&format!("{authority}{authority}")), Ok(()));
        let damaged = authority.replacen("MI", "AA", 1);
        for bad in ["", "-----BEGIN CERTIFICATE-----", &damaged] {
            let refused = composed(bad).unwrap_err();
            assert_eq!(refused, PlanError::Authority("registry".to_owned()), "{bad}");
            assert!(refused.to_string().contains("tls.authority"), "{refused}");
        }
    }

    #[test]
    fn places_in_flight_are_enough_for_the_highest_rate() {
        let (mut service, mut standard) = (examples::service(), examples::standard());
        service.spec.register.availability.simultaneous_users = 1_000;
        standard.spec.load.think_time = "1s".parse().unwrap();
        let load =
            |standard: &factory_crds::ResilienceStandard| compose(&service.spec, &standard.spec).unwrap().prove.load;
        assert_eq!((load(&standard).max_in_flight, load(&standard).arrivals), (4_000, None));
        let spike = Spike { base_ppm: 500_000, peak_ppm: 2_500_000, at_seconds: 3, seconds: 2 };
        let arrivals = ArrivalRule { kind: ArrivalKind::Spike, spike: Some(spike), ..ArrivalRule::default() };
        standard.spec.load.arrivals = Some(arrivals);
        let planned = load(&standard);
        assert_eq!((planned.max_in_flight, planned.requests_per_minute), (10_000, 60_000));
        standard.spec.load.arrivals.as_mut().unwrap().spike.as_mut().unwrap().at_seconds = 3_000;
        let refused = compose(&service.spec, &standard.spec).unwrap_err();
        assert_eq!(refused.reason(), "ArrivalsDoNotFit");
    }

    #[test]
    fn a_run_that_would_last_longer_than_any_may_is_refused_before_it_is_announced() {
        let (service, mut standard) = (examples::service(), examples::standard());
        let others = compose(&service.spec, &standard.spec).unwrap().prove.phases;
        let others = others.iter().map(|phase| u64::from(phase.seconds)).sum::<u64>();
        standard.spec.faults[0].window_seconds = 3_600;
        let expected = others + 2 * (3_600 - u64::from(examples::standard().spec.faults[0].window_seconds));
        assert_eq!(compose(&service.spec, &standard.spec), Err(PlanError::PlanTooLong(expected)));
        assert!(PlanError::PlanTooLong(expected).to_string().contains("spec.faults"));
    }
}
