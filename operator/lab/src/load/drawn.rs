//! Operations of a load, drawn from an OpenAPI description: each one that only reads (GET) and whose input the
//! description itself gives, by an example, a list or a default, or that needs none. Its answer must have the status
//! and the form that are described. What would have to be guessed is not asked: a made-up number finds nobody, and the
//! load would be one of refusals. Nothing is drawn from people. Pure. This is a person's load (`command`); what an announced
//! plan draws follows from its nonce, and everybody draws it again: `factory_assurance::plan::DrawnPlan`.

use std::collections::BTreeMap;

use factory_assurance::plan::LoadOperation;
use factory_crds::{Json, state_service::Expect};
use jsonschema::Draft;
use serde_json::{Value, json};

use crate::{
    expectation::Expectation,
    reference::settle,
    verify::{
        against::is_json,
        generate,
        openapi::{Described, OpenApi, step},
    },
};

/// What `api`, served by `component`, gives to ask; all of the same weight, in the description's order.
#[must_use]
pub fn operations(api: &OpenApi, component: &str) -> Vec<LoadOperation> {
    api.operations.iter().filter_map(|described| operation(api, described, component)).collect()
}

fn operation(api: &OpenApi, described: &Described, component: &str) -> Option<LoadOperation> {
    if described.method != "GET" || !generate::is_given(api, described) {
        return None;
    }
    let request = generate::request(api, described, component).ok()?;
    let expect = expect(api, described)?;
    // A schema that cannot be compiled expects nothing.
    Expectation::new(&expect).ok()?;
    let name = format!("{} {}", request.method, request.path);
    Some(LoadOperation { name, request, expect, weight: 1, after: None, carry: BTreeMap::new() })
}

/// The first good answer that is described.
fn expect(api: &OpenApi, described: &Described) -> Option<Expect> {
    let responses = api.document.pointer(&format!("{}/responses", described.operation))?.as_object()?;
    let good = |status: &&String| status.len() == 3 && status.starts_with('2') && status.parse::<u16>().is_ok();
    let status = responses.keys().filter(good).min()?;
    let place = settle(&api.document, &format!("{}/responses/{status}", described.operation)).ok()?;
    let content = api.document.pointer(&format!("{place}/content")).and_then(Value::as_object);
    let media = content.and_then(|content| content.keys().find(|name| is_json(name)));
    let schema = media.and_then(|media| api.document.pointer(&format!("{place}/content/{}/schema", step(media))));
    Some(Expect {
        status: status.parse().ok()?,
        headers: BTreeMap::new(),
        body: None,
        schema: schema.map(|schema| Json(alone(api, schema))),
    })
}

/// `schema` with all that it may lead to, and the dialect that it is written in.
fn alone(api: &OpenApi, schema: &Value) -> Value {
    let dialect = match api.draft {
        Draft::Draft4 => "http://json-schema.org/draft-04/schema#",
        _ => "https://json-schema.org/draft/2020-12/schema",
    };
    let components = api.document.get("components").cloned().unwrap_or_else(|| json!({}));
    json!({"$schema": dialect, "allOf": [schema], "components": components})
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;

    use super::*;
    use crate::connection::Answer;

    fn drawn(version: &str, paths: &Value) -> Vec<LoadOperation> {
        let document = json!({"openapi": version, "paths": paths, "components": {"schemas": {
            "Address": {"type": "object", "required": ["street"], "properties": {"street": {"$ref": "#/components/schemas/Street"}}},
            "Street": {"type": "string", "minLength": 2},
        }}});
        operations(&OpenApi::read(&serde_json::to_vec(&document).unwrap()).unwrap(), "web")
    }

    fn answers(schema: Value) -> Value {
        json!({"404": {}, "200": {"content": {"application/json": {"schema": schema}}}})
    }

    #[test]
    fn what_only_reads_and_has_its_input_given_is_drawn() {
        let parameter = |place: &str, required: bool, schema: Value| json!({"name": "pin", "in": place, "required": required, "schema": schema});
        let pattern = json!({"type": "string", "pattern": "^[12][0-9]{13}$"});
        let example = json!({"type": "string", "pattern": "^[12][0-9]{13}$", "example": "10101199900017"});
        let get = |parameters: Vec<Value>| json!({"parameters": parameters, "responses": answers(json!({}))});
        let all = drawn(
            "3.1.0",
            &json!({
                "/": {"get": get(vec![])},
                "/given/{pin}": {"get": get(vec![parameter("path", true, example)])},
                "/guessed/{pin}": {"get": get(vec![parameter("path", true, pattern.clone())])},
                "/kinds": {"get": get(vec![parameter("query", true, json!({"enum": ["a b", "c"]}))])},
                "/optional": {"get": get(vec![parameter("query", false, pattern)])},
                "/tickets": {"post": get(vec![])},
                "/undescribed": {"get": {"responses": {"default": {}}}},
            }),
        );
        let names: Vec<_> = all.iter().map(|operation| operation.name.as_str()).collect();
        assert_eq!(names, ["GET /", "GET /given/10101199900017", "GET /kinds?pin=a%20b", "GET /optional"]);
        assert!(all.iter().all(|operation| operation.weight == 1 && operation.expect.status == 200));
    }

    #[test]
    fn an_answer_must_have_the_form_that_is_described() {
        for version in ["3.0.3", "3.1.0"] {
            let schema = json!({"$ref": "#/components/schemas/Address"});
            let drawn = drawn(version, &json!({"/": {"get": {"responses": answers(schema)}}}));
            let expectation = Expectation::new(&drawn[0].expect).unwrap();
            let answer = |body: &str| Answer { status: 200, headers: HeaderMap::new(), body: body.to_owned().into() };
            assert_eq!(expectation.failure(&answer(r#"{"street": "Manas"}"#)), None, "{version}");
            for wrong in [r#"{"street": "M"}"#, "{}", "<html>"] {
                assert!(expectation.failure(&answer(wrong)).is_some(), "{version} {wrong}");
            }
        }
    }
}
