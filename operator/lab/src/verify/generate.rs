//! Makes a valid request for an operation from its description: required parameters and body, from
//! examples or by schema. Where none can be made it says why; it never sends nonsense instead.

use std::collections::BTreeMap;

use factory_crds::{Json, state_service::Request};
use serde_json::Value;

use super::{
    against::is_json,
    openapi::{Described, OpenApi, step},
    sample::held,
    variables::encode,
};
use crate::{
    reference::{BadReference, follow, settle},
    schema::Schema,
};

/// A valid request for `described`, or why none can be made.
pub fn request(api: &OpenApi, described: &Described, component: &str) -> Result<Request, String> {
    let mut request = Request {
        component: Some(component.to_owned()),
        method: described.method.clone(),
        path: format!("{}{}", api.base, described.path),
        headers: BTreeMap::new(),
        body: None,
    };
    let mut query = Vec::new();
    for (pointer, parameter) in parameters(api, described).map_err(|error| error.to_string())? {
        let word = |name| parameter.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, place) = (word("name"), word("in"));
        if place != "path" && parameter.get("required") != Some(&Value::Bool(true)) {
            continue;
        }
        let value = scalar(&valid(api, parameter, &pointer, name)?)
            .ok_or_else(|| format!("parameter `{name}` is neither text nor number"))?;
        match place {
            "path" => request.path = request.path.replace(&format!("{{{name}}}"), &encode(&value)),
            "query" => query.push(format!("{}={}", encode(name), encode(&value))),
            "header" => drop(request.headers.insert(name.to_ascii_lowercase(), value)),
            "cookie" => drop(request.headers.insert("cookie".to_owned(), format!("{name}={}", encode(&value)))),
            _ => return Err(format!("parameter `{name}` has no place that is known")),
        }
    }
    if request.path.contains('{') {
        return Err("its path has a parameter that is not described".to_owned());
    }
    if !query.is_empty() {
        request.path = format!("{}?{}", request.path, query.join("&"));
    }
    body(api, described, &mut request)?;
    Ok(request)
}

/// Whether the description itself gives each value that a request for `described` needs: nothing is made up then.
#[must_use]
pub fn is_given(api: &OpenApi, described: &Described) -> bool {
    let needed = |parameter: &Value| {
        parameter.get("in").and_then(Value::as_str) == Some("path")
            || parameter.get("required") == Some(&Value::Bool(true))
    };
    let given = |parameter: &Value| {
        let schema = parameter.get("schema").and_then(|schema| follow(&api.document, schema).ok());
        let lists = [Some(parameter), schema];
        let names = ["example", "examples", "default", "const", "enum"];
        lists.into_iter().flatten().any(|holder| names.iter().any(|name| holder.get(name).is_some()))
    };
    parameters(api, described)
        .is_ok_and(|all| all.into_iter().all(|(_, parameter)| !needed(parameter) || given(parameter)))
}

/// Parameters with where they stand: those of the operation hide those of the path item.
fn parameters<'a>(api: &'a OpenApi, described: &Described) -> Result<Vec<(String, &'a Value)>, BadReference> {
    let mut found: Vec<(String, &Value)> = Vec::new();
    for holder in [&described.operation, &described.item] {
        let list = api.document.pointer(&format!("{holder}/parameters")).and_then(Value::as_array);
        for index in 0..list.map_or(0, Vec::len) {
            let place = settle(&api.document, &format!("{holder}/parameters/{index}"))?;
            let parameter = api.document.pointer(&place).unwrap_or(&Value::Null);
            let same = |other: &Value| ["name", "in"].iter().all(|key| other.get(key) == parameter.get(key));
            if !found.iter().any(|(_, other)| same(other)) {
                found.push((place, parameter));
            }
        }
    }
    Ok(found)
}

fn valid(api: &OpenApi, holder: &Value, pointer: &str, name: &str) -> Result<Value, String> {
    let none = || format!("no valid value for `{name}` can be made: give an example");
    let value = held(&api.document, holder).ok_or_else(none)?;
    if holder.get("schema").is_none() {
        return Ok(value);
    }
    let schema = Schema::within(&api.document, &format!("{pointer}/schema"), api.draft)
        .map_err(|error| format!("`{name}`: {error}"))?;
    if schema.holds(&value) { Ok(value) } else { Err(none()) }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn body(api: &OpenApi, described: &Described, request: &mut Request) -> Result<(), String> {
    let here = format!("{}/requestBody", described.operation);
    if api.document.pointer(&here).is_none() {
        return Ok(());
    }
    let place = settle(&api.document, &here).map_err(|error| error.to_string())?;
    let body = api.document.pointer(&place).unwrap_or(&Value::Null);
    if body.get("required") != Some(&Value::Bool(true)) && described.method != "POST" {
        return Ok(());
    }
    let content = body.get("content").and_then(Value::as_object);
    let Some((media_type, media)) = content.and_then(|content| content.iter().find(|(name, _)| is_json(name))) else {
        return Err("its request body has no JSON media type".to_owned());
    };
    let pointer = format!("{place}/content/{}", step(media_type));
    request.body = Some(Json(valid(api, media, &pointer, "the request body")?));
    request.headers.insert("content-type".to_owned(), media_type.clone());
    Ok(())
}
