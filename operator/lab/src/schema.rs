//! A JSON Schema, compiled once and safe to use on what a service answers: nothing is fetched,
//! patterns match in linear time, and what does not hold is named by place and keyword, never by
//! contents.

use jsonschema::{Draft, PatternOptions, Registry, Validator};
use serde_json::{Value, json};

use crate::reference::{self, BadReference};

/// Most lines about one answer.
const MAX_LINES: usize = 20;
/// Longest line in characters.
const MAX_LINE: usize = 200;
/// Largest compiled pattern in bytes.
const MAX_PATTERN: usize = 1 << 20;
/// Under this name a description is known to its own schemas.
const DESCRIPTION: &str = "urn:factory:description";

/// A schema that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadSchema {
    /// Its references.
    #[error("{0}")]
    Reference(#[from] BadReference),
    /// Not a schema of its draft.
    #[error("no JSON Schema: {0}")]
    Invalid(String),
}

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
}

impl Schema {
    /// Compiles a schema that stands alone; 2020-12 unless it names its draft.
    pub fn new(schema: &Value) -> Result<Self, BadSchema> {
        reference::inspect(schema)?;
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN))
            .build(schema)
            .map_err(|error| BadSchema::Invalid(line(&error.to_string())))?;
        Ok(Self { validator })
    }

    /// Compiles the schema at `pointer` (RFC 6901) of `document`, whose references it may follow.
    /// The document must have passed [`reference::inspect`].
    pub fn within(document: &Value, pointer: &str, draft: Draft) -> Result<Self, BadSchema> {
        let invalid = |text: String| BadSchema::Invalid(line(&text));
        let registry = Registry::new()
            .draft(draft)
            .add(DESCRIPTION, document)
            .and_then(jsonschema::RegistryBuilder::prepare)
            .map_err(|error| invalid(error.to_string()))?;
        let schema = json!({"$ref": format!("{DESCRIPTION}#{}", encoded(pointer))});
        let validator = jsonschema::options()
            .with_draft(draft)
            .with_registry(&registry)
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN))
            .build(&schema)
            .map_err(|error| invalid(error.to_string()))?;
        Ok(Self { validator })
    }

    /// Whether `value` satisfies it.
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// What in `value` does not hold, one line each: `/items/0: maxLength`.
    #[must_use]
    pub fn violations(&self, value: &Value) -> Vec<String> {
        self.validator
            .iter_errors(value)
            .take(MAX_LINES)
            .map(|error| line(&format!("{}: {}", place(error.instance_path().as_str()), error.kind().keyword())))
            .collect()
    }
}

/// A pointer for people: the whole document is `/`.
#[must_use]
pub fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "/" } else { pointer }
}

/// One line of bounded length.
#[must_use]
pub fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_LINE).collect()
}

fn encoded(pointer: &str) -> String {
    use std::fmt::Write as _;
    pointer.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"/~-._".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_hold_is_named_without_its_contents() {
        let schema = Schema::new(&json!({"properties": {"name": {"maxLength": 3}}, "required": ["id"]})).unwrap();
        let lines = schema.violations(&json!({"name": "secret person"}));
        assert_eq!(lines.len(), 2);
        assert!(lines.contains(&"/name: maxLength".to_owned()), "{lines:?}");
        assert!(lines.contains(&"/: required".to_owned()), "{lines:?}");
        assert!(!lines.concat().contains("secret"));
    }

    #[test]
    fn a_schema_inside_a_description_follows_the_descriptions_references() {
        let document = json!({
            "paths": {"/v1/{id}": {"schema": {"$ref": "#/components/schemas/X"}}},
            "components": {"schemas": {"X": {"type": "object", "properties": {"x": {"$ref": "#/components/schemas/X"}}}}}
        });
        for draft in [Draft::Draft4, Draft::Draft202012] {
            let schema = Schema::within(&document, "/paths/~1v1~1{id}/schema", draft).unwrap();
            assert!(schema.holds(&json!({"x": {"x": {}}})));
            assert!(!schema.holds(&json!({"x": {"x": 1}})));
        }
        assert!(Schema::within(&document, "/nothing", Draft::Draft202012).is_err());
    }

    #[test]
    fn a_schema_that_reaches_outside_or_is_none_is_refused() {
        assert!(Schema::new(&json!({"$ref": "http://127.0.0.1/x"})).is_err());
        assert!(Schema::new(&json!({"type": "strnig"})).is_err());
        // Backreferences need a backtracking engine, which takes exponential time.
        assert!(Schema::new(&json!({"pattern": "(a)\\1"})).is_err());
    }
}
