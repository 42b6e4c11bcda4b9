//! The phases of a run and their names: warm-up, steady, the soak, each fault of the standard on each component, steady.

use factory_assurance::plan::{Phase, PhaseRole, ProvePlan, Strike};
use factory_crds::{
    ResilienceStandardSpec, StateServiceSpec,
    resilience_standard::{Direction, FaultKind, FaultLimits, Share},
    state_service::Component,
};

use super::soak;

/// Those of a run by `standard`, in order; `plan` knows who calls whom.
pub fn of(spec: &StateServiceSpec, standard: &ResilienceStandardSpec, plan: &ProvePlan) -> Vec<Phase> {
    let steady =
        |name: &str| Phase { name: name.to_owned(), seconds: standard.load.steady_seconds, role: PhaseRole::Steady {} };
    let mut phases = vec![
        Phase { name: "warm-up".to_owned(), seconds: standard.load.warm_up_seconds, role: PhaseRole::WarmUp {} },
        steady("before"),
    ];
    phases.extend(soak::phase(spec, standard));
    for component in &spec.components {
        for fault in &standard.faults {
            phases.extend(plan.peers(&component.name, fault).into_iter().map(|peer| phase(fault, component, peer)));
        }
    }
    phases.push(steady("after"));
    phases
}

fn phase(fault: &FaultLimits, component: &Component, peer: Option<&str>) -> Phase {
    let component = component.name.clone();
    let to = peer.map_or_else(String::new, |peer| format!("-to-{peer}"));
    let strike = Strike::of(fault).map(|strike| strike.toward(peer));
    Phase {
        name: format!("{}-{component}{to}", slug(fault)),
        seconds: fault.window_seconds,
        role: PhaseRole::Fault { kind: fault.kind, component, strike },
    }
}

/// A fault as phases name it: two of one kind differ in strength, status, path, share, names or direction.
fn slug(fault: &FaultLimits) -> String {
    let mut slug = fault.kind.slug().to_owned();
    if fault.strength() > 0 {
        slug = format!("{slug}-{}", fault.strength());
    }
    slug.push_str(match fault.share {
        None | Some(Share::One) => "",
        Some(Share::All) => "-all",
        Some(Share::Node) => "-node",
    });
    if fault.kind == FaultKind::HttpDelay {
        slug = format!("{slug}-{}ms", fault.delay_ms.unwrap_or(0));
    }
    if let Some(status) = fault.status {
        slug = format!("{slug}-{status}");
    }
    if let Some(path) = &fault.path {
        let words: Vec<_> = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        slug = format!("{slug}-{}", words.join("-"));
    }
    for name in &fault.names {
        slug = format!("{slug}-{name}");
    }
    slug.push_str(match fault.direction {
        None => "",
        Some(Direction::In) => "-in",
        Some(Direction::Out) => "-out",
        Some(Direction::Both) => "-both",
    });
    slug
}
