//! Where a launched service runs: what deploys it, what permits it and what looks at it must agree on the name.

use crate::canonical;

/// The namespace of the launched service `service` of `participant`: `svc-` and 8 hexadecimal digits.
#[must_use]
pub fn namespace(participant: &str, service: &str) -> String {
    svc(&["live", participant, service])
}

/// A namespace of the pattern that candidates and launched services share, so that neither knows which it is.
#[must_use]
pub fn svc(parts: &[&str]) -> String {
    let digest = canonical::sha256(parts.join("\u{0}").as_bytes());
    format!("svc-{}", &digest["sha256:".len()..][..8])
}
