//! What browsers are told about every answer: the one place of it. A page may not load, run, be framed by,
//! or send anything to, another origin; and it gets no script unless its handler asks for one.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// Of every answer that has no policy of its own: one style sheet of ours, and no script.
const PAGE: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Of the one page with a script: it signs in the browser, and can send nothing but its form.
pub const WITH_SCRIPT: (HeaderName, &str) = (
    CONTENT_SECURITY_POLICY,
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

const ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Of a page that brings its own `style`: exactly that, by its digest, and nothing else.
pub fn with_style(style: &str) -> (HeaderName, String) {
    let digest = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    (CONTENT_SECURITY_POLICY, policy)
}

/// Writes what is to be told of the answer of `route`. What its handler told already stays.
pub fn tell(route: &str, headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGE));
    let public =
        ["/api/v1/entries", "/api/v1/statistics", "/api/v1/glossary"].iter().any(|public| route.starts_with(public))
            || !(route.starts_with("/api/") || route.starts_with("/console"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static(if public { "no-cache" } else { "no-store" }));
}
