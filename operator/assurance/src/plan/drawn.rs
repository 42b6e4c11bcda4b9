//! Operations of a load that are drawn from an OpenAPI description. The plan says from which, and the announcement's nonce
//! how: what a service describes is known only when it runs, and nobody may choose from it then. The lab draws by this
//! function, and so does the verdict from the description that the evidence keeps. Pure.
//!
//! Drawn is what only reads (GET), needs no sign-in, and whose input the description itself gives, by an example, a list or a
//! default: those are the reserved, synthetic ones of who wrote it. What would have to be guessed is not asked.
//! The description was served by the service under test: it may be anything. What is done with one is bounded, whatever it
//! refers to how often.

mod document;
mod given;

use std::collections::BTreeMap;

use factory_crds::state_service::{Expect, Request};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LoadOperation;
use crate::canonical::sha256;
use document::settle;

/// Largest description that is drawn from, in bytes.
pub const MOST_BYTES: usize = 256 << 10;
/// Most of its paths that are looked at: those with the smallest lots.
const MOST_PATHS: usize = 200;
/// Longest target of a request, in bytes.
const LONGEST_TARGET: usize = 2 << 10;

/// A description from which operations are drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DrawnPlan {
    /// Component that serves it, and that is asked.
    pub component: String,
    /// Path of the description, from `/`.
    pub path: String,
    /// Relative weight of each operation that is drawn; at least 1.
    pub weight: u32,
    /// Most operations that are drawn.
    pub most: u32,
}

impl DrawnPlan {
    /// Component and path, joined: as evidence and findings name it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}", self.component, self.path)
    }

    /// What is drawn from `description` in the run of `nonce`, in the order of its paths; nothing where it cannot be read, or
    /// gives nothing.
    #[must_use]
    pub fn draw(&self, description: &str, nonce: &str) -> Vec<LoadOperation> {
        let Some(document) = document::read(description) else { return Vec::new() };
        let base = document::base(&document);
        // By lot: those whose digests with the nonce are the smallest. No more of them are kept than are drawn.
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        let mut drawn: BTreeMap<(String, &str), LoadOperation> = BTreeMap::new();
        for (path, item) in looked_at(&document, nonce) {
            if let Some(operation) = self.operation(&document, &base, path, item, nonce) {
                drawn.insert((lot(nonce, &[operation.name.as_str()]), path), operation);
            }
            if drawn.len() > most {
                drawn.pop_last();
            }
        }
        let in_order: BTreeMap<&str, LoadOperation> = drawn.into_iter().map(|((_, path), one)| (path, one)).collect();
        in_order.into_values().collect()
    }

    /// The operation that reads `path`, if all that it needs is given.
    fn operation(&self, document: &Value, base: &str, path: &str, item: &Value, nonce: &str) -> Option<LoadOperation> {
        let item = settle(document, item)?;
        let get = item.get("get").filter(|get| get.is_object())?;
        let security = get.get("security").or_else(|| document.get("security")).and_then(Value::as_array);
        if get.get("requestBody").is_some() || security.is_some_and(|all| !all.is_empty()) {
            return None;
        }
        let (mut target, mut query) = (short(format!("{base}{path}"))?, Vec::new());
        for ((place, name), parameter) in document::parameters(document, [item, get])? {
            if place != "path" && parameter.get("required") != Some(&Value::Bool(true)) {
                continue;
            }
            let values = given::values(document, parameter)?;
            let value = given::encoded(values.get(drawn(&lot(nonce, &[path, place, name]), values.len()))?);
            match place {
                "path" => target = short(target.replace(&format!("{{{name}}}"), &value))?,
                "query" => query.push(format!("{}={value}", given::encoded(name))),
                _ => return None,
            }
        }
        if !target.bytes().all(given::is_plain) {
            return None;
        }
        if !query.is_empty() {
            target = short(format!("{target}?{}", query.join("&")))?;
        }
        let good = |status: &&String| status.len() == 3 && status.starts_with('2');
        let statuses = get.get("responses")?.as_object()?.keys().filter(good);
        let status = statuses.filter_map(|status| status.parse().ok()).min()?;
        let request = Request {
            component: Some(self.component.clone()),
            method: "GET".to_owned(),
            path: target,
            headers: BTreeMap::new(),
            body: None,
        };
        Some(LoadOperation {
            name: format!("GET {}", request.path),
            request,
            expect: Expect { status, headers: BTreeMap::new(), body: None, schema: None },
            weight: self.weight,
            after: None,
            carry: BTreeMap::new(),
        })
    }
}

/// The paths of `document` that are looked at, each with what stands there.
fn looked_at<'a>(document: &'a Value, nonce: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let by_lot: BTreeMap<(String, &str), &Value> = paths
        .filter(|(path, _)| path.starts_with('/'))
        .map(|(path, item)| ((lot(nonce, &[path.as_str()]), path.as_str()), item))
        .collect();
    by_lot.into_iter().take(MOST_PATHS).map(|((_, path), item)| (path, item))
}

/// `target`, if it is not too long for one.
fn short(target: String) -> Option<String> {
    Some(target).filter(|target| target.len() <= LONGEST_TARGET)
}

/// The SHA-256, in hexadecimal, of `nonce` and `words`, each after a line feed.
fn lot(nonce: &str, words: &[&str]) -> String {
    let text = words.iter().fold(nonce.to_owned(), |text, word| format!("{text}\n{word}"));
    sha256(text.as_bytes()).split_off("sha256:".len())
}

/// Which of `count` things `lot` draws: by its first 16 digits.
fn drawn(lot: &str, count: usize) -> usize {
    let number = lot.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
    usize::try_from(number.checked_rem(count as u64).unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan(most: u32) -> DrawnPlan {
        DrawnPlan { component: "web".to_owned(), path: "/openapi.json".to_owned(), weight: 2, most }
    }

    fn names(document: &Value, most: u32, nonce: &str) -> Vec<String> {
        plan(most).draw(&document.to_string(), nonce).into_iter().map(|one| one.name).collect()
    }

    fn get(parameters: &Value) -> Value {
        json!({"get": {"parameters": parameters, "responses": {"404": {}, "200": {}, "2XX": {}}}})
    }

    #[test]
    fn what_only_reads_and_has_its_input_given_is_drawn() {
        let pin = |more: Value| {
            let mut parameter = json!({"name": "pin", "in": "path", "required": true, "schema": {"type": "string"}});
            parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            parameter
        };
        let kind =
            json!({"name": "a kind", "in": "query", "required": true, "schema": {"$ref": "#/components/schemas/Kind"}});
        let optional = json!({"name": "page", "in": "query"});
        let token = json!({"name": "token", "in": "header", "required": true, "example": "x"});
        let document = json!({
            "openapi": "3.1.0",
            "servers": [{"url": "https://example.test/api/"}],
            "components": {"schemas": {"Kind": {"enum": ["a/b"]}}, "parameters": {"Pin": pin(json!({"example": 7}))}},
            "paths": {
                "/given/{pin}": get(&json!([pin(json!({"example": "10101199900017"}))])),
                "/guessed/{pin}": get(&json!([pin(json!({}))])),
                "/kinds": get(&json!([kind, optional])),
                "/referred/{pin}": get(&json!([{"$ref": "#/components/parameters/Pin"}])),
                "/several/{pin}": get(&json!([pin(json!({"examples": {"b": {"value": true}, "a": {"value": null}}}))])),
                "/undescribed/{id}": get(&json!([])),
                "/signed-in": {"get": {"security": [{"key": []}], "responses": {"200": {}}}},
                "/held": get(&json!([token])),
                "/tickets": {"post": {"responses": {"201": {}}}},
                "/silent": {"get": {"responses": {"default": {}}}},
                "no-path": get(&json!([])),
            },
        });
        let all = plan(32).draw(&document.to_string(), "n");
        let drawn: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(
            drawn,
            [
                "GET /api/given/10101199900017",
                "GET /api/kinds?a%20kind=a%2Fb",
                "GET /api/referred/7",
                "GET /api/several/true"
            ]
        );
        assert!(all.iter().all(|one| (one.weight, one.expect.status) == (2, 200) && one.after.is_none()));
    }

    #[test]
    fn which_are_drawn_follows_from_the_nonce_and_from_nothing_else() {
        let paths: serde_json::Map<String, Value> = (0..20).map(|n| (format!("/{n:02}"), get(&json!([])))).collect();
        let document = json!({"paths": paths});
        let drawn: Vec<Vec<String>> = (0..40).map(|run| names(&document, 3, &format!("nonce-{run}"))).collect();
        assert!(drawn.iter().all(|names| names.len() == 3 && names.is_sorted()), "{drawn:?}");
        assert_eq!(drawn[7], names(&document, 3, "nonce-7"));
        let seen: std::collections::BTreeSet<&String> = drawn.iter().flatten().collect();
        assert_eq!(seen.len(), 20, "each of them comes sometimes");
        let words = json!({"enum": (0..9).map(|n| format!("w{n}")).collect::<Vec<_>>()});
        let word = json!({"name": "w", "in": "query", "required": true, "schema": words});
        let document = json!({"paths": {"/": get(&json!([word]))}});
        let drawn: std::collections::BTreeSet<String> =
            (0..90).flat_map(|run| names(&document, 1, &format!("nonce-{run}"))).collect();
        assert_eq!(drawn.len(), 9, "{drawn:?}");
    }

    #[test]
    fn whatever_is_served_nothing_is_drawn_that_is_no_request() {
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        for text in
            ["", "null", "[]", r#"{"paths": 7}"#, r##"{"paths": {"/": null, "/a": {"$ref": "#/paths/~1a"}}}"##, &deep]
        {
            assert_eq!(plan(9).draw(text, "n"), [], "{text}");
        }
        let large = json!({"paths": {"/": get(&json!([]))}, "x": "y".repeat(MOST_BYTES)});
        assert_eq!(names(&large, 9, "n"), [""; 0]);
        let overwritten = |lost: &str| format!(r#"{{"x": {lost}, "x": 1, "paths": {{"/": {}}}}}"#, get(&json!([])));
        assert_eq!(plan(9).draw(&overwritten("[]"), "n").len(), 1);
        let deeper = format!("{}{}", "[".repeat(64), "]".repeat(64));
        for lost in [r#"["\ud800"]"#, "1e999", &deeper] {
            assert_eq!(plan(9).draw(&overwritten(lost), "n"), [], "{lost}");
        }
        for path in ["/a b", "/{x}", "/a?b=c", "/a#b", "/\u{447}", "/a\nHost: b"] {
            assert_eq!(names(&json!({"paths": {path: get(&json!([]))}}), 9, "n"), [""; 0], "{path}");
        }
    }
    /// What a small text makes large by referring to one thing many times is not made.
    #[test]
    fn of_a_description_that_would_be_large_only_so_much_is_looked_at() {
        let paths = |count: usize, item: &Value| {
            (0..count).map(|n| (format!("/{n:04}"), item.clone())).collect::<serde_json::Map<_, _>>()
        };
        let many = json!({"x": get(&json!([])), "paths": paths(6_000, &json!({"$ref": "#/x"}))});
        assert!(many.to_string().len() < MOST_BYTES);
        let looked_at: Vec<_> = looked_at(&many, "n").map(|(path, _)| path).collect();
        assert_eq!(looked_at.len(), MOST_PATHS);
        let all = names(&many, u32::MAX, "n");
        assert!(all.len() == MOST_PATHS && all.is_sorted(), "{}", all.len());
        assert_ne!(all, names(&many, u32::MAX, "m"), "which are looked at is drawn too");

        let parameter =
            |name: &str, schema: &Value| json!({"name": name, "in": "query", "required": true, "schema": schema});
        let one = |parameters: &Value| names(&json!({"paths": {"/": get(parameters)}}), 9, "n").len();
        let asked = |count: usize, value: &str| {
            let all = (0..count).map(|n| parameter(&n.to_string(), &json!({"example": value})));
            one(&all.collect::<Vec<_>>().into())
        };
        assert_eq!([asked(64, "x"), asked(65, "x")], [1, 0], "parameters");
        let same = vec![parameter("a", &json!({"example": 1})); 65];
        assert_eq!(one(&same.into()), 0, "each that stands there counts");
        assert_eq!([asked(9, &"x".repeat(200)), asked(11, &"x".repeat(200))], [1, 0], "bytes of a target");
        let listed = |count: usize| json!({"enum": (0..count).collect::<Vec<_>>()});
        assert_eq!([100, 101].map(|count| one(&json!([parameter("a", &listed(count))]))), [1, 0], "values");
        assert_eq!([200, 201].map(|length| one(&json!([parameter(&"n".repeat(length), &listed(1))]))), [1, 0], "names");
        let grown = format!("/{}", "{a}".repeat(200));
        let longer = json!({"name": "a", "in": "path", "example": "x".repeat(20)});
        assert_eq!(names(&json!({"paths": {grown: get(&json!([longer]))}}), 9, "n"), [""; 0], "a target that grows");
    }
}
