//! Where certificates are kept: two Secrets, and a ConfigMap with the CA's public half.

use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use super::{
    issue::Issued,
    pair::{Certificate, Pair, Unfit},
};
use crate::manifests::named;

/// Secret of the CA, and ConfigMap with its public half. Admission knows the name.
pub const AUTHORITY: &str = "factory-ca";
/// Secret of the register's certificate. Admission knows the name.
pub const LEAF: &str = "factory-register-tls";
/// Key in the ConfigMap.
pub const BUNDLE: &str = "ca.crt";

const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";
/// Of a CA: the one before it, without its key, which nothing needs any more.
const REPLACED: &str = "replaced.crt";

/// A Secret that holds `issued`, and the CA `old` whose place it takes.
pub fn secret(name: &str, namespace: &str, issued: &Issued, old: Option<&Certificate>) -> Secret {
    let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
    let fields = [(CERTIFICATE, bytes(&issued.certificate)), (KEY, bytes(&issued.key))];
    let old = old.map(|old| (REPLACED, bytes(&old.pem())));
    Secret {
        metadata: named(name, namespace),
        type_: Some("kubernetes.io/tls".to_owned()),
        data: Some(fields.into_iter().chain(old).map(|(field, bytes)| (field.to_owned(), bytes)).collect()),
        ..Secret::default()
    }
}

/// Certificate and key of `secret`.
pub fn pair(secret: &Secret) -> Result<Pair, Unfit> {
    Pair::read(field(secret, CERTIFICATE), field(secret, KEY))
}

/// The same where the certificate stands alone: the register serves all that is in the field.
pub fn only_pair(secret: &Secret) -> Result<Pair, Unfit> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(field(secret, CERTIFICATE)).collect();
    if all.is_ok_and(|all| all.len() == 1) { pair(secret) } else { Err(Unfit::Certificate) }
}

/// The certificate of `secret`, whatever its key.
pub fn certificate(secret: &Secret) -> Option<Certificate> {
    Certificate::read(field(secret, CERTIFICATE)).ok()
}

/// The CA before the one of `secret`.
pub fn replaced(secret: &Secret) -> Option<Certificate> {
    Certificate::read(field(secret, REPLACED)).ok()
}

/// What a client is to trust.
pub fn bundle(authority: &Certificate, old: Option<&Certificate>) -> String {
    authority.pem() + &old.map(Certificate::pem).unwrap_or_default()
}

/// The ConfigMap that publishes `bundle`.
pub fn public(namespace: &str, bundle: &str) -> ConfigMap {
    ConfigMap {
        metadata: named(AUTHORITY, namespace),
        data: Some([(BUNDLE.to_owned(), bundle.to_owned())].into()),
        ..ConfigMap::default()
    }
}

fn field<'a>(secret: &'a Secret, name: &str) -> &'a [u8] {
    secret.data.as_ref().and_then(|data| data.get(name)).map_or(&[], |bytes| bytes.0.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::issue;

    #[test]
    fn a_certificate_with_something_broken_behind_it_is_unfit_for_the_register() {
        let mut issued = issue::authority(0).unwrap();
        assert!(only_pair(&secret(LEAF, "factory-system", &issued, None)).is_ok());
        issued.certificate.push_str("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n");
        let broken = secret(LEAF, "factory-system", &issued, None);
        assert!(pair(&broken).is_ok() && only_pair(&broken).is_err());
    }

    #[test]
    fn a_replaced_ca_is_kept_without_its_key() {
        let (old, new) = (issue::authority(0).unwrap(), issue::authority(0).unwrap());
        let first = secret(AUTHORITY, "factory-system", &old, None);
        assert!(replaced(&first).is_none());
        let second = secret(AUTHORITY, "factory-system", &new, certificate(&first).as_ref());
        assert_eq!(replaced(&second).unwrap().pem(), old.certificate);
        assert_eq!(pair(&second).unwrap().certificate.pem(), new.certificate);
        assert!(second.data.unwrap().values().all(|value| value.0 != old.key.as_bytes()));
    }
}
