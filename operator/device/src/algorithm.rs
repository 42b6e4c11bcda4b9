//! The two algorithms that are signed with, as devices speak of them.

use cryptoki::{
    error::Error,
    mechanism::{
        Mechanism,
        eddsa::{EddsaParams, EddsaSignatureScheme},
    },
    object::{KeyType, ObjectHandle},
    session::Session,
};
use p256::ecdsa::signature::Verifier;
use sha2::{Digest as _, Sha256};

/// An algorithm that a device can sign with.
pub trait Algorithm: 'static {
    /// A public key.
    type Public: Clone + Verifier<Self::Signature> + Send + Sync;
    /// A signature.
    type Signature;
    /// Its name, for messages.
    const NAME: &str;
    /// Kind of its keys.
    const KIND: KeyType;

    /// The public key that a device describes by these bytes, if it is one.
    fn public(point: &[u8]) -> Option<Self::Public>;

    /// The signature that these bytes are.
    fn signature(bytes: &[u8]) -> Option<Self::Signature>;

    /// What the device signs, and how.
    fn sign(session: &Session, key: ObjectHandle, message: &[u8]) -> Result<Vec<u8>, Error>;
}

/// ECDSA P-256 over SHA-256.
#[derive(Debug)]
pub enum P256 {}

/// Ed25519.
#[derive(Debug)]
pub enum Ed25519 {}

impl Algorithm for P256 {
    type Public = p256::ecdsa::VerifyingKey;
    type Signature = p256::ecdsa::Signature;
    const NAME: &str = "ECDSA P-256";
    const KIND: KeyType = KeyType::EC;

    fn public(point: &[u8]) -> Option<Self::Public> {
        Self::Public::from_sec1_bytes(content(point, 65)?).ok()
    }

    fn signature(bytes: &[u8]) -> Option<Self::Signature> {
        Self::Signature::from_slice(bytes).ok()
    }

    /// The hash is made here: not every device makes it.
    fn sign(session: &Session, key: ObjectHandle, message: &[u8]) -> Result<Vec<u8>, Error> {
        session.sign(&Mechanism::Ecdsa, key, &Sha256::digest(message))
    }
}

impl Algorithm for Ed25519 {
    type Public = ed25519_dalek::VerifyingKey;
    type Signature = ed25519_dalek::Signature;
    const NAME: &str = "Ed25519";
    const KIND: KeyType = KeyType::EC_EDWARDS;

    fn public(point: &[u8]) -> Option<Self::Public> {
        Self::Public::from_bytes(content(point, 32)?.try_into().ok()?).ok()
    }

    fn signature(bytes: &[u8]) -> Option<Self::Signature> {
        Self::Signature::from_slice(bytes).ok()
    }

    fn sign(session: &Session, key: ObjectHandle, message: &[u8]) -> Result<Vec<u8>, Error> {
        session.sign(&Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure)), key, message)
    }
}

/// The `length` bytes of a point: a DER octet string, as the standard has it, or bare, as some devices do.
fn content(point: &[u8], length: u8) -> Option<&[u8]> {
    match point {
        [4, stated, content @ ..] if *stated == length && content.len() == usize::from(length) => Some(content),
        bare => (bare.len() == usize::from(length)).then_some(bare),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_read_in_both_forms_and_of_its_own_length_only() {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
        let wrapped = [&[4, 32], key.as_bytes().as_slice()].concat();
        assert_eq!(Ed25519::public(key.as_bytes()), Some(key));
        assert_eq!(Ed25519::public(&wrapped), Some(key));
        assert_eq!(Ed25519::public(&wrapped[1..]), None);
        assert_eq!(P256::public(&wrapped), None);
        let secret = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        let point = secret.verifying_key().to_sec1_point(false);
        let wrapped = [&[4, 65], point.as_bytes()].concat();
        assert_eq!(P256::public(&wrapped), Some(*secret.verifying_key()));
        assert_eq!(Ed25519::public(&wrapped), None);
    }
}
