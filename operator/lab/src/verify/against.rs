//! Holds one answer against the description of its operation: status, media type, schema. Pure;
//! lines name place and rule, never the body's contents.

use serde_json::{Map, Value};

use super::openapi::{Described, OpenApi, step};
use crate::{
    connection::Answer,
    reference::settle,
    schema::{Schema, line},
};

/// What in `answer` contradicts the description of `described`.
#[must_use]
pub fn contradictions(api: &OpenApi, described: &Described, answer: &Answer) -> Vec<String> {
    let Some((key, response, pointer)) = response(api, described, answer.status) else {
        return vec![format!("status {}: not described", answer.status)];
    };
    let content = response.get("content").and_then(Value::as_object).filter(|content| !content.is_empty());
    // An answer to HEAD has the headers of a body and no body.
    if answer.body.is_empty() && described.method == "HEAD" {
        return Vec::new();
    }
    let Some(content) = content else {
        if answer.body.is_empty() {
            return Vec::new();
        }
        return vec![format!("status {}: a body, where `{key}` describes none", answer.status)];
    };
    let sent = answer.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(media_type) = described_type(content, sent) else {
        return vec![line(&format!("status {}: media type `{}` is not described", answer.status, essence(sent)))];
    };
    let media = content.get(media_type).filter(|media| media.get("schema").is_some());
    match media {
        Some(_) if is_json(&essence(sent)) => {
            let pointer = format!("{pointer}/content/{}/schema", step(media_type));
            against_schema(api, &pointer, answer)
        }
        _ => Vec::new(),
    }
}

fn against_schema(api: &OpenApi, pointer: &str, answer: &Answer) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        return vec![format!("status {}: body is no JSON", answer.status)];
    };
    match Schema::within(&api.document, pointer, api.draft) {
        Ok(schema) => {
            let violations = schema.violations(&body).into_iter();
            violations.map(|violation| format!("status {}: {violation}", answer.status)).collect()
        }
        Err(error) => vec![line(&format!("status {}: its schema cannot be used: {error}", answer.status))],
    }
}

/// The response that the description has for `status`: exactly, by class, or by default. A fault of
/// the server (5xx) is never excused by `default`: else one line would describe every crash.
fn response<'a>(api: &'a OpenApi, described: &Described, status: u16) -> Option<(String, &'a Value, String)> {
    let responses = format!("{}/responses", described.operation);
    let keys = [status.to_string(), format!("{}XX", status / 100), "default".to_owned()];
    let usable = if status >= 500 { &keys[..2] } else { &keys[..] };
    let key = usable.iter().find(|key| api.document.pointer(&format!("{responses}/{key}")).is_some())?;
    let pointer = settle(&api.document, &format!("{responses}/{key}")).ok()?;
    Some((key.clone(), api.document.pointer(&pointer)?, pointer))
}

/// The described media type that `sent` is: by itself, by its kind, or by `*/*`.
fn described_type<'a>(described: &'a Map<String, Value>, sent: &str) -> Option<&'a str> {
    let sent = essence(sent);
    let kind = sent.split_once('/').map(|(kind, _)| format!("{kind}/*"));
    let find = |wanted: &str| described.keys().map(String::as_str).find(|name| essence(name) == wanted);
    find(&sent).or_else(|| find(&kind?)).or_else(|| find("*/*"))
}

/// A media type without its parameters, in lower case.
fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether bodies of this media type are JSON (RFC 6839).
#[must_use]
pub fn is_json(media_type: &str) -> bool {
    let media_type = essence(media_type);
    media_type == "application/json" || media_type.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::HeaderMap;
    use serde_json::json;

    fn held(status: u16, media_type: &str, body: &str) -> Vec<String> {
        let api = OpenApi::read(
            &serde_json::to_vec(&json!({
                "openapi": "3.1.0",
                "paths": {"/x": {"get": {"responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/X"}}}},
                    "204": {"description": "nothing"},
                    "4XX": {"$ref": "#/components/responses/Problem"},
                    "default": {"content": {"text/*": {}}}
                }}}},
                "components": {
                    "schemas": {"X": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}},
                    "responses": {"Problem": {"content": {"application/problem+json": {"schema": {"required": ["title"]}}}}}
                }
            }))
            .unwrap(),
        )
        .unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", media_type.parse().unwrap());
        contradictions(&api, &api.operations[0], &Answer { status, headers, body: body.to_owned().into() })
    }

    #[test]
    fn an_answer_as_described_contradicts_nothing() {
        for (status, media_type, body) in [
            (200, "application/json; charset=utf-8", r#"{"id":1}"#),
            (204, "", ""),
            (404, "application/problem+json", r#"{"title":"no"}"#),
            (302, "text/html", "<p>"),
        ] {
            assert_eq!(held(status, media_type, body), Vec::<String>::new(), "{status} {media_type}");
        }
    }

    #[test]
    fn a_description_that_lies_is_caught() {
        for (status, media_type, body, expected) in [
            (200, "application/json", r#"{"id":"person"}"#, "status 200: /id: type"),
            (200, "application/json", "{}", "status 200: /: required"),
            (200, "application/json", "{", "status 200: body is no JSON"),
            (200, "text/html", "<p>", "status 200: media type `text/html` is not described"),
            (200, "", "", "status 200: media type `` is not described"),
            (204, "text/plain", "x", "status 204: a body, where `204` describes none"),
            (418, "application/problem+json", "{}", "status 418: /: required"),
            (500, "text/plain", "x", "status 500: not described"),
        ] {
            assert_eq!(held(status, media_type, body), [expected]);
        }
    }
}
