//! Values that one step of a check carries to the next: `{{name}}` in a path, a header, or any text
//! of a body, an expected body or an expected schema. What a service answered is data here: in a
//! path it is percent-encoded, and it can never become another request.

use std::collections::BTreeMap;

use factory_crds::{
    Json,
    state_service::{Expect, Request},
};
use serde_json::Value;

/// Longest carried text in bytes.
const MAX_TEXT: usize = 4096;

/// Carried values by name.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    values: BTreeMap<String, Value>,
}

/// A value that is not there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVariable {
    /// No earlier step carries it.
    #[error("variable `{0}`: no earlier step carries it")]
    Unknown(String),
    /// The answer has nothing there that can be carried.
    #[error("carry {0}: no text, number or truth value of at most {MAX_TEXT} bytes is there")]
    Missing(String),
}

impl Variables {
    /// Keeps the value at `pointer` of an answer's `body` as `name`.
    pub fn carry(&mut self, name: &str, pointer: &str, body: &[u8]) -> Result<(), BadVariable> {
        let missing = || BadVariable::Missing(pointer.to_owned());
        let body: Value = serde_json::from_slice(body).map_err(|_| missing())?;
        let value = body.pointer(pointer).ok_or_else(missing)?;
        if value.is_object() || value.is_array() || value.is_null() || text(value).len() > MAX_TEXT {
            return Err(missing());
        }
        self.values.insert(name.to_owned(), value.clone());
        Ok(())
    }

    /// About how many bytes they take.
    #[must_use]
    pub fn size(&self) -> usize {
        self.values.iter().map(|(name, value)| name.len() + text(value).len()).sum()
    }

    /// `request` with its variables filled in.
    pub fn request(&self, request: &Request) -> Result<Request, BadVariable> {
        let mut filled = request.clone();
        filled.path = self.fill(&request.path, |value| encode(&text(value)))?;
        for value in filled.headers.values_mut() {
            *value = self.fill(value, text)?;
        }
        if let Some(body) = &mut filled.body {
            self.value(&mut body.0)?;
        }
        Ok(filled)
    }

    /// `expect` with its variables filled in.
    pub fn expect(&self, expect: &Expect) -> Result<Expect, BadVariable> {
        let mut filled = expect.clone();
        for value in filled.headers.values_mut() {
            *value = self.fill(value, text)?;
        }
        for Json(value) in filled.body.iter_mut().chain(&mut filled.schema) {
            self.value(value)?;
        }
        Ok(filled)
    }

    fn value(&self, value: &mut Value) -> Result<(), BadVariable> {
        match value {
            Value::String(template) => {
                // Alone, a variable keeps its kind: a carried number is compared as a number.
                let alone = template
                    .strip_prefix("{{")
                    .and_then(|rest| rest.strip_suffix("}}"))
                    .filter(|name| !name.contains("{{"));
                *value = match alone {
                    Some(name) => self.get(name)?.clone(),
                    None => Value::String(self.fill(template, text)?),
                };
            }
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.value(item))?,
            Value::Object(fields) => fields.values_mut().try_for_each(|field| self.value(field))?,
            _ => {}
        }
        Ok(())
    }

    fn fill(&self, template: &str, write: impl Fn(&Value) -> String) -> Result<String, BadVariable> {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, tail)) = after.split_once("}}") else { break };
            filled.push_str(before);
            filled.push_str(&write(self.get(name)?));
            rest = tail;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn get(&self, name: &str) -> Result<&Value, BadVariable> {
        let name = name.trim();
        self.values.get(name).ok_or_else(|| BadVariable::Unknown(name.to_owned()))
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
#[must_use]
pub fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(path: &str, body: Value) -> Request {
        Request {
            component: None,
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers: BTreeMap::new(),
            body: Some(Json(body)),
        }
    }

    #[test]
    fn carried_values_keep_their_kind_and_cannot_change_the_path() {
        let mut variables = Variables::default();
        let answer = br#"{"id": "../admin?x=/", "count": 3, "list": [1]}"#;
        variables.carry("id", "/id", answer).unwrap();
        variables.carry("count", "/count", answer).unwrap();
        let filled = variables
            .request(&request(
                "/v1/{{id}}/{{ count }}",
                json!({"n": "{{count}}", "t": "no {{count}}", "l": ["{{id}}"]}),
            ))
            .unwrap();
        assert_eq!(filled.path, "/v1/..%2Fadmin%3Fx%3D%2F/3");
        assert_eq!(filled.body, Some(Json(json!({"n": 3, "t": "no 3", "l": ["../admin?x=/"]}))));
        assert_eq!(variables.carry("list", "/list", answer), Err(BadVariable::Missing("/list".to_owned())));
        assert_eq!(variables.carry("no", "/no", b"<html>"), Err(BadVariable::Missing("/no".to_owned())));
    }

    #[test]
    fn a_variable_that_nobody_carries_is_named() {
        let error = Variables::default().request(&request("/{{id}}", json!(null))).unwrap_err();
        assert_eq!(error, BadVariable::Unknown("id".to_owned()));
        assert!(Variables::default().request(&request("/{{open", json!("}}"))).is_ok());
    }
}
