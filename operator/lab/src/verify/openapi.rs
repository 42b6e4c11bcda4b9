//! An OpenAPI 3.0 or 3.1 description, read from bytes that the service under test served: hostile
//! input. It is kept as a JSON value, because the typed readers refuse what they do not know; 3.0's
//! own dialect of JSON Schema is turned into draft 4. Asks nothing over the network.

use jsonschema::Draft;
use serde_json::Value;

use crate::{
    reference::{self, BadReference, settle},
    schema::line,
};

/// Largest description in bytes.
pub const MAX_BYTES: usize = 5 << 20;
/// Most operations that are exercised.
const MAX_OPERATIONS: usize = 200;
/// Methods of a path item that are described (OpenAPI 3.0 and 3.1).
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// Why a description cannot be held against anything.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON.
    #[error("no JSON: {0}")]
    Json(String),
    /// Another version, or none.
    #[error("`openapi` is not 3.0 or 3.1")]
    Version,
    /// No operation.
    #[error("`paths` describes no operation")]
    Empty,
    /// Too many operations.
    #[error("describes more than {MAX_OPERATIONS} operations")]
    Many,
    /// A path that no request can have, and no line of a report.
    #[error("path {0} has a control character")]
    Path(String),
    /// Its references.
    #[error("{0}")]
    Reference(#[from] BadReference),
}

/// A description that can be used.
#[derive(Debug)]
pub struct OpenApi {
    /// The document, with every schema in the dialect of `draft`.
    pub document: Value,
    /// Dialect of its schemas.
    pub draft: Draft,
    /// Path of the first server, without a `/` at the end: it precedes every path template.
    pub base: String,
    /// Operations in the order of the document's paths.
    pub operations: Vec<Described>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path template.
    pub path: String,
    /// JSON pointer to the path item.
    pub item: String,
    /// JSON pointer to the operation.
    pub operation: String,
}

impl OpenApi {
    /// Reads `bytes`.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut document: Value =
            serde_json::from_slice(bytes).map_err(|error| Unreadable::Json(line(&error.to_string())))?;
        let version = document.get("openapi").and_then(Value::as_str).unwrap_or_default();
        let draft = match version.get(..4) {
            Some("3.0.") => Draft::Draft4,
            Some("3.1.") => Draft::Draft202012,
            _ => return Err(Unreadable::Version),
        };
        reference::inspect(&document)?;
        if draft == Draft::Draft4 {
            from_3_0(&mut document);
        }
        let operations = operations(&document)?;
        let base = base(&document);
        Ok(Self { document, draft, base, operations })
    }

    /// The operation that a request is for: of the templates that fit, the one with most literal
    /// segments, as the specification says.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<usize> {
        let path = path.strip_prefix(self.base.as_str())?;
        let fits = |described: &Described| described.method == method && fits(&described.path, path);
        let found = self.operations.iter().enumerate().filter(|(_, described)| fits(described));
        found.min_by_key(|(_, described)| described.path.matches('{').count()).map(|(index, _)| index)
    }
}

/// `text` as one step of a JSON pointer.
#[must_use]
pub fn step(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

fn operations(document: &Value) -> Result<Vec<Described>, Unreadable> {
    let paths = document.get("paths").and_then(Value::as_object).ok_or(Unreadable::Empty)?;
    let mut operations = Vec::new();
    for path in paths.keys().filter(|path| path.starts_with('/')) {
        if path.contains(char::is_control) {
            return Err(Unreadable::Path(line(&format!("{path:?}"))));
        }
        // A path item may stand elsewhere in the document.
        let item = settle(document, &format!("/paths/{}", step(path)))?;
        let methods = document.pointer(&item).unwrap_or(&Value::Null);
        for method in METHODS.iter().filter(|method| methods.get(**method).is_some_and(Value::is_object)) {
            operations.push(Described {
                method: method.to_uppercase(),
                path: path.clone(),
                item: item.clone(),
                operation: format!("{item}/{method}"),
            });
        }
    }
    match operations.len() {
        0 => Err(Unreadable::Empty),
        count if count > MAX_OPERATIONS => Err(Unreadable::Many),
        _ => Ok(operations),
    }
}

fn base(document: &Value) -> String {
    let url = document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or("/");
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |start| &rest[start..]),
        None => url,
    };
    // A template in it cannot be matched; such a base is read as none.
    if path.contains('{') || !path.starts_with('/') { String::new() } else { path.trim_end_matches('/').to_owned() }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(template), Some(path)) if segment_fits(template, path) => {}
            _ => return false,
        }
    }
}

/// Whether `{id}`, `{id}.json` or `literal` fits one segment.
fn segment_fits(template: &str, segment: &str) -> bool {
    match (template.split_once('{'), template.rsplit_once('}')) {
        (Some((before, _)), Some((_, after))) => {
            segment.len() > before.len() + after.len() && segment.starts_with(before) && segment.ends_with(after)
        }
        _ => template == segment,
    }
}

/// OpenAPI 3.0 says `nullable` where JSON Schema has a type `null`. Only a schema that names its
/// type can be nullable (clarified in 3.0.3).
fn from_3_0(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(from_3_0),
        Value::Object(fields) => {
            fields.values_mut().for_each(from_3_0);
            if fields.get("nullable") == Some(&Value::Bool(true)) && fields.get("type").is_some_and(Value::is_string) {
                if let Some(named) = fields.remove("type") {
                    fields.insert("type".to_owned(), Value::from(vec![named, Value::from("null")]));
                }
                if let Some(Value::Array(values)) = fields.get_mut("enum")
                    && !values.contains(&Value::Null)
                {
                    values.push(Value::Null);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(document: &Value) -> Result<OpenApi, Unreadable> {
        OpenApi::read(&serde_json::to_vec(document).unwrap())
    }

    #[test]
    fn a_request_finds_the_operation_that_fits_best() {
        let get = json!({"get": {"responses": {}}});
        let api = read(&json!({
            "openapi": "3.1.0",
            "servers": [{"url": "https://example.test/api/"}],
            "paths": {"/v1/{id}": get, "/v1/mine": get, "/v1/{id}/parts/{part}.json": get, "x-note": {}}
        }))
        .unwrap();
        let found = |method, path| api.find(method, path).map(|index| api.operations[index].path.as_str());
        assert_eq!(found("GET", "/api/v1/mine"), Some("/v1/mine"));
        assert_eq!(found("GET", "/api/v1/7"), Some("/v1/{id}"));
        assert_eq!(found("GET", "/api/v1/7/parts/8.json"), Some("/v1/{id}/parts/{part}.json"));
        for (method, path) in
            [("POST", "/api/v1/7"), ("GET", "/v1/7"), ("GET", "/api/v1/"), ("GET", "/api/v1/7/parts/8.xml")]
        {
            assert_eq!(found(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn the_dialect_of_3_0_becomes_json_schema() {
        let api = read(&json!({
            "openapi": "3.0.3", "paths": {"/": {"get": {}}},
            "components": {"schemas": {"X": {"type": "string", "nullable": true, "enum": ["a"]}, "Y": {"nullable": true}}}
        }))
        .unwrap();
        assert_eq!(api.draft, Draft::Draft4);
        let schemas = &api.document["components"]["schemas"];
        assert_eq!((&schemas["X"]["type"], &schemas["X"]["enum"]), (&json!(["string", "null"]), &json!(["a", null])));
        assert_eq!(schemas["Y"], json!({"nullable": true}));
    }

    #[test]
    fn what_is_no_usable_description_says_why() {
        let many: serde_json::Map<String, Value> =
            (0..101).map(|n| (format!("/{n}"), json!({"get": {}, "put": {}}))).collect();
        for (document, expected) in [
            (json!({"swagger": "2.0"}), "not 3.0 or 3.1"),
            (json!({"openapi": "3.1.0"}), "no operation"),
            (json!({"openapi": "3.1.0", "paths": many}), "more than 200"),
            (
                json!({"openapi": "3.1.0", "paths": {"/a\u{0}b": {"get": {}}}}),
                r#"path "/a\0b" has a control character"#,
            ),
            (json!({"openapi": "3.1.0", "paths": {"/": {"$ref": "https://else.where/x"}}}), "outside"),
        ] {
            let error = read(&document).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(OpenApi::read(b"openapi: 3.1.0").unwrap_err().to_string().contains("no JSON"));
    }
}
