//! Whatever holds a private key: a file, a device behind PKCS#11, or a key service. Dossiers, confirmations and
//! checkpoints are signed through this one trait, so that each of them can take the place of another.
//!
//! It is the trait of `RustCrypto`, whose keys in memory have it already. Signing may block, and may fail where the
//! key is not in this process: an error's source says why.

use std::error::Error;

pub use p256::ecdsa::signature::{Error as SigningError, Keypair, Signer};

/// A private key that signs with signatures `S`, and is never shown; its public half is a `V`.
pub trait SigningKey<S, V>: Signer<S> + Keypair<VerifyingKey = V> + Send + Sync {}

impl<K, S, V> SigningKey<S, V> for K where K: Signer<S> + Keypair<VerifyingKey = V> + Send + Sync + ?Sized {}

/// A key of ECDSA P-256 over SHA-256: dossiers, confirmations, builds.
pub type P256 = dyn SigningKey<p256::ecdsa::Signature, p256::ecdsa::VerifyingKey>;

/// A key of Ed25519: the notes of a log, and of its witnesses.
pub type Ed25519 = dyn SigningKey<ed25519_dalek::Signature, ed25519_dalek::VerifyingKey>;

/// Why a key did not sign, in words: the error itself says no more than that.
#[must_use]
pub fn reason(error: &SigningError) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}
