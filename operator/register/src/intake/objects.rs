//! What an owner submits of an object that the factory did not build: the first thing that does not hold is named.

use factory_assurance::{
    object::{Evidence, Object, ObjectKind},
    wire::steers,
};
use serde_json::Value;

use super::{IntakeError, completeness, is_label, is_sha256};

/// Documents with one object.
const MOST_EVIDENCE: usize = 50;
/// Longest line, in characters.
const LONGEST: usize = 500;

/// Holds an object against everything that no schema says. Contacts in it are open.
pub fn hold(object: &Object) -> Result<(), IntakeError> {
    let document = serde_json::to_value(object).unwrap_or_default();
    if let Some((field, letter)) = steering(&document, "") {
        return Err(wrong(&field, "must be plain text", &format!("U+{:04X}", u32::from(letter))));
    }
    let Object { participant, name, kind, basis, explanation, titles, host, register, evidence } = object;
    for (field, name) in [("participant", participant), ("name", name)] {
        if !is_label(name) {
            return Err(wrong(field, "must be lower-case letters, digits and `-`", name));
        }
    }
    if !basis.fits(*kind) {
        let rule = if *kind == ObjectKind::Service {
            "must be TrustService or BasicService: every other service is a state service, which the factory tests (items 57, 63.2)"
        } else {
            "must be NoStateService: only a service is a trust or a basic one (item 55)"
        };
        return Err(wrong("basis", rule, basis.name()));
    }
    for (field, text) in [
        ("explanation", explanation),
        ("host", host),
        ("titles.ky", &titles.ky),
        ("titles.ru", &titles.ru),
        ("titles.en", &titles.en),
    ] {
        one_line(field, text)?;
    }
    if let Some(group) = completeness::missing(register).first() {
        let rule = "must have the data of each of the nine groups of item 17";
        return Err(wrong("register", rule, &format!("17.{group} without data")));
    }
    if !(1..=MOST_EVIDENCE).contains(&evidence.len()) {
        return Err(wrong("evidence", "must name 1 to 50 documents", &evidence.len().to_string()));
    }
    for (index, Evidence { title, url, digest }) in evidence.iter().enumerate() {
        one_line(&format!("evidence[{index}].title"), title)?;
        one_line(&format!("evidence[{index}].url"), url)?;
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            return Err(wrong(&format!("evidence[{index}].url"), "must begin with https:// or http://", url));
        }
        if !digest.strip_prefix("sha256:").is_some_and(is_sha256) {
            return Err(wrong(&format!("evidence[{index}].digest"), "must be `sha256:` and 64 digits", digest));
        }
    }
    Ok(())
}

fn one_line(field: &str, text: &str) -> Result<(), IntakeError> {
    if text.trim().is_empty() || text.chars().count() > LONGEST || text.contains('\n') {
        let found: String = text.chars().take(20).collect();
        return Err(wrong(field, "must be one line of 1 to 500 characters", &found));
    }
    Ok(())
}

/// The first letter in `value` that steers how others are shown, with the field that it stands in.
fn steering(value: &Value, field: &str) -> Option<(String, char)> {
    let within = |name: &str| if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
    match value {
        Value::String(text) => {
            let letter = text.chars().find(|letter| *letter != '\n' && steers(*letter))?;
            Some((field.to_owned(), letter))
        }
        Value::Array(values) => {
            values.iter().enumerate().find_map(|(index, value)| steering(value, &format!("{field}[{index}]")))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, value)| steering(value, &within(name))),
        _ => None,
    }
}

fn wrong(field: &str, rule: &'static str, found: &str) -> IntakeError {
    IntakeError::Field { field: field.to_owned(), rule, found: found.to_owned() }
}

#[cfg(test)]
mod tests {
    use factory_assurance::sample;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_thing_that_does_not_hold_is_named() {
        assert!(hold(&sample::object()).is_ok());
        let cases: [(&str, Value, &str); 13] = [
            ("/participant", json!("A"), "participant: "),
            ("/name", json!("a/b"), "name: "),
            ("/kind", json!("Service"), "basis: must be TrustService or BasicService: every other service"),
            ("/basis", json!("BasicService"), "basis: must be NoStateService"),
            ("/explanation", json!(" "), "explanation: must be one line"),
            ("/titles/en", json!(""), "titles.en: "),
            ("/host", json!("a\nb"), "host: must be one line"),
            (
                "/register/users",
                json!([]),
                "register: must have the data of each of the nine groups of item 17, not `17.2",
            ),
            ("/register/owner/name", json!("a\u{202e}b"), "register.owner.name: must be plain text, not `U+202E`"),
            ("/evidence", json!([]), "evidence: must name 1 to 50 documents"),
            ("/evidence/0/digest", json!("sha256:1"), "evidence[0].digest: "),
            ("/evidence/0/url", json!("javascript:alert(1)"), "evidence[0].url: must begin with https://"),
            ("/evidence/0/title", json!("\u{1b}[31m"), "evidence[0].title: must be plain text, not `U+001B`"),
        ];
        for (pointer, value, says) in cases {
            let mut changed = serde_json::to_value(sample::object()).unwrap();
            *changed.pointer_mut(pointer).unwrap() = value;
            let error = hold(&serde_json::from_value(changed).unwrap()).unwrap_err().to_string();
            assert!(error.starts_with(says), "{pointer}: {error}");
        }
    }
}
