//! Which values a service is given of the Secrets that its manifest names: the named keys and nothing else, or the
//! first that cannot be given, and why. Pure; a value is never said.

use std::collections::BTreeMap;

use factory_crds::{StateServiceSpec, state_service::SecretReference};
use k8s_openapi::api::core::v1::Secret;

use super::Values;
use crate::{manifests::secret, stage::Why};

/// Types of Secrets that people write. All others belong to the cluster: above all the tokens of its
/// accounts, which are nobody's to hand on.
const TYPES: [&str; 4] = ["Opaque", "kubernetes.io/basic-auth", "kubernetes.io/ssh-auth", "kubernetes.io/tls"];
/// Bytes of a value; the kernel takes 128 KiB for a variable with its name.
const LONGEST: usize = 100 * 1024;
/// Bytes of all values of a service; the API server takes 1 MiB for a Secret.
const LARGEST: usize = 900 * 1024;

/// All references of `spec`, each with its field.
pub(super) fn references(spec: &StateServiceSpec) -> impl Iterator<Item = (String, &SecretReference)> {
    spec.components.iter().enumerate().flat_map(|(at, component)| {
        let field = move |index| format!("spec.components[{at}].secrets[{index}]");
        component.secrets.iter().enumerate().map(move |(index, reference)| (field(index), reference))
    })
}

/// A value that the manifest names: field, Secret, key, and the key under which the service has it.
type Named<'a> = (String, &'a str, &'a str, String);

/// The value of `reference`, and the one that follows it where a rotation `follows`.
fn named(field: String, reference: &SecretReference, follows: bool) -> impl Iterator<Item = Named<'_>> {
    let next = reference.next.as_deref().filter(|_| follows).zip(secret::next_entry(reference));
    let next = next.map(|(key, entry)| (format!("{field}.next"), reference.secret.as_str(), key, entry));
    [(field, reference.secret.as_str(), reference.key.as_str(), secret::entry(reference))].into_iter().chain(next)
}

/// What `spec` names of the Secrets `found` in `namespace`, with what follows where a rotation `follows`, and nothing else
/// of them; or the first that cannot be given, and why.
pub(super) fn pick(
    spec: &StateServiceSpec,
    namespace: &str,
    found: &BTreeMap<&str, Secret>,
    follows: bool,
) -> Result<Values, Why> {
    let values: Values = references(spec)
        .flat_map(|(field, reference)| named(field, reference, follows))
        .map(|(field, name, key, entry)| {
            let Some(secret) = found.get(name) else {
                let message = format!("{field}: there is no secret `{name}` in namespace `{namespace}`");
                return Err(Why::new("SecretMissing", message));
            };
            let kind = secret.type_.as_deref().unwrap_or("Opaque");
            if !TYPES.contains(&kind) {
                let message = format!(
                    "{field}: secret `{name}` in namespace `{namespace}` is of type {kind}, which is not handed on; only {} are",
                    TYPES.join(", ")
                );
                return Err(Why::new("SecretRefused", message));
            }
            let Some(value) = secret.data.as_ref().and_then(|data| data.get(key)) else {
                let message = format!("{field}: secret `{name}` has no key `{key}` in namespace `{namespace}`");
                return Err(Why::new("SecretMissing", message));
            };
            // The container runtime would quote a bad value in an error that people read.
            if value.0.len() > LONGEST || value.0.contains(&0) || std::str::from_utf8(&value.0).is_err() {
                let message = format!(
                    "{field}: key `{key}` of secret `{name}` in namespace `{namespace}` is no text of at most {} KiB, and a variable holds nothing else",
                    LONGEST / 1024
                );
                return Err(Why::new("SecretUnfit", message));
            }
            Ok((entry, value.clone()))
        })
        .collect::<Result<_, _>>()?;
    // A rotation that changes nothing would be felt by nobody, and look like one that was survived.
    let same = |reference: &SecretReference| {
        let next = secret::next_entry(reference).and_then(|next| values.get(&next));
        next.is_some() && next == values.get(&secret::entry(reference))
    };
    if let Some((field, reference)) = references(spec).filter(|_| follows).find(|(_, reference)| same(reference)) {
        let (name, key) = (&reference.secret, &reference.key);
        let message = format!(
            "{field}.next: it holds the same value as key `{key}` of secret `{name}` in namespace `{namespace}`, and a rotation would change nothing"
        );
        return Err(Why::new("SecretUnfit", message));
    }
    let size: usize = values.values().map(|value| value.0.len()).sum();
    if size > LARGEST {
        let message = format!(
            "spec.components[*].secrets: their values are {} KiB together, and a service is given at most {} KiB",
            size.div_ceil(1024),
            LARGEST / 1024
        );
        return Err(Why::new("SecretUnfit", message));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;

    use super::*;
    use crate::state_service::examples;

    fn spec(references: &[(&str, &str, &str)]) -> StateServiceSpec {
        let mut spec = examples::service().spec;
        let reference = |(env, secret, key): &(&str, &str, &str)| SecretReference {
            env: (*env).to_owned(),
            secret: (*secret).to_owned(),
            key: (*key).to_owned(),
            next: None,
        };
        spec.components[0].secrets = references.iter().map(reference).collect();
        spec
    }

    fn secret(kind: &str, data: &[(&str, &[u8])]) -> Secret {
        let data = data.iter().map(|(key, value)| ((*key).to_owned(), ByteString(value.to_vec()))).collect();
        Secret { type_: Some(kind.to_owned()), data: Some(data), ..Secret::default() }
    }

    /// What the second reference of a component is refused for.
    fn refused(second: &Secret) -> (&'static str, String) {
        let spec = spec(&[("USER", "good", "user"), ("PASSWORD", "db", "password")]);
        let found = [("good", secret("Opaque", &[("user", b"u")])), ("db", second.clone())].into();
        let why = pick(&spec, "x", &found, false).unwrap_err();
        (why.reason, why.message)
    }

    #[test]
    fn only_the_keys_that_are_named_are_copied() {
        let spec = spec(&[("USER", "db", "user"), ("PASSWORD", "db", "password"), ("AGAIN", "db", "user")]);
        let whole = [("user", &b"u"[..]), ("password", b"p"), ("root", b"not yours")];
        let found = [("db", secret("kubernetes.io/basic-auth", &whole)), ("other", secret("Opaque", &whole))].into();
        let values = pick(&spec, "x", &found, false).unwrap();
        let held: Vec<_> = values.iter().map(|(entry, value)| (entry.as_str(), value.0.as_slice())).collect();
        assert_eq!(held, [("db_password", &b"p"[..]), ("db_user", b"u")]);
    }

    #[test]
    fn what_follows_is_copied_for_a_rotation_alone_and_must_be_there_and_another() {
        let mut spec = spec(&[("USER", "db", "user"), ("PASSWORD", "db", "password")]);
        spec.components[0].secrets[1].next = Some("next".to_owned());
        let picked = |follows: bool, next: &[(&str, &[u8])]| {
            let data = [&[("user", &b"u"[..]), ("password", b"p")], next].concat();
            pick(&spec, "x", &[("db", secret("Opaque", &data))].into(), follows)
        };
        let keys = |values: Values| values.into_keys().collect::<Vec<_>>();
        assert_eq!(keys(picked(true, &[("next", b"n")]).unwrap()), ["db_next", "db_password", "db_user"]);
        assert_eq!(keys(picked(false, &[("next", b"n")]).unwrap()), ["db_password", "db_user"]);
        assert_eq!(keys(picked(false, &[]).unwrap()), ["db_password", "db_user"], "nobody asks for it");
        let field = "spec.components[0].secrets[1].next";
        for (next, reason, message) in [
            (&[][..], "SecretMissing", format!("{field}: secret `db` has no key `next` in namespace `x`")),
            (&[("next", b"n\0".as_slice())], "SecretUnfit", format!("{field}: key `next` of secret `db`")),
            (
                &[("next", b"p".as_slice())],
                "SecretUnfit",
                format!("{field}: it holds the same value as key `password`"),
            ),
        ] {
            let why = picked(true, next).unwrap_err();
            assert!(why.reason == reason && why.message.starts_with(&message), "{} {}", why.reason, why.message);
        }
    }

    #[test]
    fn a_missing_secret_or_key_is_named_with_its_field_and_namespace() {
        assert_eq!(
            refused(&secret("Opaque", &[("Password", b"p")])),
            (
                "SecretMissing",
                "spec.components[0].secrets[1]: secret `db` has no key `password` in namespace `x`".to_owned()
            )
        );
        let why = pick(&spec(&[("PASSWORD", "db", "password")]), "x", &BTreeMap::new(), false).unwrap_err();
        assert_eq!(why.reason, "SecretMissing");
        assert_eq!(why.message, "spec.components[0].secrets[0]: there is no secret `db` in namespace `x`");
    }

    #[test]
    fn what_belongs_to_the_cluster_is_refused() {
        for kind in ["kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token", "helm.sh/release.v1"] {
            let (reason, message) = refused(&secret(kind, &[("password", b"value")]));
            assert_eq!(reason, "SecretRefused");
            assert!(message.contains(kind) && message.contains("`db`") && !message.contains("value"), "{message}");
        }
    }

    #[test]
    fn what_is_no_variable_is_refused_without_being_quoted() {
        let long = "v".repeat(LONGEST + 1);
        for value in [&b"val\0ue"[..], b"val\xffue", long.as_bytes()] {
            let (reason, message) = refused(&secret("Opaque", &[("password", value)]));
            assert_eq!(reason, "SecretUnfit");
            assert!(message.contains("`password`") && !message.contains("val") && !message.contains("vv"), "{message}");
        }
    }

    #[test]
    fn values_that_are_too_much_together_are_refused_together() {
        let names: Vec<_> = (0..10).map(|number| format!("key{number}")).collect();
        let named: Vec<_> = names.iter().map(|key| ("VARIABLE", "db", key.as_str())).collect();
        let long = "v".repeat(LONGEST);
        let data: Vec<_> = names.iter().map(|key| (key.as_str(), long.as_bytes())).collect();
        let why = pick(&spec(&named), "x", &[("db", secret("Opaque", &data))].into(), false).unwrap_err();
        assert_eq!(why.reason, "SecretUnfit");
        assert!(why.message.contains("1000 KiB together"), "{}", why.message);
    }
}
