//! An OpenAPI description as it was served: read with bounds, and followed where it refers to itself. It must not be trusted
//! in anything.

use std::collections::BTreeMap;

use serde_json::Value;

use super::MOST_BYTES;

/// Deepest nesting that is read.
const DEEPEST: u32 = 64;
/// Longest chain of references.
const CHAIN: u32 = 8;

/// The document in `text`, if it is one of a size and depth that is read.
pub fn read(text: &str) -> Option<Value> {
    let document = (text.len() <= MOST_BYTES).then(|| serde_json::from_str(text).ok())??;
    is_shallow(&document, DEEPEST).then_some(document)
}

/// Whether at most `left` more levels are below `value`.
fn is_shallow(value: &Value, left: u32) -> bool {
    let below = |inner: &Value| left > 0 && is_shallow(inner, left - 1);
    match value {
        Value::Array(items) => items.iter().all(below),
        Value::Object(fields) => fields.values().all(below),
        _ => true,
    }
}

/// `value`, or what it refers to in `document`, by `$ref` of the form `#/a/b`.
pub fn settle<'a>(document: &'a Value, mut value: &'a Value) -> Option<&'a Value> {
    for _ in 0..CHAIN {
        match value.get("$ref") {
            None => return Some(value),
            Some(reference) => value = document.pointer(reference.as_str()?.strip_prefix('#')?)?,
        }
    }
    None
}

/// Path of the first server, without a `/` at the end; nothing where it is no fixed path.
pub fn base(document: &Value) -> String {
    let url = document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or("/");
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|start| rest.get(start..)).unwrap_or_default(),
        None => url,
    };
    if path.starts_with('/') { path.trim_end_matches('/').to_owned() } else { String::new() }
}

/// Parameters of an operation by place and name, those of later `holders` in place of those of earlier ones; nothing where
/// one cannot be read.
pub fn parameters<'a>(document: &'a Value, holders: [&'a Value; 2]) -> Option<BTreeMap<(&'a str, &'a str), &'a Value>> {
    let mut all = BTreeMap::new();
    for holder in holders {
        for parameter in holder.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            let parameter = settle(document, parameter)?;
            let word = |name| parameter.get(name).and_then(Value::as_str);
            all.insert((word("in")?, word("name")?), parameter);
        }
    }
    Some(all)
}
