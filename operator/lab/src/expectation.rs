//! What an answer must be, held against an answer: the same for functional checks and for each
//! request of the load, so that goodput means what the checks mean. Lines never quote the body.

use std::collections::BTreeMap;

use factory_assurance::evidence::Failure;
use factory_crds::state_service::Expect;
use serde_json::Value;

use crate::{
    connection::Answer,
    schema::{BadSchema, Schema, line, place},
};

/// Most lines about one answer.
const MAX_LINES: usize = 20;

/// An expectation with its schema compiled.
#[derive(Debug)]
pub struct Expectation {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    schema: Option<Schema>,
}

impl Expectation {
    /// Compiles `expect`.
    pub fn new(expect: &Expect) -> Result<Self, BadSchema> {
        Ok(Self {
            status: expect.status,
            headers: expect.headers.clone(),
            body: expect.body.as_ref().map(|body| body.0.clone()),
            schema: expect.schema.as_ref().map(|schema| Schema::new(&schema.0)).transpose()?,
        })
    }

    /// What in `answer` is not as expected, one line each; empty when all holds.
    #[must_use]
    pub fn deviations(&self, answer: &Answer) -> Vec<String> {
        let mut lines = Vec::new();
        if answer.status != self.status {
            lines.push(format!("status: {}, expected {}", answer.status, self.status));
        }
        lines.extend(self.contents(answer));
        lines.truncate(MAX_LINES);
        lines
    }

    /// How a request of the load failed; `None` when its answer is good.
    #[must_use]
    pub fn failure(&self, answer: &Answer) -> Option<Failure> {
        if answer.status != self.status {
            Some(Failure::Status)
        } else if self.contents(answer).is_empty() {
            None
        } else {
            Some(Failure::Content)
        }
    }

    /// Whether it says anything of the body.
    const fn reads_body(&self) -> bool {
        self.body.is_some() || self.schema.is_some()
    }

    fn contents(&self, answer: &Answer) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, expected) in &self.headers {
            let mut values = answer.headers.get_all(name.as_str()).iter().peekable();
            if values.peek().is_none() {
                lines.push(line(&format!("header {name}: missing")));
            } else if !values.any(|value| value.as_bytes() == expected.as_bytes()) {
                lines.push(line(&format!("header {name}: another value")));
            }
        }
        // A body that nobody judges is not parsed: the load does not even keep it.
        if !self.reads_body() {
            return lines;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            lines.push("body: no JSON".to_owned());
            return lines;
        };
        if let Some(expected) = &self.body {
            contains(expected, &body, &mut String::new(), &mut lines);
        }
        if let Some(schema) = &self.schema {
            lines.extend(schema.violations(&body).into_iter().map(|violation| format!("schema {violation}")));
        }
        lines
    }
}

/// Objects field by field, everything else by equality.
fn contains(expected: &Value, found: &Value, pointer: &mut String, lines: &mut Vec<String>) {
    if lines.len() >= MAX_LINES {
        return;
    }
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (name, expected) in expected {
                let length = pointer.len();
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                match found.get(name) {
                    Some(found) => contains(expected, found, pointer, lines),
                    None => lines.push(line(&format!("body {pointer}: missing"))),
                }
                pointer.truncate(length);
            }
        }
        _ if equal(expected, found) => {}
        _ => lines.push(line(&format!("body {}: another value", place(pointer)))),
    }
}

/// JSON has one kind of number: 1 and 1.0 are the same.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| equal(one, other)))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use factory_crds::Json;
    use hyper::HeaderMap;
    use serde_json::json;

    fn answer(status: u16, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        Answer { status, headers, body: body.to_owned().into() }
    }

    fn expectation(body: Option<Value>, schema: Option<Value>) -> Expectation {
        Expectation::new(&Expect {
            status: 200,
            headers: BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]),
            body: body.map(Json),
            schema: schema.map(Json),
        })
        .unwrap()
    }

    #[test]
    fn a_good_answer_may_say_more_than_is_expected_but_nothing_else() {
        let expectation = expectation(Some(json!({"a": {"b": 1}, "list": [1, {"x": 2}]})), None);
        assert_eq!(expectation.failure(&answer(200, r#"{"a":{"b":1.0,"c":3},"list":[1,{"x":2}],"d":4}"#)), None);
        for (status, body, lines, failure) in [
            (500, r#"{"a":{"b":1},"list":[1,{"x":2}]}"#, vec!["status: 500, expected 200"], Failure::Status),
            (200, r#"{"a":{"b":2},"list":[1,{"x":2}]}"#, vec!["body /a/b: another value"], Failure::Content),
            (
                200,
                r#"{"a":{},"list":[1,{"x":2,"y":3}]}"#,
                vec!["body /a/b: missing", "body /list: another value"],
                Failure::Content,
            ),
            (200, "<html>", vec!["body: no JSON"], Failure::Content),
            (200, "", vec!["body: no JSON"], Failure::Content),
        ] {
            let answer = answer(status, body);
            assert_eq!(expectation.deviations(&answer), lines);
            assert_eq!(expectation.failure(&answer), Some(failure));
        }
    }

    #[test]
    fn headers_and_schema_count() {
        let expectation = expectation(None, Some(json!({"type": "object", "required": ["id"]})));
        let mut other = answer(200, r#"{"id":1}"#);
        assert_eq!(expectation.failure(&other), None);
        other.headers.insert("content-type", "text/html".parse().unwrap());
        assert_eq!(expectation.deviations(&other), ["header content-type: another value"]);
        other.headers.clear();
        other.body = "{}".into();
        assert_eq!(expectation.deviations(&other), ["header content-type: missing", "schema /: required"]);
    }
}
