//! The register as linked data: one entry, and the catalogue (see [`crate::linked`]).

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, header::ACCEPT, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};

use super::{
    Register,
    asked::{At, ServicePath},
    entries::{FOR_EVERYONE, newest},
    problem::Refusal,
};
use crate::linked::{self, JSON_LD};

const LINKED: [(HeaderName, &str); 1] = [(CONTENT_TYPE, JSON_LD)];

/// One entry as linked data
///
/// The newest entry of a service as a public service (CPSV-AP 3.2).
#[utoipa::path(get, path = "/api/v1/entries/{participant}/{service}/entry.jsonld", operation_id = "getLinkedEntry",
    tag = "public", params(ServicePath),
    responses(
        (status = 200, description = "JSON-LD.", body = ref("#/components/schemas/Document"), content_type = "application/ld+json"),
        (status = 304, description = "As it was."),
        (status = 404, description = "There is no such entry."),
    ))]
pub async fn entry(State(register): State<Arc<Register>>, At(at): At<ServicePath>) -> Result<Response, Refusal> {
    let entry = newest(&register, &at).await?;
    let document = linked::service(&entry, register.address());
    Ok((LINKED, FOR_EVERYONE, document.to_string()).into_response())
}

/// The register as a catalogue
///
/// What can be read of it, and where (DCAT-AP 3).
#[utoipa::path(get, path = "/api/v1/catalogue.jsonld", operation_id = "getCatalogue", tag = "public",
    responses(
        (status = 200, description = "JSON-LD.", body = ref("#/components/schemas/Document"), content_type = "application/ld+json"),
        (status = 304, description = "As it was."),
    ))]
pub async fn catalogue(State(register): State<Arc<Register>>) -> Response {
    (LINKED, FOR_EVERYONE, linked::catalogue(register.address()).to_string()).into_response()
}

/// Whether linked data are asked for, and rather than JSON.
pub fn wished(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<&str> = accepted.flat_map(|value| value.split(',')).map(str::trim).collect();
    let weight = |wanted: &str| {
        let found = ranges.iter().map(|range| range.split(';')).filter_map(|mut parts| {
            let kind = parts.next()?.trim();
            let q = parts.find_map(|part| part.trim().strip_prefix("q=")).and_then(|q| q.trim().parse::<f32>().ok());
            kind.eq_ignore_ascii_case(wanted).then(|| q.unwrap_or(1.0))
        });
        found.fold(0.0_f32, f32::max)
    };
    let linked = weight(JSON_LD);
    linked > 0.0 && linked >= weight("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linked_data_are_for_who_asks_for_them() {
        for (accept, expected) in [
            ("application/ld+json", true),
            ("application/ld+json, application/json;q=0.5", true),
            ("text/turtle, Application/LD+JSON;q=0.8, */*;q=0.1", true),
            ("application/ld+json;profile=\"x\";q=0.4, application/json", false),
            ("application/ld+json;q=0", false),
            ("application/json", false),
            ("*/*", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(wished(&headers), expected, "{accept}");
        }
        assert!(!wished(&HeaderMap::new()));
    }
}
