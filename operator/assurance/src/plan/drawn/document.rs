//! An OpenAPI description as it was served: read with bounds, and followed where it refers to itself. It must not be trusted
//! in anything.

use std::collections::BTreeMap;

use serde_json::Value;

use super::MOST_BYTES;

/// Deepest nesting that is read.
const DEEPEST: u32 = 64;
/// Longest chain of references.
const CHAIN: u32 = 8;
/// Longest reference that is followed, in bytes.
const LONGEST_REFERENCE: usize = 2 << 10;
/// Longest name of a parameter, and of its place, in bytes.
const LONGEST_NAME: usize = 200;
/// Most parameters of an operation.
const MOST_PARAMETERS: usize = 64;

/// The document in `text`, if it is one of a size and depth that is read.
pub fn read(text: &str) -> Option<Value> {
    (text.len() <= MOST_BYTES && depth(text) <= DEEPEST).then(|| serde_json::from_str(text).ok())?
}

/// How deep brackets are nested in a JSON `text`: also in what another of the same name overwrites, which no value shows.
fn depth(text: &str) -> u32 {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_u32, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// `value`, or what it refers to in `document`, by `$ref` of the form `#/a/b`.
pub fn settle<'a>(document: &'a Value, mut value: &'a Value) -> Option<&'a Value> {
    for _ in 0..CHAIN {
        match value.get("$ref") {
            None => return Some(value),
            Some(reference) => {
                let reference = reference.as_str().filter(|reference| reference.len() <= LONGEST_REFERENCE)?;
                value = document.pointer(reference.strip_prefix('#')?)?;
            }
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
/// one cannot be read, or there are too many.
pub fn parameters<'a>(document: &'a Value, holders: [&'a Value; 2]) -> Option<BTreeMap<(&'a str, &'a str), &'a Value>> {
    let lists = holders.map(|holder| holder.get("parameters").and_then(Value::as_array));
    if lists.iter().flatten().map(|list| list.len()).sum::<usize>() > MOST_PARAMETERS {
        return None;
    }
    let mut all = BTreeMap::new();
    for parameter in lists.into_iter().flatten().flatten() {
        let parameter = settle(document, parameter)?;
        let word = |name| parameter.get(name).and_then(Value::as_str).filter(|word| word.len() <= LONGEST_NAME);
        all.insert((word("in")?, word("name")?), parameter);
    }
    Some(all)
}
