//! Secret of a service: the values that its components name, under one name for a candidate and for a
//! launched service (invariant 7). Nothing else of the Secrets that hold them comes along.

use std::collections::BTreeMap;

use factory_crds::state_service::SecretReference;
use k8s_openapi::{ByteString, api::core::v1::Secret};

use super::Place;

/// Its name.
pub const NAME: &str = "secrets";

/// Key under which it has the value of `reference`. The name of a Secret has no underscore, so two
/// references share a key only where they mean the same value.
#[must_use]
pub fn entry(reference: &SecretReference) -> String {
    format!("{}_{}", reference.secret, reference.key)
}

/// Key under which it has the value that follows that of `reference`, if the manifest names one.
#[must_use]
pub fn next_entry(reference: &SecretReference) -> Option<String> {
    Some(format!("{}_{}", reference.secret, reference.next.as_ref()?))
}

/// Secret with `values` in `place`.
#[must_use]
pub fn build(place: &Place<'_>, values: &BTreeMap<String, ByteString>) -> Secret {
    Secret { metadata: place.meta(NAME), data: Some(values.clone()), ..Secret::default() }
}
