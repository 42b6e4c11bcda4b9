//! The contract of one interface: the description as the running service serves it, and every answer
//! that was seen for each of its operations. Operations that no check asked are asked here, with
//! requests made from the description; one for which no valid request can be made stays unasked,
//! and that is visible.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use factory_assurance::{
    canonical::sha256,
    evidence::{Answer as Held, ContractResult, OperationResult},
    plan::Description,
};
use factory_crds::{Json, state_service::Request};
use serde_json::Value;

use super::{
    against::{contradictions, is_json},
    exchange::{MAX_BODY, ask},
    openapi::{self, Described, OpenApi, step},
    sample::held,
    variables::encode,
};
use crate::{connection::Answer, reference::follow, request::Prepared, schema::Schema, target::Targets};

/// How long one answer may take to be held against its schema, which the service wrote.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long all operations that no check asked may take together; what is left then stays unasked.
const EXERCISE: Duration = Duration::from_secs(120);

/// A description and what was seen of it.
#[derive(Debug)]
pub struct Contract {
    description: Description,
    digest: String,
    api: Result<Arc<OpenApi>, String>,
    answers: Vec<Vec<Held>>,
}

impl Contract {
    /// Reads the description from the running service.
    pub async fn read(description: &Description, targets: &Targets) -> Self {
        let served = Self::served(description, targets).await;
        let (digest, api) = match served {
            Ok(body) => (sha256(&body), OpenApi::read(&body).map(Arc::new).map_err(|error| error.to_string())),
            Err(line) => (String::new(), Err(line)),
        };
        let count = api.as_ref().map_or(0, |api| api.operations.len());
        let digest = if api.is_ok() { digest } else { String::new() };
        Self { description: description.clone(), digest, api, answers: vec![Vec::new(); count] }
    }

    async fn served(description: &Description, targets: &Targets) -> Result<bytes::Bytes, String> {
        let request = get(&description.component, &description.path);
        let request = Prepared::new(&request, targets).map_err(|error| error.to_string())?;
        let answer = ask(&request, targets, openapi::MAX_BYTES).await?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(format!("status {status} instead of 200")),
        }
    }

    /// Holds an answer against the operation that its request was for, if it is one of this contract.
    pub async fn observe(&mut self, request: &Prepared, answer: &Answer) {
        let Ok(api) = &self.api else { return };
        if request.component != self.description.component {
            return;
        }
        if let Some(index) = api.find(request.method.as_str(), request.uri.path()) {
            self.hold(index, answer.clone()).await;
        }
    }

    async fn hold(&mut self, index: usize, answer: Answer) {
        let Ok(api) = &self.api else { return };
        let (api, status) = (Arc::clone(api), answer.status);
        // Validation is work for a processor, and its length is in the service's hands.
        let judged = tokio::task::spawn_blocking(move || {
            api.operations.get(index).map(|described| contradictions(&api, described, &answer)).unwrap_or_default()
        });
        let contradictions = match tokio::time::timeout(PATIENCE, judged).await {
            Ok(Ok(contradictions)) => contradictions,
            _ => vec![format!("status {status}: could not be held against its schema within {} s", PATIENCE.as_secs())],
        };
        if let Some(answers) = self.answers.get_mut(index) {
            answers.push(Held { status, contradictions });
        }
    }

    /// Asks every operation that was not asked yet.
    pub async fn exercise(&mut self, targets: &Targets) {
        let Ok(api) = &self.api else { return };
        let api = Arc::clone(api);
        let end = Instant::now() + EXERCISE;
        for (index, described) in api.operations.iter().enumerate() {
            if Instant::now() >= end {
                tracing::warn!(
                    path = self.description.path,
                    "the service took too long: the other operations stay unasked"
                );
                return;
            }
            if self.answers.get(index).is_none_or(|answers| !answers.is_empty()) {
                continue;
            }
            match self.generated(&api, described, targets).await {
                Ok(answer) => self.hold(index, answer).await,
                Err(reason) => {
                    tracing::warn!(operation = %format!("{} {}", described.method, described.path), reason, "not exercised")
                }
            }
        }
    }

    async fn generated(&self, api: &OpenApi, described: &Described, targets: &Targets) -> Result<Answer, String> {
        let request = request(api, described, &self.description.component)?;
        let request = Prepared::new(&request, targets).map_err(|error| error.to_string())?;
        ask(&request, targets, MAX_BODY).await
    }

    /// As it stands in the evidence.
    #[must_use]
    pub fn result(self) -> ContractResult {
        let operations = self.api.as_ref().map(|api| api.operations.as_slice()).unwrap_or_default();
        let operations = operations.iter().zip(self.answers).map(|(described, answers)| OperationResult {
            method: described.method.clone(),
            path: described.path.clone(),
            answers,
        });
        ContractResult {
            operations: operations.collect(),
            component: self.description.component,
            path: self.description.path,
            unreadable: self.api.err(),
            digest: self.digest,
        }
    }
}

fn get(component: &str, path: &str) -> Request {
    Request {
        component: Some(component.to_owned()),
        method: "GET".to_owned(),
        path: path.to_owned(),
        headers: [("accept".to_owned(), "application/json".to_owned())].into(),
        body: None,
    }
}

/// A valid request for `described`, or why none can be made.
fn request(api: &OpenApi, described: &Described, component: &str) -> Result<Request, String> {
    let mut request = get(component, &format!("{}{}", api.base, described.path));
    request.method.clone_from(&described.method);
    request.headers.clear();
    let mut query = Vec::new();
    for (pointer, parameter) in parameters(api, described) {
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

/// Parameters with where they stand: those of the operation hide those of the path item.
fn parameters<'a>(api: &'a OpenApi, described: &Described) -> Vec<(String, &'a Value)> {
    let mut found: Vec<(String, &Value)> = Vec::new();
    for holder in [&described.operation, &described.item] {
        let list = api.document.pointer(&format!("{holder}/parameters")).and_then(Value::as_array);
        for (index, entry) in list.into_iter().flatten().enumerate() {
            let Ok(parameter) = follow(&api.document, entry) else { continue };
            let same =
                |other: &Value| other.get("name") == parameter.get("name") && other.get("in") == parameter.get("in");
            if found.iter().any(|(_, other)| same(other)) {
                continue;
            }
            found.push((placed(entry, || format!("{holder}/parameters/{index}")), parameter));
        }
    }
    found
}

fn placed(entry: &Value, here: impl FnOnce() -> String) -> String {
    match entry.get("$ref").and_then(Value::as_str) {
        Some(reference) => reference.trim_start_matches('#').to_owned(),
        None => here(),
    }
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
    let Some(entry) = api.document.pointer(&here) else { return Ok(()) };
    let body = follow(&api.document, entry).map_err(|error| error.to_string())?;
    if body.get("required") != Some(&Value::Bool(true)) && described.method != "POST" {
        return Ok(());
    }
    let content = body.get("content").and_then(Value::as_object);
    let Some((media_type, media)) = content.and_then(|content| content.iter().find(|(name, _)| is_json(name))) else {
        return Err("its request body has no JSON media type".to_owned());
    };
    let pointer = format!("{}/content/{}", placed(entry, || here), step(media_type));
    request.body = Some(Json(valid(api, media, &pointer, "the request body")?));
    request.headers.insert("content-type".to_owned(), media_type.clone());
    Ok(())
}
