//! Makes keys and signs certificates: ECDSA on P-256. It decides nothing and keeps nothing.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use time::OffsetDateTime;

use super::{
    decide::{AUTHORITY_LIFE, LEAF_LIFE, SKEW},
    pair::Pair,
};

/// A certificate and its key, in PEM.
pub struct Issued {
    /// Public.
    pub certificate: String,
    /// Private.
    pub key: String,
}

/// No certificate.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// It could not be made or signed.
    #[error(transparent)]
    Certificate(#[from] rcgen::Error),
    /// The clock shows no time that a certificate can name.
    #[error(transparent)]
    Time(#[from] time::error::ComponentRange),
}

/// A CA of its own, made at `now`.
pub fn authority(now: i64) -> Result<Issued, IssueError> {
    let mut wanted = wanted("Factory of State Services", now, AUTHORITY_LIFE)?;
    wanted.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    Ok(Issued { certificate: wanted.self_signed(&key)?.pem(), key: key.serialize_pem() })
}

/// A certificate for a server of `names`, the first of which stands as its subject, by `authority`.
pub fn leaf(names: &[String], authority: &Pair, now: i64) -> Result<Issued, IssueError> {
    let subject = names.first().map_or("", String::as_str);
    let mut wanted = wanted(subject, now, LEAF_LIFE)?;
    wanted.subject_alt_names = CertificateParams::new(names)?.subject_alt_names;
    wanted.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    wanted.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    wanted.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let issuer = Issuer::from_ca_cert_der(&authority.certificate.der, &authority.key)?;
    Ok(Issued { certificate: wanted.signed_by(&key, &issuer)?.pem(), key: key.serialize_pem() })
}

fn wanted(name: &str, now: i64, life: i64) -> Result<CertificateParams, IssueError> {
    let mut wanted = CertificateParams::default();
    wanted.not_before = OffsetDateTime::from_unix_timestamp(now - SKEW)?;
    wanted.not_after = OffsetDateTime::from_unix_timestamp(now + life)?;
    wanted.distinguished_name = DistinguishedName::new();
    wanted.distinguished_name.push(DnType::CommonName, name);
    Ok(wanted)
}

#[cfg(test)]
mod tests;
