//! Which components the load reaches, as far as the manifest says. A fault of one that nobody asks costs nothing, and
//! that must not look like a pass.

use std::collections::BTreeSet;

use factory_assurance::plan::LoadOperation;
use factory_crds::StateServiceSpec;

/// A component that no request of the load reaches.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "spec.components[{index}] `{component}`: no request of the load reaches it, neither by `request.component` nor through `calls` of a component that one reaches: nobody would see what its faults cost; give it a step of a check with a weight, or name it in the `calls` of the component that calls it"
)]
pub struct Unreached {
    /// Place of the component in the manifest.
    pub index: usize,
    /// Its name.
    pub component: String,
}

/// Refuses the first component of `spec` that none of `operations` reaches.
pub fn check(spec: &StateServiceSpec, operations: &[LoadOperation]) -> Result<(), Unreached> {
    let entry = spec.ingress.component.as_str();
    let mut next: Vec<&str> =
        operations.iter().map(|operation| operation.request.component.as_deref().unwrap_or(entry)).collect();
    let mut reached = BTreeSet::new();
    while let Some(name) = next.pop() {
        if reached.insert(name) {
            let called = spec.components.iter().filter(|component| component.name == name);
            next.extend(called.flat_map(|component| &component.calls).map(String::as_str));
        }
    }
    match spec.components.iter().enumerate().find(|(_, component)| !reached.contains(component.name.as_str())) {
        None => Ok(()),
        Some((index, component)) => Err(Unreached { index, component: component.name.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        release::plan::{PlanError, compose},
        state_service::examples,
    };

    #[test]
    fn a_component_that_nobody_asks_is_refused_and_said_by_its_field() {
        let (mut service, standard) = (examples::service(), examples::standard());
        let composed = |service: &factory_crds::StateService| compose(&service.spec, &standard.spec).map(drop);
        assert_eq!(composed(&service), Ok(()), "registry is called by web");
        let mut third = service.spec.components[1].clone();
        third.name = "archive".to_owned();
        third.calls = vec!["web".to_owned()];
        service.spec.components.push(third);
        let refused = composed(&service).unwrap_err();
        assert!(matches!(refused, PlanError::Unreached(_)) && refused.reason() == "ComponentUnreached", "{refused}");
        let said = "spec.components[2] `archive`: no request of the load reaches it";
        assert!(refused.to_string().starts_with(said), "{refused}");

        // Through one that is called itself, in a circle, or by a check of its own.
        service.spec.components[1].calls = vec!["archive".to_owned()];
        assert_eq!(composed(&service), Ok(()));
        service.spec.components[1].calls = Vec::new();
        let mut asked = service.spec.checks[1].clone();
        asked.steps[0].request.component = Some("archive".to_owned());
        service.spec.checks.push(asked);
        assert_eq!(composed(&service), Ok(()));
        // A check without weight is not in the load.
        service.spec.checks.last_mut().unwrap().weight = 0;
        assert!(composed(&service).is_err());
    }
}
