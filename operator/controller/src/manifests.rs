//! Pure builders of the Kubernetes objects of a service: the same for a candidate and for a launched
//! service (invariants 2 and 7), except for what [`Place`] says.

pub mod build_job;
pub mod claim;
pub mod confined;
pub mod control;
pub mod credentials;
pub mod database;
pub mod deployment;
pub mod disruption;
pub mod ingress;
pub mod lab_job;
pub mod namespace;
pub mod near;
pub mod network;
pub mod secret;
pub mod service;
pub mod service_account;
pub mod strike_job;
pub mod twin;

use std::collections::BTreeMap;

use factory_assurance::{canonical, live};
use factory_crds::{EnvironmentSpec, StateServiceSpec, environment::Purpose};
use kube::api::ObjectMeta;

/// Label that says what runs in a namespace: `lab` or `live`.
pub const ENVIRONMENT: &str = "factory.gov.kg/environment";
/// Label with the participant.
pub const PARTICIPANT: &str = "factory.gov.kg/participant";
/// Label with the `StateService`.
pub const SERVICE: &str = "factory.gov.kg/service";
/// Label with the `Release`.
pub const RELEASE: &str = "factory.gov.kg/release";
/// Label with the UID of the `Release`.
pub const RELEASE_UID: &str = "factory.gov.kg/release-uid";
/// Label of every pod: the component.
pub const COMPONENT: &str = "app.kubernetes.io/name";

/// Where a bundle is put, and nothing else: what may differ between test and life.
pub struct Place<'a> {
    /// Namespace.
    pub namespace: String,
    /// Its environment.
    pub environment: &'a EnvironmentSpec,
    /// Participant that owns the service.
    pub participant: &'a str,
    /// Name of the `StateService`.
    pub service: &'a str,
    /// Name and UID of the `Release`.
    pub release: (&'a str, &'a str),
}

impl Place<'_> {
    /// Metadata of an object in this place. Labels stand on the namespace, not here: pods can read
    /// their own labels and must not learn where they are.
    #[must_use]
    pub fn meta(&self, name: &str) -> ObjectMeta {
        ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(self.namespace.clone()),
            labels: Some(selector(name)),
            ..ObjectMeta::default()
        }
    }

    /// `lab` or `live`.
    #[must_use]
    pub const fn purpose(&self) -> &'static str {
        match self.environment.purpose {
            Purpose::Lab => "lab",
            Purpose::Live => "live",
        }
    }

    /// Whether users are served here, so that what is stored must stay.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.environment.purpose, Purpose::Live)
    }
}

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// Labels by which the pods of a component are found.
#[must_use]
pub fn selector(component: &str) -> Labels {
    [(COMPONENT.to_owned(), component.to_owned())].into()
}

/// The namespace of a candidate: `svc-` and 8 hexadecimal digits from the release's UID.
#[must_use]
pub fn candidate_namespace(release_uid: &str) -> String {
    live::svc(&["candidate", release_uid])
}

/// The namespace of the release that a candidate is measured beside: the same pattern, from the candidate's release.
#[must_use]
pub fn reference_namespace(release_uid: &str) -> String {
    live::svc(&["reference", release_uid])
}

/// The namespace of a launched service: the same pattern, from participant and service.
#[must_use]
pub fn live_namespace(participant: &str, service: &str) -> String {
    live::namespace(participant, service)
}

/// Digest of the manifests of a bundle as rendered, without what may vary between environments.
pub fn digest(
    spec: &StateServiceSpec,
    images: &BTreeMap<String, String>,
    databases: &BTreeMap<String, String>,
) -> Result<String, canonical::NotCanonical> {
    let rendered: Vec<_> = spec
        .components
        .iter()
        .map(|component| {
            let image = images.get(&component.name).map_or("", String::as_str);
            (
                deployment::spec(&spec.bindings, component, image, None),
                service::spec(component),
                disruption::spec(component),
                network::between(spec, component, &[]),
            )
        })
        .collect();
    if spec.bindings.is_empty() {
        return canonical::digest(&rendered);
    }
    let stored: Vec<_> = spec
        .bindings
        .iter()
        .map(|binding| {
            let image = databases.get(&binding.name).map_or("", String::as_str);
            (database::spec(binding, image, None), network::around(binding))
        })
        .collect();
    canonical::digest(&(rendered, stored))
}

/// Digest of the configuration that may not vary: all variables but those in `mayVary`.
pub fn configuration(spec: &StateServiceSpec) -> Result<String, canonical::NotCanonical> {
    let fixed: BTreeMap<&str, Vec<_>> = spec
        .components
        .iter()
        .map(|component| {
            let fixed = component.env.iter().filter(|variable| !component.may_vary.contains(&variable.name));
            (component.name.as_str(), fixed.collect())
        })
        .collect();
    canonical::digest(&fixed)
}

/// Metadata of an object `name` in `namespace`, and nothing else.
#[must_use]
pub fn named(name: &str, namespace: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), namespace: Some(namespace.to_owned()), ..ObjectMeta::default() }
}

/// Places, for tests of what is rendered for them.
#[cfg(test)]
pub(crate) mod places {
    use super::Place;
    use factory_crds::EnvironmentSpec;

    /// An environment for `purpose`: `lab` or `live`.
    pub fn environment(purpose: &str) -> EnvironmentSpec {
        serde_json::from_value(serde_json::json!({
            "purpose": purpose,
            "nodeSelector": {},
            "registry": {"prefix": "r", "plainHttp": false, "cidrs": ["192.0.2.1/32"], "port": 443},
            "gitHosts": ["git.example.kg"],
        }))
        .unwrap()
    }

    /// A place in `environment`.
    pub fn in_environment(environment: &EnvironmentSpec) -> Place<'_> {
        Place {
            namespace: "svc-00000000".to_owned(),
            environment,
            participant: "body",
            service: "service",
            release: ("service-1", "uid"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::examples;
    use factory_crds::state_service::SecretReference;

    #[test]
    fn a_candidate_and_a_launched_service_have_names_of_one_pattern() {
        let (candidate, live) = (candidate_namespace("uid"), live_namespace("body", "service"));
        assert_ne!(candidate, live);
        assert_ne!(candidate, reference_namespace("uid"));
        for name in [candidate, live, reference_namespace("uid")] {
            let hex = name.strip_prefix("svc-").unwrap();
            assert!(hex.len() == 8 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
        }
    }

    #[test]
    fn what_may_vary_leaves_the_configuration_alone_and_everything_else_changes_it() {
        let spec = examples::service().spec;
        let before = configuration(&spec).unwrap();
        let mut changed = spec.clone();
        changed.components[0].env[0].value.push('x');
        assert_ne!(configuration(&changed).unwrap(), before);
        let mut free = spec.clone();
        free.components[0].may_vary = vec![free.components[0].env[0].name.clone()];
        let with = configuration(&free).unwrap();
        free.components[0].env[0].value.push('x');
        assert_eq!(configuration(&free).unwrap(), with);
    }

    #[test]
    fn a_reference_to_a_secret_changes_the_digest_of_the_manifests() {
        let digest = |reference: [&str; 3]| {
            let mut spec = examples::service().spec;
            let [env, secret, key] = reference.map(str::to_owned);
            spec.components[0].secrets = vec![SecretReference { env, secret, key, next: None }];
            digest(&spec, &BTreeMap::new(), &BTreeMap::new()).unwrap()
        };
        let before = digest(["PASSWORD", "db", "password"]);
        for other in [["PASS", "db", "password"], ["PASSWORD", "store", "password"], ["PASSWORD", "db", "pass"]] {
            assert_ne!(digest(other), before, "{other:?}");
        }
        assert_eq!(digest(["PASSWORD", "db", "password"]), before);
    }

    #[test]
    fn an_image_a_port_or_a_replica_changes_the_digest_of_the_manifests() {
        let spec = examples::service().spec;
        let images: BTreeMap<_, _> = [("web".to_owned(), "r/web@sha256:aa".to_owned())].into();
        let digest = |spec, images| digest(spec, images, &BTreeMap::new()).unwrap();
        let before = digest(&spec, &images);
        let mut changed = spec.clone();
        changed.components[0].replicas += 1;
        assert_ne!(digest(&changed, &images), before);
        let other: BTreeMap<_, _> = [("web".to_owned(), "r/web@sha256:bb".to_owned())].into();
        assert_ne!(digest(&spec, &other), before);
        assert_eq!(digest(&spec, &images), before);
    }

    #[test]
    fn a_database_its_image_and_who_uses_it_change_the_digest_of_the_manifests() {
        let bound = |components: &[&str]| {
            let mut spec = examples::service().spec;
            spec.bindings = vec![examples::database("records", components)];
            spec
        };
        let digest = |spec: &StateServiceSpec, image: &str| {
            digest(spec, &BTreeMap::new(), &[("records".to_owned(), image.to_owned())].into()).unwrap()
        };
        let before = digest(&bound(&["web"]), "r/postgresql@sha256:aa");
        assert_eq!(digest(&bound(&["web"]), "r/postgresql@sha256:aa"), before);
        assert_ne!(digest(&bound(&["web"]), "r/postgresql@sha256:bb"), before);
        assert_ne!(digest(&bound(&["registry"]), "r/postgresql@sha256:aa"), before);
        assert_ne!(digest(&examples::service().spec, "r/postgresql@sha256:aa"), before);
    }
}
