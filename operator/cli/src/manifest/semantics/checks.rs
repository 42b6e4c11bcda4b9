//! Functional checks (item 63.2) that could not be carried out or could not fail. A check that
//! accepts every body proves nothing, and the factory refuses it after minutes of work; here it
//! takes none. What it cannot see, the lab's mutants do.

use std::collections::HashSet;

use serde_json::Value;

use super::{super::Kind, Concerns, Node, list};

/// Statuses whose answers have no body (RFC 9110), so that there is nothing more to expect.
const WITHOUT_BODY: [u64; 3] = [204, 205, 304];

/// Looks at the checks of a `spec`.
pub fn look(spec: &Node, concerns: &mut Concerns) {
    let components: HashSet<&str> = list(spec, "spec", "components")
        .into_iter()
        .filter_map(|(component, _)| component.get("name")?.text())
        .collect();
    for (check, path) in list(spec, "spec", "checks") {
        let mut carried = HashSet::new();
        for (step, path) in list(check, &path, "steps") {
            if let Some(request) = step.get("request") {
                let path = format!("{path}.request");
                uses(request, &path, &carried, concerns);
                headers(request, &path, concerns);
                component(request, &path, &components, concerns);
            }
            if let Some(expect) = step.get("expect") {
                let path = format!("{path}.expect");
                uses(expect, &path, &carried, concerns);
                headers(expect, &path, concerns);
                vacuous(step, expect, &path, concerns);
                schema(expect, &path, concerns);
            }
            carry(step, &path, &mut carried, concerns);
        }
    }
}

/// Every `{{variable}}` must have been carried by an earlier step of the same check.
fn uses(node: &Node, path: &str, carried: &HashSet<&str>, concerns: &mut Concerns) {
    if let Some(text) = node.text() {
        for variable in variables(text) {
            if !carried.contains(variable) {
                concerns.refuse(
                    node,
                    path,
                    format!("`{{{{{variable}}}}}` is used, but no earlier step of this check carries `{variable}`"),
                );
            }
        }
    }
    for (index, item) in node.items().iter().enumerate() {
        uses(item, &format!("{path}[{index}]"), carried, concerns);
    }
    // The schema of an answer is compared as it stands: braces in its patterns are no variables.
    for entry in node.entries().iter().filter(|entry| entry.key != "schema") {
        uses(&entry.value, &format!("{path}.{}", entry.key), carried, concerns);
    }
}

/// The names between `{{` and `}}`.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim())
}

/// Adds what `step` carries; a pointer that is none is refused.
fn carry<'a>(step: &'a Node, path: &str, carried: &mut HashSet<&'a str>, concerns: &mut Concerns) {
    for entry in step.get("carry").map(Node::entries).unwrap_or_default() {
        carried.insert(&entry.key);
        let Some(pointer) = entry.value.text() else { continue };
        if !pointer.is_empty() && !pointer.starts_with('/') {
            let message =
                format!("`{pointer}` is no JSON pointer: write `/{pointer}` for the field `{pointer}` of the body");
            concerns.refuse(&entry.value, format!("{path}.carry.{}", entry.key), message);
        }
    }
}

/// Header names are compared in lower case, so another one would never be found.
fn headers(node: &Node, path: &str, concerns: &mut Concerns) {
    for entry in node.get("headers").map(Node::entries).unwrap_or_default() {
        if entry.key.chars().any(char::is_uppercase) {
            let at = Node { place: entry.place, kind: Kind::Scalar(Value::Null) };
            concerns.refuse(
                &at,
                format!("{path}.headers.{}", entry.key),
                format!("write it in lower case: `{}`", entry.key.to_lowercase()),
            );
        }
    }
}

fn component(request: &Node, path: &str, components: &HashSet<&str>, concerns: &mut Concerns) {
    let Some(node) = request.get("component") else { return };
    if let Some(name) = node.text().filter(|name| !components.contains(name)) {
        concerns.refuse(node, format!("{path}.component"), format!("`{name}`: no component has this name"));
    }
}

/// An expectation that holds for every body expects nothing of the service.
fn vacuous(step: &Node, expect: &Node, path: &str, concerns: &mut Concerns) {
    let method = step.get("request").and_then(|request| request.get("method")).and_then(Node::text);
    let status = expect.get("status").map(Node::value).and_then(|status| status.as_u64());
    if method == Some("HEAD") || status.is_some_and(|status| WITHOUT_BODY.contains(&status)) {
        return;
    }
    let says_something = |field: &str| {
        expect.get(field).map(Node::value).is_some_and(|value| match value {
            Value::Null => false,
            Value::Object(fields) => !fields.is_empty(),
            Value::Bool(always) => field == "body" || !always,
            _ => true,
        })
    };
    if !says_something("body") && !says_something("schema") {
        let message = "item 63.2: expects neither `body` nor `schema`, so a wrong answer with this status would pass; say what the body must be";
        concerns.refuse(expect, path, message);
    }
}

/// A schema that cannot be used would end the check as inconclusive.
fn schema(expect: &Node, path: &str, concerns: &mut Concerns) {
    let Some(node) = expect.get("schema") else { return };
    if let Err(error) = jsonschema::validator_for(&node.value()) {
        concerns.refuse(node, format!("{path}.schema"), format!("is no JSON Schema that can be used: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_wherever_they_stand() {
        assert_eq!(variables("/v1/{{id}}/{{ part }}").collect::<Vec<_>>(), ["id", "part"]);
        assert_eq!(variables("/v1/{id}").count(), 0);
        assert_eq!(variables("{{open").count(), 0);
    }
}
