//! Which values of its secrets a component is given in place of others, where the standard rotates secrets. The team says
//! what follows: only it knows what is as good as what it has, and a value that the lab made up would be no rotation
//! but a loss.

use std::collections::BTreeMap;

use factory_assurance::plan::{Rotation, Succession};
use factory_crds::{ResilienceStandardSpec, StateServiceSpec, state_service::Component};

use crate::manifests::secret;

/// A component has a secret, and nothing that follows it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "spec.components[{index}].secrets: the standard rotates secrets, and `{env}` of `{component}` has no `next`, the key of the value that follows; put that value into the Secret beside the first one and name its key"
)]
pub struct NoSuccessor {
    /// Place of the component in the manifest.
    pub index: usize,
    /// Its name.
    pub component: String,
    /// The first of its variables that nothing follows.
    pub env: String,
}

/// By component, what is rotated; nothing where `standard` rotates nothing. A component without secrets has nothing to
/// rotate; one with a secret that nothing follows is refused: its own manifest would leave out what hurts, and rotate a
/// secret that nobody reads.
pub fn of(
    spec: &StateServiceSpec,
    standard: &ResilienceStandardSpec,
) -> Result<BTreeMap<String, Rotation>, NoSuccessor> {
    if !standard.faults.iter().any(|fault| fault.kind.rotates()) {
        return Ok(BTreeMap::new());
    }
    let with_secrets = spec.components.iter().enumerate().filter(|(_, component)| !component.secrets.is_empty());
    with_secrets
        .map(|(index, component)| {
            let unfollowed = |env: String| NoSuccessor { index, component: component.name.clone(), env };
            Ok((component.name.clone(), of_component(component).map_err(unfollowed)?))
        })
        .collect()
}

/// What follows each of its secrets, or the first variable that nothing follows.
fn of_component(component: &Component) -> Result<Rotation, String> {
    let followed = component.secrets.iter().map(|reference| {
        let next = secret::next_entry(reference).ok_or_else(|| reference.env.clone())?;
        Ok((reference.env.clone(), Succession { key: secret::entry(reference), next }))
    });
    followed.collect()
}

#[cfg(test)]
mod tests {
    use factory_crds::{
        resilience_standard::{FaultKind, FaultLimits},
        state_service::SecretReference,
    };

    use super::*;
    use crate::{
        release::plan::{PlanError, compose},
        state_service::examples,
    };

    fn reference(env: &str, key: &str, next: Option<&str>) -> SecretReference {
        let (env, secret, key) = (env.to_owned(), "tls".to_owned(), key.to_owned());
        SecretReference { env, secret, key, next: next.map(str::to_owned) }
    }

    #[test]
    fn a_rotation_strikes_the_components_that_have_secrets_and_takes_what_their_team_named() {
        let (mut service, mut standard) = (examples::service(), examples::standard());
        standard.spec.faults.push(FaultLimits::once(FaultKind::SecretRotation, 0, 30));
        let plan = compose(&service.spec, &standard.spec).unwrap();
        let rotates = |plan: &factory_assurance::plan::Plan| {
            let names = plan.prove.phases.iter().map(|phase| phase.name.clone());
            names.filter(|name| name.starts_with("secret-rotation")).collect::<Vec<_>>()
        };
        assert!(rotates(&plan).is_empty() && plan.prove.rotations.is_empty(), "none has a secret");

        service.spec.components[0].secrets = vec![reference("KEY", "key", Some("next.key"))];
        let plan = compose(&service.spec, &standard.spec).unwrap();
        assert_eq!(rotates(&plan), ["secret-rotation-web"]);
        let succession = Succession { key: "tls_key".to_owned(), next: "tls_next.key".to_owned() };
        let rotation: Rotation = [("KEY".to_owned(), succession)].into();
        assert_eq!(plan.prove.rotations, [("web".to_owned(), rotation)].into());

        // A standard that rotates nothing has a plan without a word of it.
        let other = compose(&service.spec, &examples::standard().spec).unwrap();
        assert!(other.prove.rotations.is_empty() && rotates(&other).is_empty());
    }

    #[test]
    fn a_component_with_a_secret_that_nothing_follows_is_refused_by_its_field() {
        let (mut service, mut standard) = (examples::service(), examples::standard());
        // One that is followed and that nobody reads must not stand for the other.
        service.spec.components[1].secrets =
            vec![reference("UNUSED", "unused", Some("next")), reference("USER", "user", None)];
        assert!(compose(&service.spec, &standard.spec).is_ok(), "nobody rotates it");
        standard.spec.faults.push(FaultLimits::once(FaultKind::SecretRotation, 0, 30));
        let refused = compose(&service.spec, &standard.spec).unwrap_err();
        assert!(matches!(refused, PlanError::NoSuccessor(_)) && refused.reason() == "SuccessorMissing", "{refused}");
        assert!(
            refused.to_string().starts_with("spec.components[1].secrets: the standard rotates secrets, and `USER` of"),
            "{refused}"
        );
    }
}
