//! The standards that are installed, `pipelines/standards`: each is a whole object of its kind,
//! rises above the one below it, and takes no longer than the design allows.

use std::{fs, path::Path};

use factory_assurance::standard::Standard;
use factory_crds::{ResilienceStandard, resilience_standard::FaultKind, state_service::ServiceClass};

/// Components of the service that run lengths are counted for.
const COMPONENTS: u32 = 2;

/// The shipped standard of this name.
pub fn standard(name: &str) -> ResilienceStandard {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/standards");
    let text = fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
    let object: ResilienceStandard = serde_yaml::from_str(&text).unwrap();
    // A misspelt field that has a default would be lost silently: everything written must come back.
    let written: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(written["spec"], serde_json::to_value(&object.spec).unwrap(), "{name}");
    assert_eq!(written["kind"], "ResilienceStandard", "{name}");
    assert_eq!(object.metadata.name.as_deref(), Some(name));
    object
}

fn seconds(object: &ResilienceStandard) -> u32 {
    let spec = &object.spec;
    let faults: u32 = spec.faults.iter().map(|fault| fault.window_seconds).sum();
    let ladder = spec
        .capacity
        .as_ref()
        .map_or(0, |ladder| ladder.step_seconds * u32::try_from(ladder.steps_percent.len()).unwrap());
    let soak = spec.soak.as_ref().map_or(0, |soak| soak.soak_seconds);
    spec.load.warm_up_seconds + 2 * spec.load.steady_seconds + soak + COMPONENTS * faults + ladder
}

#[test]
fn each_is_whole_and_takes_no_longer_than_the_design_allows() {
    for (name, class, longest) in [
        ("basic", ServiceClass::Basic, 60),
        ("important", ServiceClass::Important, 600),
        ("critical", ServiceClass::Critical, 1_800),
    ] {
        let object = standard(name);
        assert_eq!(object.spec.class, class, "{name}");
        assert!(seconds(&object) <= longest, "{name}: {} s", seconds(&object));
        for kind in [FaultKind::PodKill, FaultKind::RollingRestart] {
            assert_eq!(object.spec.faults.iter().filter(|fault| fault.kind == kind).count(), 1, "{name}: {kind:?}");
        }
        assert_eq!(object.spec.capacity.is_some(), name != "basic", "{name}: a ladder");
        assert_eq!(object.spec.soak.is_some(), name == "critical", "{name}: a soak");
        for indicator in &object.spec.indicators {
            let texts = [&indicator.definition.ky, &indicator.definition.ru, &indicator.definition.en];
            assert!(texts.into_iter().all(|text| !text.trim().is_empty()), "{name}: {}", indicator.name);
        }
    }
}

#[test]
fn a_higher_class_allows_less() {
    let [basic, important, critical] =
        ["basic", "important", "critical"].map(|name| Standard::of(name, &standard(name).spec));
    for (lower, higher) in [(&basic, &important), (&important, &critical)] {
        assert!(higher.steady.max_failed_ppm < lower.steady.max_failed_ppm);
        assert!(higher.steady.p95_ms < lower.steady.p95_ms && higher.steady.p99_ms < lower.steady.p99_ms);
        assert!(higher.min_requests > lower.min_requests);
        for (less, more) in higher.faults.iter().zip(&lower.faults) {
            assert!(
                less.kind == more.kind
                    && less.max_failed_ppm < more.max_failed_ppm
                    && less.window_seconds > more.window_seconds
            );
        }
    }
}

/// A service of a higher class has more to spare, and its ladder goes on beyond what must hold.
#[test]
fn a_higher_class_holds_more_than_its_declared_users() {
    let [important, critical] = ["important", "critical"].map(|name| standard(name).spec.capacity.unwrap());
    assert!(critical.headroom_percent > important.headroom_percent);
    for ladder in [important, critical] {
        assert!(ladder.steps_percent.last().is_some_and(|last| *last > ladder.headroom_percent), "{ladder:?}");
        assert!(ladder.steps_percent.contains(&ladder.headroom_percent), "{ladder:?}");
    }
}

/// The timeout must end a request long before all places in flight are taken by ones without an
/// answer (four for each request a second): else a stalled service is `GeneratorSaturated`, not `Failed`.
#[test]
fn a_service_that_stalls_does_not_exhaust_the_places_in_flight() {
    for name in ["basic", "important", "critical"] {
        assert!(standard(name).spec.load.timeout.millis() <= 3_000, "{name}");
    }
}

/// The rules do not ask more of a service than its standard lets them see: the example of 200 users
/// has requests enough in every phase, with room for chance.
#[test]
fn two_hundred_users_give_evidence_enough_for_the_basic_standard() {
    let spec = standard("basic").spec;
    let a_second = 200 * 1_000 / spec.load.think_time.millis();
    let shortest =
        spec.faults.iter().map(|fault| fault.window_seconds).chain([spec.load.steady_seconds]).min().unwrap();
    assert!(a_second * u64::from(shortest) > 2 * spec.min_requests);
}
