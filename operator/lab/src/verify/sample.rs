//! Makes a valid value from a schema: the example that the description gives, else one built by its
//! rules. A value that its schema refuses is none: an operation that was asked nonsense has not been
//! exercised. Values are synthetic by construction; nothing is drawn from people.

use std::cell::Cell;

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};

use crate::reference::follow;

/// Deepest nesting that is built.
const MAX_DEPTH: usize = 12;
/// Longest generated text in characters.
const MAX_TEXT: usize = 4096;
/// Most values of which a generated one consists: few lines of schema can ask for billions.
const MAX_VALUES: u32 = 10_000;

/// A value for the object `holder` (a parameter or a media type): its own example first, then that
/// of its schema, then one built from the schema. `None` where none can be made.
#[must_use]
pub fn held(document: &Value, holder: &Value) -> Option<Value> {
    let example = holder.get("example").cloned().or_else(|| {
        let first = holder.get("examples")?.as_object()?.values().next()?;
        follow(document, first).ok()?.get("value").cloned()
    });
    example.or_else(|| Builder { document, left: Cell::new(MAX_VALUES) }.built(holder.get("schema")?, 0))
}

struct Builder<'a> {
    document: &'a Value,
    left: Cell<u32>,
}

impl Builder<'_> {
    /// A value for `schema`; not yet checked against it.
    fn built(&self, schema: &Value, depth: usize) -> Option<Value> {
        self.left.set(self.left.get().checked_sub(1)?);
        if depth > MAX_DEPTH {
            return None;
        }
        let schema = follow(self.document, schema).ok()?;
        let given = ["example", "default", "const"].iter().find_map(|name| schema.get(name));
        let listed = ["examples", "enum"].iter().find_map(|name| schema.get(name)?.as_array()?.first());
        if let Some(value) = given.or(listed) {
            // A given value can be large, and be asked for many times.
            let size = u32::try_from(value.to_string().len() / 64).ok()?;
            self.left.set(self.left.get().checked_sub(size)?);
            return Some(value.clone());
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return self.merged(schema, parts, depth);
        }
        // Beside a type of its own, choices only narrow it: whether the value fits is checked later.
        let typed = schema.get("type").is_some() || schema.get("properties").is_some();
        let choices = ["oneOf", "anyOf"].iter().find_map(|name| schema.get(name)?.as_array());
        if let Some(choices) = choices.filter(|_| !typed) {
            return choices.iter().find_map(|choice| self.built(choice, depth + 1));
        }
        match kind(schema)? {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "string" => text(schema).map(Value::String),
            "integer" => integer(schema),
            "number" => Some(json!(number(schema))),
            "boolean" => Some(json!(true)),
            "null" => Some(Value::Null),
            _ => None,
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Option<Value> {
        let mut fields = Map::new();
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            let property = schema.get("properties").and_then(|properties| properties.get(name));
            let value = property.map_or(Some(json!("x")), |property| self.built(property, depth + 1))?;
            fields.insert(name.to_owned(), value);
        }
        Some(Value::Object(fields))
    }

    fn array(&self, schema: &Value, depth: usize) -> Option<Value> {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1);
        let none = json!({});
        let items = schema.get("items").unwrap_or(&none);
        (0..least).map(|_| self.built(items, depth + 1)).collect()
    }

    fn merged(&self, schema: &Value, parts: &[Value], depth: usize) -> Option<Value> {
        let mut fields = Map::new();
        for part in parts {
            match self.built(part, depth + 1)? {
                Value::Object(more) => fields.extend(more),
                // Parts that are no objects can only narrow each other: the first is as good as any.
                other => return Some(other),
            }
        }
        if let Some(Value::Object(more)) = self.object(schema, depth) {
            fields.extend(more);
        }
        Some(Value::Object(fields))
    }
}

fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => Some(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ if schema.get("properties").is_some() => Some("object"),
        _ if schema.get("items").is_some() => Some("array"),
        _ => Some("string"),
    }
}

/// The smallest allowed number that is at least 1 where the schema says nothing.
fn number(schema: &Value) -> f64 {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let strict = |name: &str| schema.get(name).and_then(Value::as_bool).unwrap_or(false);
    let least = bound("exclusiveMinimum")
        .map(|least| least + 1.0)
        .or_else(|| bound("minimum").map(|least| if strict("exclusiveMinimum") { least + 1.0 } else { least }));
    let most = bound("exclusiveMaximum").map(|most| most - 1.0).or_else(|| bound("maximum"));
    let value = least.unwrap_or_else(|| most.map_or(1.0, |most| most.min(1.0)));
    match bound("multipleOf") {
        Some(step) if step > 0.0 => (value / step).ceil() * step,
        _ => value,
    }
}

fn integer(schema: &Value) -> Option<Value> {
    let value = number(schema).ceil();
    // Beyond 2^53 a double is no exact integer any more.
    #[allow(clippy::cast_possible_truncation)]
    (value.abs() < 9e15).then(|| json!(value as i64))
}

fn text(schema: &Value) -> Option<String> {
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        let parsed = regex_syntax::ParserBuilder::new().nest_limit(50).build().parse(pattern).ok()?;
        let mut text = String::new();
        matching(&parsed, &mut text)?;
        return Some(padded(text, schema));
    }
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    let text = match format {
        "date" => "2026-01-15",
        "date-time" => "2026-01-15T09:00:00Z",
        "time" => "09:00:00Z",
        "uuid" => "00000000-0000-4000-8000-000000000000",
        "email" => "nobody@example.com",
        "uri" | "uri-reference" | "url" => "https://example.com/",
        "hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        _ => return Some(padded("x".to_owned(), schema)),
    };
    Some(text.to_owned())
}

/// A text that is too short grows by its last character; whether that still fits is checked later.
fn padded(mut text: String, schema: &Value) -> String {
    let wanted =
        schema.get("minLength").and_then(Value::as_u64).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let filler = text.chars().last().unwrap_or('x');
    let missing = wanted.min(MAX_TEXT).saturating_sub(text.chars().count());
    text.extend(std::iter::repeat_n(filler, missing));
    text
}

/// The shortest text that a pattern matches, by its first choices.
fn matching(pattern: &Hir, text: &mut String) -> Option<()> {
    if text.len() > MAX_TEXT {
        return None;
    }
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            text.push(pick(class.ranges().iter().map(|range| (range.start(), range.end())))?);
        }
        HirKind::Class(Class::Bytes(class)) => {
            text.push(pick(class.ranges().iter().map(|range| (char::from(range.start()), char::from(range.end()))))?);
        }
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                matching(&repetition.sub, text)?;
            }
        }
        HirKind::Capture(capture) => matching(&capture.sub, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| matching(part, text))?,
        HirKind::Alternation(choices) => matching(choices.first()?, text)?,
    }
    Some(())
}

/// A printable character of a class: a letter or digit where there is one.
fn pick(ranges: impl Iterator<Item = (char, char)>) -> Option<char> {
    let ranges: Vec<_> = ranges.collect();
    let within = |c: char| ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
    "a1A0".chars().chain('!'..='~').find(|c| within(*c)).or_else(|| ranges.first().map(|(from, _)| *from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    #[test]
    fn a_made_value_satisfies_its_schema() {
        for schema in [
            json!({"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$"}),
            json!({"type": "string", "pattern": "^(09|1[0-7]):[0-5][0-9]$"}),
            json!({"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "minLength": 5}),
            json!({"type": "string", "minLength": 3}),
            json!({"type": "string", "format": "uuid"}),
            json!({"type": "integer", "minimum": 5, "multipleOf": 4}),
            json!({"type": "integer", "maximum": -3}),
            json!({"type": ["null", "array"], "minItems": 2, "items": {"type": "boolean"}}),
            json!({"type": "object", "required": ["a", "b"], "properties": {"a": {"enum": ["q"]}, "b": {"oneOf": [{"type": "integer"}, {"type": "string"}]}}}),
            json!({"allOf": [{"type": "object", "required": ["a"], "properties": {"a": {"const": 1}}}], "required": ["b"]}),
        ] {
            let value = held(&schema, &json!({"schema": schema})).unwrap();
            assert!(Schema::new(&schema).unwrap().holds(&value), "{schema} {value}");
        }
    }

    #[test]
    fn an_example_goes_before_anything_built() {
        let document = json!({"components": {"examples": {"E": {"value": 5}}}});
        assert_eq!(held(&document, &json!({"example": 3, "schema": {"type": "integer"}})), Some(json!(3)));
        assert_eq!(held(&document, &json!({"examples": {"one": {"$ref": "#/components/examples/E"}}})), Some(json!(5)));
        assert_eq!(held(&document, &json!({"schema": {"examples": ["s"], "type": "string"}})), Some(json!("s")));
    }

    #[test]
    fn what_cannot_be_made_is_none_and_never_without_end() {
        let endless = json!({"T": {"type": "object", "required": ["t"], "properties": {"t": {"$ref": "#/T"}}}});
        assert_eq!(held(&endless, &json!({"schema": {"$ref": "#/T"}})), None);
        assert_eq!(held(&endless, &json!({"schema": {"type": "array", "minItems": 1_000_000}})), None);
        let wide = (0..12).fold(json!({}), |items, _| json!({"type": "array", "minItems": 100, "items": items}));
        assert_eq!(held(&endless, &json!({"schema": wide})), None);
        assert_eq!(held(&endless, &json!({"schema": {"type": "string", "pattern": "(?=a)b"}})), None);
        assert_eq!(held(&endless, &json!({"schema": {"type": "string", "pattern": "a{900}{900}"}})), None);
        assert_eq!(held(&endless, &json!({})), None);
    }
}
