//! A write of the operator, named so that the same write for another release has the same name.

use std::collections::BTreeSet;

use serde_json::Value;

/// Digest of the empty configuration of an OCI artifact: the one blob that is the same each time.
const EMPTY: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
/// Shorter runs of hexadecimal digits may be words.
const SHORTEST_ID: usize = 8;

/// A write: where it goes, its method, its path without what is a release's own, and, of a status, an
/// Event or a manifest in the image registry, what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point(String);

impl Point {
    /// The point of a request to `door`, if it is a write of the release of `service`. `others` are
    /// names that are none of its business: other participants and their namespaces.
    #[must_use]
    pub fn of(
        door: &str,
        method: &str,
        path: &str,
        body: &[u8],
        service: &str,
        others: &BTreeSet<String>,
    ) -> Option<Self> {
        let parts = || path.split(['/', '?', '&']);
        let of_another = parts().any(|part| others.contains(part));
        // Leadership is no write of a release; it is renewed for as long as the process lives.
        if matches!(method, "GET" | "HEAD" | "OPTIONS") || of_another || parts().any(|part| part == "leases") {
            return None;
        }
        let path = path.split_once('?').map_or(path, |(path, query)| {
            // Of the query only the blob's digest says what is written.
            if query.contains(EMPTY) { "blobs/empty" } else { path }
        });
        let said = said(path, body);
        Some(Self(format!("{door} {method} {}{said}", general(path, service))))
    }

    /// Whether it only tells of what was done: which of these are written depends on the moment.
    #[must_use]
    pub fn tells(&self) -> bool {
        self.0.contains("/status") || self.0.contains("/events")
    }
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a status or an Event says: the newest condition, or the reason. Of a manifest what is attested by
/// it, or how many are listed in it: several stand beside one image, each under a digest.
fn said(path: &str, body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return String::new() };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if path.ends_with("/status") {
        let newest = body["status"]["conditions"].as_array().and_then(|conditions| conditions.last().cloned());
        let newest = newest.unwrap_or_default();
        return format!(" {}={}/{}", text(&newest["type"]), text(&newest["status"]), text(&newest["reason"]));
    }
    if path.contains("/manifests/") {
        let attested = text(&body["annotations"]["dev.sigstore.bundle.predicateType"]);
        let listed = body["manifests"].as_array().map(|listed| format!(" lists {}", listed.len()));
        return listed.unwrap_or_else(|| if attested.is_empty() { attested } else { format!(" {attested}") });
    }
    if path.contains("/events") { format!(" {}", text(&body["reason"])) } else { String::new() }
}

/// `path` with the service's name and every identifier replaced by what they are.
fn general(path: &str, service: &str) -> String {
    let path = path.replace(service, "<service>");
    let mut made = String::new();
    let mut rest = path.as_str();
    while let Some(first) = rest.chars().next() {
        // An identifier begins where a word does; dashes within it belong to it.
        let begins = first != '-' && !made.ends_with(|letter: char| letter.is_ascii_alphanumeric());
        let end = rest.find(|letter: char| !letter.is_ascii_hexdigit() && letter != '-').unwrap_or(rest.len());
        let run = rest[..end].trim_end_matches('-');
        let taken = if begins && run.len() >= SHORTEST_ID && run.contains(|letter: char| letter.is_ascii_digit()) {
            made.push_str("<id>");
            run.len()
        } else {
            made.push(first);
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(method: &str, path: &str, body: &str, service: &str) -> Option<String> {
        let others = ["other".to_owned(), "svc-99999999".to_owned()].into();
        Point::of("api", method, path, body.as_bytes(), service, &others).map(|point| point.to_string())
    }

    #[test]
    fn the_same_write_of_two_releases_is_one_point() {
        let first = point("PATCH", "/apis/apps/v1/namespaces/svc-8a3136c9/deployments/queue?force=true", "{}", "s1");
        let second = point("PATCH", "/apis/apps/v1/namespaces/svc-00abcdef/deployments/queue?force=true", "{}", "s2");
        assert_eq!(first, second);
        assert_eq!(first.as_deref(), Some("api PATCH /apis/apps/v1/namespaces/svc-<id>/deployments/queue"));
    }

    #[test]
    fn an_identifier_is_known_within_a_name() {
        let path = "/apis/batch/v1/namespaces/factory-build/jobs/build-d9feba42-queue";
        assert_eq!(general(path, "s1"), "/apis/batch/v1/namespaces/factory-build/jobs/build-<id>-queue");
        let upload = "/v2/sources/p/s1/blobs/uploads/0f3a6b1c-11aa-4d5e-9f00-0123456789ab";
        assert_eq!(general(upload, "s1"), "/v2/sources/p/<service>/blobs/uploads/<id>");
    }

    #[test]
    fn statuses_and_events_are_told_apart_by_what_they_say() {
        let path = "/apis/factory.gov.kg/v1alpha1/namespaces/p/releases/s1-0a1b2c3d-1/status";
        let body = r#"{"status": {"conditions": [{"type": "Built", "status": "Unknown", "reason": "Building"}]}}"#;
        assert_eq!(
            point("PATCH", path, body, "s1").as_deref(),
            Some(
                "api PATCH /apis/factory.gov.kg/v1alpha1/namespaces/p/releases/<service>-<id>/status \
                 Built=Unknown/Building"
            )
        );
        let event = point("POST", "/apis/events.k8s.io/v1/namespaces/p/events", r#"{"reason": "Built"}"#, "s1");
        assert!(event.is_some_and(|event| event.ends_with("/events Built")));
    }

    #[test]
    fn what_stands_beside_an_image_is_told_apart() {
        let (digest, of_image) = ("0a".repeat(32), "/v2/services/p/s1/web/manifests/sha256");
        let attestation = r#"{"annotations": {"dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1"}}"#;
        let made = point("PUT", &format!("{of_image}:{digest}"), attestation, "s1");
        let image = "api PUT /v2/services/p/<service>/web/manifests/sha256";
        assert_eq!(made, Some(format!("{image}:<id> https://slsa.dev/provenance/v1")));
        let listed = point("PUT", &format!("{of_image}-{digest}"), r#"{"manifests": [{}, {}]}"#, "s1");
        assert_eq!(listed, Some(format!("{image}-<id> lists 2")));
    }

    #[test]
    fn what_is_no_write_of_the_release_is_no_point() {
        assert_eq!(point("GET", "/apis/apps/v1/deployments", "", "s1"), None);
        assert_eq!(point("PUT", "/apis/coordination.k8s.io/v1/namespaces/n/leases/l", "{}", "s1"), None);
        assert_eq!(point("PATCH", "/api/v1/namespaces/other", "{}", "s1"), None);
        assert_eq!(point("DELETE", "/api/v1/namespaces/svc-99999999", "", "s1"), None);
    }
}
