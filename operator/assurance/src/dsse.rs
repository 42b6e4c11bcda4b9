//! DSSE envelopes (secure-systems-lab/dsse v1.0.2) with ECDSA P-256 over SHA-256: how a dossier and
//! a confirmation are signed, in the form that `cosign` and in-toto tools read.
//!
//! Signatures are ASN.1 DER, keys are PEM (PKCS#8 private, SPKI public), a key's id is the SHA-256
//! of its SPKI bytes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use p256::{
    ecdsa::{DerSignature, Signature as Signed, SigningKey, VerifyingKey, signature::Verifier as _},
    pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    canonical::{self, NotCanonical},
    signing::{self, Keypair, P256, Signer, SigningError},
};

/// Payload type of every in-toto statement.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A signed payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// Base64 of the payload.
    pub payload: String,
    /// At least one.
    pub signatures: Vec<Signature>,
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Id of the key: a hint, never trusted.
    pub keyid: String,
    /// Base64 of the DER signature.
    pub sig: String,
}

/// What is wrong with an envelope or a key.
#[derive(Debug, thiserror::Error)]
pub enum DsseError {
    /// The payload is of another type than expected.
    #[error("payloadType: `{0}`, expected {IN_TOTO}")]
    PayloadType(String),
    /// Not base64.
    #[error("{field}: not base64")]
    NotBase64 {
        /// `payload` or `signatures`.
        field: &'static str,
        /// Cause.
        #[source]
        source: base64::DecodeError,
    },
    /// No signature fits any of the pinned keys.
    #[error("signatures: none of {count} fits a pinned key ({pinned})")]
    NoValidSignature {
        /// Number of signatures.
        count: usize,
        /// Ids of the pinned keys.
        pinned: String,
    },
    /// The payload is not the document that it should be.
    #[error("payload: {0}")]
    Payload(#[source] serde_json::Error),
    /// The payload could not be written.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
    /// No key in this text.
    #[error("the key is no PEM of an ECDSA P-256 key: {0}")]
    Key(String),
    /// The key is elsewhere, and did not sign.
    #[error("the key did not sign: {0}")]
    Unsigned(String),
}

/// A private key of ECDSA P-256 that is held in memory: it was in a file.
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

/// A pinned public key of ECDSA P-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PrivateKey {
    /// A new key from the operating system's random numbers.
    #[must_use]
    pub fn generate() -> Self {
        use p256::elliptic_curve::Generate as _;
        Self(SigningKey::generate())
    }

    /// From a PKCS#8 PEM.
    pub fn from_pem(pem: &str) -> Result<Self, DsseError> {
        SigningKey::from_pkcs8_pem(pem).map(Self).map_err(|error| DsseError::Key(error.to_string()))
    }

    /// As a PKCS#8 PEM.
    pub fn to_pem(&self) -> Result<String, DsseError> {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF).map_err(|error| DsseError::Key(error.to_string()))?;
        Ok(pem.to_string())
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }
}

impl Signer<Signed> for PrivateKey {
    fn try_sign(&self, message: &[u8]) -> Result<Signed, SigningError> {
        self.0.try_sign(message)
    }
}

impl Keypair for PrivateKey {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        *self.0.verifying_key()
    }
}

impl From<VerifyingKey> for PublicKey {
    fn from(key: VerifyingKey) -> Self {
        Self(key)
    }
}

impl PublicKey {
    /// From an SPKI PEM; lines before it say when the key signs ([`crate::term`]), and are passed over.
    pub fn from_pem(pem: &str) -> Result<Self, DsseError> {
        let pem = pem.find("-----BEGIN").map_or(pem, |begin| &pem[begin..]);
        VerifyingKey::from_public_key_pem(pem).map(Self).map_err(|error| DsseError::Key(error.to_string()))
    }

    /// As an SPKI PEM.
    pub fn to_pem(&self) -> Result<String, DsseError> {
        self.0.to_public_key_pem(LineEnding::LF).map_err(|error| DsseError::Key(error.to_string()))
    }

    /// SHA-256 of the SPKI bytes in hexadecimal.
    pub fn id(&self) -> Result<String, DsseError> {
        let der = self.0.to_public_key_der().map_err(|error| DsseError::Key(error.to_string()))?;
        Ok(canonical::sha256(der.as_bytes()).trim_start_matches("sha256:").to_owned())
    }
}

/// Pre-authentication encoding: what is really signed, so that a payload of one type can never pass
/// for another.
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Signs the canonical bytes of an in-toto `statement` with `key`, wherever it is held. Blocks where that is elsewhere.
pub fn sign<T: Serialize>(statement: &T, key: &P256) -> Result<Envelope, DsseError> {
    let payload = canonical::bytes(statement)?;
    let signed = key.try_sign(&pae(IN_TOTO, &payload)).map_err(|error| DsseError::Unsigned(signing::reason(&error)))?;
    let signature = DerSignature::from(signed);
    let keyid = PublicKey(key.verifying_key()).id()?;
    Ok(Envelope {
        payload_type: IN_TOTO.to_owned(),
        payload: STANDARD.encode(&payload),
        signatures: vec![Signature { keyid, sig: STANDARD.encode(signature.as_bytes()) }],
    })
}

impl Envelope {
    /// The payload's bytes, without a look at the signatures.
    pub fn payload_bytes(&self) -> Result<Vec<u8>, DsseError> {
        STANDARD.decode(&self.payload).map_err(|source| DsseError::NotBase64 { field: "payload", source })
    }

    /// `sha256:…` of the payload.
    pub fn payload_digest(&self) -> Result<String, DsseError> {
        Ok(canonical::sha256(&self.payload_bytes()?))
    }

    /// The statement inside, without a look at the signatures: for what is bound by something else.
    pub fn unchecked<T: DeserializeOwned>(&self) -> Result<T, DsseError> {
        serde_json::from_slice(&self.payload_bytes()?).map_err(DsseError::Payload)
    }

    /// Whether one of the signatures fits one of the `pinned` keys. What cannot be read does not.
    #[must_use]
    pub fn is_signed_by(&self, pinned: &[PublicKey]) -> bool {
        let Ok(payload) = self.payload_bytes() else { return false };
        let signed = pae(&self.payload_type, &payload);
        let parsed = self.signatures.iter().filter_map(|signature| STANDARD.decode(&signature.sig).ok());
        parsed
            .filter_map(|bytes| DerSignature::try_from(bytes.as_slice()).ok())
            .any(|signature| pinned.iter().any(|key| key.0.verify(&signed, &signature).is_ok()))
    }

    /// The statement inside, if one of the signatures fits one of the `pinned` keys.
    pub fn open<T: DeserializeOwned>(&self, pinned: &[PublicKey]) -> Result<T, DsseError> {
        serde_json::from_slice(&self.signed_bytes(pinned)?).map_err(DsseError::Payload)
    }

    /// The payload's bytes, if one of the signatures fits one of the `pinned` keys.
    pub fn signed_bytes(&self, pinned: &[PublicKey]) -> Result<Vec<u8>, DsseError> {
        if self.payload_type != IN_TOTO {
            return Err(DsseError::PayloadType(self.payload_type.clone()));
        }
        let payload = self.payload_bytes()?;
        let signed = pae(&self.payload_type, &payload);
        for signature in &self.signatures {
            let bytes = STANDARD
                .decode(&signature.sig)
                .map_err(|source| DsseError::NotBase64 { field: "signatures", source })?;
            let Ok(parsed) = DerSignature::try_from(bytes.as_slice()) else { continue };
            if pinned.iter().any(|key| key.0.verify(&signed, &parsed).is_ok()) {
                return Ok(payload);
            }
        }
        let ids: Result<Vec<_>, _> = pinned.iter().map(PublicKey::id).collect();
        Err(DsseError::NoValidSignature { count: self.signatures.len(), pinned: ids?.join(", ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_encoding_is_the_one_of_the_specification() {
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn what_was_signed_opens_with_the_key_and_with_no_other() {
        let key = PrivateKey::generate();
        let envelope = sign(&json!({"a": 1}), &key).unwrap();
        assert_eq!(envelope.open::<Value>(&[key.public()]).unwrap(), json!({"a": 1}));
        let other = PrivateKey::generate().public();
        assert!(matches!(envelope.open::<Value>(&[other]), Err(DsseError::NoValidSignature { count: 1, .. })));
    }

    #[test]
    fn a_changed_payload_does_not_open() {
        let key = PrivateKey::generate();
        let mut envelope = sign(&json!({"passed": false}), &key).unwrap();
        envelope.payload = STANDARD.encode(br#"{"passed":true}"#);
        assert!(envelope.open::<Value>(&[key.public()]).is_err());
    }

    #[test]
    fn keys_survive_being_written_down() {
        let key = PrivateKey::generate();
        let again = PrivateKey::from_pem(&key.to_pem().unwrap()).unwrap();
        let public = PublicKey::from_pem(&again.public().to_pem().unwrap()).unwrap();
        assert_eq!(public, key.public());
    }
}
