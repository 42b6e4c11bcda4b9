//! A certificate with its private key, as a Secret holds them, and what can be said of it without
//! asking anybody.

use rcgen::KeyPair;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// A certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// As it is signed.
    pub der: CertificateDer<'static>,
    /// Not before: seconds since 1970.
    pub from: i64,
    /// Not after: seconds since 1970.
    pub until: i64,
}

/// A certificate and the key that it speaks of.
pub struct Pair {
    /// Public.
    pub certificate: Certificate,
    /// Private.
    pub key: KeyPair,
}

/// It cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// No certificate, or half of one.
    #[error("it holds no certificate")]
    Certificate,
    /// No private key of a kind that is used here.
    #[error("it holds no private key")]
    Key(#[source] rcgen::Error),
    /// The key is another's.
    #[error("its key belongs to another certificate")]
    Another,
    /// It lacks a name of the server.
    #[error("its certificate is not for {0}")]
    Name(String),
    /// None of those who are trusted has signed it.
    #[error("its certificate is signed by none of the CAs that are published")]
    Signature,
}

impl Certificate {
    /// The first certificate of `pem`.
    pub fn read(pem: &[u8]) -> Result<Self, Unfit> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|_| Unfit::Certificate)?;
        let validity = parsed(&der)?.validity().clone();
        Ok(Self { from: validity.not_before.timestamp(), until: validity.not_after.timestamp(), der })
    }

    /// In PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let text = STANDARD.encode(&self.der);
        let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// Whether a server of `names` can show it to who trusts `authorities`.
    pub fn serves<'a>(&self, names: &[String], authorities: impl IntoIterator<Item = &'a Self>) -> Result<(), Unfit> {
        let own = parsed(&self.der)?;
        let alternative = own.subject_alternative_name().map_err(|_| Unfit::Certificate)?;
        let there = alternative.map(|extension| extension.value.general_names.clone()).unwrap_or_default();
        if let Some(lacking) = names.iter().find(|name| !there.contains(&GeneralName::DNSName(name))) {
            return Err(Unfit::Name(lacking.clone()));
        }
        let signed = authorities.into_iter().any(|authority| {
            parsed(&authority.der).is_ok_and(|authority| {
                own.issuer() == authority.subject() && own.verify_signature(Some(authority.public_key())).is_ok()
            })
        });
        if signed { Ok(()) } else { Err(Unfit::Signature) }
    }
}

impl Pair {
    /// A certificate and its key, both in PEM.
    pub fn read(certificate: &[u8], key: &[u8]) -> Result<Self, Unfit> {
        let certificate = Certificate::read(certificate)?;
        let key = KeyPair::from_pem(&String::from_utf8_lossy(key)).map_err(Unfit::Key)?;
        let same = parsed(&certificate.der)?.public_key().subject_public_key.data.as_ref() == key.public_key_raw();
        if same { Ok(Self { certificate, key }) } else { Err(Unfit::Another) }
    }
}

fn parsed<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Unfit> {
    X509Certificate::from_der(der).map(|(_, certificate)| certificate).map_err(|_| Unfit::Certificate)
}
