//! A schema's refusal as a person would say it: the field, the value, what is allowed and, from the
//! schema's own description, what the field is for. It must not decide what is refused.

use std::fmt::Write as _;

use factory_crds::Span;
use jsonschema::{ValidationError, error::ValidationErrorKind as Refusal};
use serde_json::Value;

use super::{
    Segment,
    place::path_of,
    schema::{self, Definition},
};

/// A refusal in words.
pub struct Line {
    /// The field.
    pub path: Vec<Segment>,
    /// Whether its name is wrong, and not its value.
    pub is_of_name: bool,
    /// What is wrong.
    pub message: String,
}

/// The lines for one refusal at `path`: most give one, unknown fields one each.
pub fn lines(definition: &Definition, error: &ValidationError<'_>, path: Vec<Segment>) -> Vec<Line> {
    let child = |key: &str| {
        let mut longer = path.clone();
        longer.push(Segment::Key(key.to_owned()));
        longer
    };
    match error.kind() {
        Refusal::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|key| Line { path: child(key), is_of_name: true, message: unknown(definition, &path, key) })
            .collect(),
        Refusal::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            let purpose = purpose(definition, &child(key));
            vec![Line { path, is_of_name: false, message: format!("`{key}` is missing{purpose}") }]
        }
        kind => {
            let purpose = purpose(definition, &path);
            let refusal = refusal(definition, &path, kind, error);
            vec![Line { path, is_of_name: false, message: format!("{refusal}{purpose}") }]
        }
    }
}

/// What the field is for, as a continuation of a sentence.
fn purpose(definition: &Definition, path: &[Segment]) -> String {
    let description = definition.at(path).and_then(|schema| schema.get("description")).and_then(Value::as_str);
    description.map_or_else(String::new, |text| {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!(" ({})", line.trim_end_matches('.'))
    })
}

fn refusal(definition: &Definition, path: &[Segment], kind: &Refusal, error: &ValidationError<'_>) -> String {
    let value: &Value = error.instance();
    let shown = shown(value);
    match kind {
        Refusal::Enum { options } => format!("{shown} is none of {}", list(options)),
        Refusal::Constant { expected_value } => format!("{shown}, expected {}", self::shown(expected_value)),
        Refusal::Type { .. } => wrong_type(definition, path, value, &shown),
        Refusal::Pattern { pattern } => wrong_pattern(pattern, value, &shown),
        Refusal::MinLength { .. } if value.as_str() == Some("") => "is empty".to_owned(),
        Refusal::MinLength { limit } => format!("{shown} is too short; at least {limit} characters"),
        Refusal::MaxLength { limit } => {
            format!("has {} characters; at most {limit}", value.as_str().map_or(0, |text| text.chars().count()))
        }
        Refusal::MinItems { limit } => {
            format!("has {} entries; at least {limit}", value.as_array().map_or(0, Vec::len))
        }
        Refusal::MaxItems { limit } => format!("has {} entries; at most {limit}", value.as_array().map_or(0, Vec::len)),
        Refusal::Minimum { limit } => format!("{shown} is less than {}", number(limit)),
        Refusal::Maximum { limit } => format!("{shown} is more than {}", number(limit)),
        _ => error.to_string(),
    }
}

fn wrong_type(definition: &Definition, path: &[Segment], value: &Value, shown: &str) -> String {
    let wanted = definition.at(path).and_then(|schema| schema.get("type")).and_then(Value::as_str);
    let wanted = match wanted.unwrap_or("string") {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        _ => "fields",
    };
    match value {
        Value::Null => format!("is empty; expected {wanted}"),
        Value::Number(_) | Value::Bool(_) if wanted == "text" => {
            format!("{shown} is no text for YAML: put it in quotes")
        }
        Value::Array(_) => format!("is a list; expected {wanted}"),
        Value::Object(_) => format!("has fields; expected {wanted}"),
        _ => format!("{shown}; expected {wanted}"),
    }
}

fn wrong_pattern(pattern: &str, value: &Value, shown: &str) -> String {
    let text = value.as_str().unwrap_or_default();
    match text.parse::<Span>() {
        Err(error) if Some(pattern) == span_pattern().as_deref() => error.to_string(),
        _ => format!("{shown} does not fit {pattern}"),
    }
}

/// The pattern by which a schema says that a field is a length of time: the one of a field that is.
fn span_pattern() -> Option<String> {
    let pattern = schema::state_service()?.at(&path_of("spec.source.poll"))?.get("pattern")?;
    pattern.as_str().map(str::to_owned)
}

fn unknown(definition: &Definition, path: &[Segment], key: &str) -> String {
    let known: Vec<&str> = match definition.at(path).and_then(|schema| schema.get("properties")) {
        Some(Value::Object(all)) => all.keys().map(String::as_str).collect(),
        _ => ["name", "namespace", "labels", "annotations"].into(),
    };
    let near = known.iter().map(|name| (distance(name, key), *name)).min();
    let mut text = "is no known field".to_owned();
    if let Some((steps, name)) = near
        && steps <= 3.max(key.len() / 3)
    {
        let _ = write!(text, "; did you mean `{name}`?");
    }
    text
}

/// Levenshtein's distance, without regard to case.
fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (line, letter) in one.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in two.iter().enumerate() {
            let change = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[two.len()]
}

/// A value in backticks, cut where it is long.
fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let text = text.escape_debug().to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

fn list(options: &Value) -> String {
    let texts = options.as_array().into_iter().flatten();
    texts.map(|option| option.as_str().map_or_else(|| option.to_string(), str::to_owned)).collect::<Vec<_>>().join(", ")
}

fn number(limit: &Value) -> String {
    limit.to_string().trim_end_matches(".0").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_near() {
        assert_eq!(distance("simultaneousUsers", "simultanousUsers"), 1);
        assert_eq!(distance("port", "Port"), 0);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn long_values_are_cut_between_letters() {
        let text = shown(&Value::String("ы".repeat(100)));
        assert_eq!(text.chars().filter(|letter| *letter == 'ы').count(), 60);
    }
}
