//! Looks through a JSON document before it is used as a schema: it came from a service or a
//! manifest and may be hostile. References may only lead to places in the same document, may not
//! turn in a loop, and may not unfold into more than can be evaluated. Fetches nothing.

use std::collections::HashMap;

use serde_json::Value;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 64;
/// Most values in a document.
const MAX_VALUES: usize = 500_000;
/// Most schemas that one schema may unfold into for the same value.
const MAX_WEIGHT: u64 = 10_000;
/// Longest chain of references.
const MAX_CHAIN: usize = 64;

/// Why a document is not used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReference {
    /// Too deep.
    #[error("nested deeper than {MAX_DEPTH} levels")]
    Deep,
    /// Too much.
    #[error("more than {MAX_VALUES} values")]
    Large,
    /// Leads elsewhere.
    #[error("`{0}` leads outside the document; only references such as #/components/schemas/X are followed")]
    Remote(String),
    /// Leads nowhere.
    #[error("`{0}` leads nowhere")]
    Missing(String),
    /// Leads back to itself.
    #[error("`{0}` leads back to itself")]
    Loop(String),
    /// Unfolds without end.
    #[error("`{0}` unfolds into more than {MAX_WEIGHT} schemas")]
    Heavy(String),
}

/// The value at a local reference such as `#/components/schemas/X`.
pub fn resolve<'a>(document: &'a Value, reference: &str) -> Result<&'a Value, BadReference> {
    document.pointer(&pointer(reference)?).ok_or_else(|| BadReference::Missing(short(reference)))
}

/// The JSON pointer that a local reference holds.
fn pointer(reference: &str) -> Result<String, BadReference> {
    let pointer = reference.strip_prefix('#').filter(|pointer| pointer.is_empty() || pointer.starts_with('/'));
    // In a URI's fragment the pointer is percent-encoded.
    pointer.map(decoded).ok_or_else(|| BadReference::Remote(short(reference)))
}

/// Where the value at `place` really stands: follows `$ref` until a value that is none.
pub fn settle(document: &Value, place: &str) -> Result<String, BadReference> {
    let mut place = place.to_owned();
    for _ in 0..MAX_CHAIN {
        let value = document.pointer(&place).ok_or_else(|| BadReference::Missing(short(&place)))?;
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => place = pointer(reference)?,
            None => return Ok(place),
        }
    }
    Err(BadReference::Loop(short(&place)))
}

/// Follows `$ref` until a value that is none.
pub fn follow<'a>(document: &'a Value, mut value: &'a Value) -> Result<&'a Value, BadReference> {
    for _ in 0..MAX_CHAIN {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => value = resolve(document, reference)?,
            None => return Ok(value),
        }
    }
    Err(BadReference::Loop(value.get("$ref").and_then(Value::as_str).map(short).unwrap_or_default()))
}

/// Refuses a document whose references cannot be trusted to end.
pub fn inspect(document: &Value) -> Result<(), BadReference> {
    let mut references = Vec::new();
    let mut left = MAX_VALUES;
    collect(document, 0, &mut left, &mut references)?;
    let mut weights = HashMap::new();
    for reference in references {
        weigh(document, reference, &mut weights, 0)?;
    }
    Ok(())
}

fn collect<'a>(value: &'a Value, depth: usize, left: &mut usize, found: &mut Vec<&'a str>) -> Result<(), BadReference> {
    if depth > MAX_DEPTH {
        return Err(BadReference::Deep);
    }
    *left = left.checked_sub(1).ok_or(BadReference::Large)?;
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), field) {
                    ("$ref", Value::String(reference)) => found.push(reference),
                    // Dynamic references and inner bases change where a reference leads.
                    ("$dynamicRef" | "$recursiveRef", Value::String(reference)) => {
                        return Err(BadReference::Remote(short(reference)));
                    }
                    ("$id", Value::String(base)) if depth > 0 => return Err(BadReference::Remote(short(base))),
                    _ => collect(field, depth + 1, left, found)?,
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(item, depth + 1, left, found)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// How many schemas `reference` unfolds into for one and the same value. Descents into the value
/// (`properties`, `items`) end with the value and are not counted.
fn weigh<'a>(
    document: &'a Value,
    reference: &'a str,
    weights: &mut HashMap<&'a str, Option<u64>>,
    depth: usize,
) -> Result<u64, BadReference> {
    match weights.get(reference) {
        Some(Some(weight)) => return Ok(*weight),
        Some(None) => return Err(BadReference::Loop(short(reference))),
        None if depth > MAX_CHAIN => return Err(BadReference::Deep),
        None => {}
    }
    weights.insert(reference, None);
    let weight = in_place(document, resolve(document, reference)?, weights, depth + 1)?;
    if weight > MAX_WEIGHT {
        return Err(BadReference::Heavy(short(reference)));
    }
    weights.insert(reference, Some(weight));
    Ok(weight)
}

fn in_place<'a>(
    document: &'a Value,
    schema: &'a Value,
    weights: &mut HashMap<&'a str, Option<u64>>,
    depth: usize,
) -> Result<u64, BadReference> {
    let Value::Object(fields) = schema else { return Ok(1) };
    let mut weight: u64 = 1;
    for (name, field) in fields {
        let inner: Vec<&Value> = match (name.as_str(), field) {
            ("$ref", Value::String(reference)) => {
                weight = weight.saturating_add(weigh(document, reference, weights, depth)?);
                continue;
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(items)) => items.iter().collect(),
            ("not" | "if" | "then" | "else", inner) => vec![inner],
            ("dependentSchemas" | "dependencies", Value::Object(inner)) => inner.values().collect(),
            _ => continue,
        };
        for schema in inner {
            weight = weight.saturating_add(in_place(document, schema, weights, depth)?);
        }
    }
    Ok(weight)
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}

fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = (*first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(hex.unwrap_or(*first));
        rest = if hex.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_ordinary_document_passes_also_one_that_nests_a_kind_in_itself() {
        let tree = json!({
            "schemas": {"Tree": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/schemas/Tree"}}}}},
            "use": {"$ref": "#/schemas/Tree"}
        });
        assert_eq!(inspect(&tree), Ok(()));
        let document = json!({"a": {"$ref": "#/b%7B"}, "b{": {"$ref": "#/c"}, "c": 1, "d": {"$ref": "#/d"}});
        assert_eq!(settle(&document, "/a"), Ok("/c".to_owned()));
        assert_eq!(settle(&document, "/d"), Err(BadReference::Loop("/d".to_owned())));
        assert_eq!(resolve(&json!({"a/b": {"{c}": 1}}), "#/a~1b/%7Bc%7D"), Ok(&json!(1)));
    }

    #[test]
    fn hostile_references_are_refused() {
        let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
        // Each level doubles the one below: 2^20 schemas from twenty lines.
        let mut laughs = serde_json::Map::new();
        laughs.insert("l0".to_owned(), json!({"type": "string"}));
        for level in 1..20 {
            let below = json!({"$ref": format!("#/l{}", level - 1)});
            laughs.insert(format!("l{level}"), json!({"allOf": [below.clone(), below]}));
        }
        let cases = [
            (json!({"a": {"$ref": "http://register/x"}}), "outside"),
            (json!({"a": {"$ref": "file:///etc/passwd"}}), "outside"),
            (json!({"a": {"$ref": "#anchor"}}), "outside"),
            (json!({"a": {"$dynamicRef": "#x"}}), "outside"),
            (json!({"a": {"$id": "http://x/", "$ref": "#/a"}}), "outside"),
            (json!({"a": {"$ref": "#/b"}}), "nowhere"),
            (json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}), "itself"),
            (json!({"a": {"allOf": [{"not": {"$ref": "#/a"}}]}}), "itself"),
            (deep, "deeper"),
            (Value::Object(laughs), "unfolds"),
        ];
        for (document, expected) in cases {
            let error = inspect(&document).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }
}
