//! A standing delegation, and a release that falls within it.

use crate::{
    canonical,
    delegation::{ChangeClass, Terms},
    dossier::TestResult,
};

/// For the sample's service, a quarter of a year long.
#[must_use]
pub fn terms() -> Terms {
    Terms {
        participant: "social-registry".to_owned(),
        service: Some("registered-address".to_owned()),
        class: ChangeClass::RebuildOnPatchedBase,
        from: "2026-03-04T00:00:00Z".to_owned(),
        until: "2026-06-04T00:00:00Z".to_owned(),
        reason: "Patched base images of the distribution.".to_owned(),
    }
}

/// `result` built again from the same commit and manifest: another release, whose images have other digests.
#[must_use]
pub fn rebuilt(mut result: TestResult) -> TestResult {
    for image in result.bundle.images.values_mut() {
        let (place, digest) = image.rsplit_once('@').unwrap_or((image, ""));
        *image = format!("{place}@{}", canonical::sha256(digest.as_bytes()));
    }
    // Manifests name the images.
    result.bundle.manifests = canonical::sha256(result.bundle.manifests.as_bytes());
    result.subject.release.push_str("-again");
    result.subject.release_uid = "0b9e1c52-6f0a-4a35-9d59-2f5a3b0c7d11".to_owned();
    result
}
