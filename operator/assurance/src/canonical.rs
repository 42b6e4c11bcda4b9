//! Canonical bytes and their SHA-256: the one way in which a document of ours becomes a digest.
//! RFC 8785 (JCS), so that an implementation in another language arrives at the same bytes.

pub use erased_serde::Serialize as Document;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// A document that cannot be written as canonical JSON (a map key that is no string, a NaN).
#[derive(Debug, thiserror::Error)]
#[error("the document has no canonical form: {0}")]
pub struct NotCanonical(#[from] serde_json::Error);

/// The RFC 8785 bytes of `document`.
pub fn bytes<T: Serialize>(document: &T) -> Result<Vec<u8>, NotCanonical> {
    Ok(serde_json_canonicalizer::to_vec(document)?)
}

/// The same of a document of any kind. It is compiled once, here and optimised, where [`bytes`] is compiled for each kind
/// and wherever one is written.
pub fn bytes_of_any(document: &dyn Document) -> Result<Vec<u8>, NotCanonical> {
    bytes(&document)
}

/// `sha256:<hex>` of the canonical bytes of `document`.
pub fn digest<T: Serialize>(document: &T) -> Result<String, NotCanonical> {
    Ok(sha256(&bytes(document)?))
}

/// `sha256:<hex>` of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// Lower-case hexadecimal of `bytes`.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|half| char::from(DIGITS[usize::from(half)]));
    bytes.iter().flat_map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_in_which_fields_were_written_does_not_matter() {
        let one = digest(&json!({"b": 1, "a": [true, null]})).unwrap();
        let two = digest(&json!({"a": [true, null], "b": 1})).unwrap();
        assert_eq!(one, two);
        assert_ne!(one, digest(&json!({"a": [null, true], "b": 1})).unwrap());
    }

    #[test]
    fn the_digest_is_the_one_that_sha256sum_prints() {
        assert_eq!(
            digest(&json!({})).unwrap(),
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
    }
}
