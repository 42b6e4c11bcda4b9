//! Namespace of a candidate or a launched service, with Pod Security `restricted`.

use k8s_openapi::{api::core::v1::Namespace, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use super::{ENVIRONMENT, PARTICIPANT, Place, RELEASE, RELEASE_UID, SERVICE};

/// Namespace of `place`.
#[must_use]
pub fn build(place: &Place<'_>) -> Namespace {
    let mut labels = vec![
        (ENVIRONMENT, place.purpose()),
        (PARTICIPANT, place.participant),
        (SERVICE, place.service),
        ("pod-security.kubernetes.io/enforce", "restricted"),
        ("app.kubernetes.io/managed-by", "factory-operator"),
    ];
    // A live namespace outlives each release; a candidate's goes with its own.
    if !place.is_live() {
        labels.extend([(RELEASE, place.release.0), (RELEASE_UID, place.release.1)]);
    }
    let labels = labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    Namespace {
        metadata: ObjectMeta { name: Some(place.namespace.clone()), labels: Some(labels), ..ObjectMeta::default() },
        ..Namespace::default()
    }
}
