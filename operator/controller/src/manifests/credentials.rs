//! The password of a database, made once in the namespace where it is used, and never read again by the
//! factory: it may create this Secret and may not get it.

use factory_crds::state_service::Binding;
use k8s_openapi::{ByteString, api::core::v1::Secret};

use super::Place;

/// Key of the password.
pub const PASSWORD: &str = "password";

/// Its name. A name with this end is never that of the Secret with a service's own values.
#[must_use]
pub fn name(binding: &Binding) -> String {
    format!("{}-credentials", binding.name)
}

/// The credentials of `binding` in `place`: `password`, letters and digits alone, so that it fits into an
/// address. Immutable, because the database knows it from its first start.
#[must_use]
pub fn build(place: &Place<'_>, binding: &Binding, password: String) -> Secret {
    Secret {
        metadata: place.meta(&name(binding)),
        immutable: Some(true),
        data: Some([(PASSWORD.to_owned(), ByteString(password.into_bytes()))].into()),
        ..Secret::default()
    }
}
