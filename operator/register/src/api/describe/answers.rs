//! What can be answered to every operation of a kind, said once: refusals, and the headers of answers.

use serde_json::{Map, Value, json};

/// Refusals by status: name in the document, and what it means.
const PROBLEMS: [(&str, &str, &str); 12] = [
    ("400", "BadRequest", "The request cannot be read."),
    ("401", "Unauthenticated", "Who asks is not known."),
    ("403", "Forbidden", "Who asks may not."),
    ("404", "NotFound", "There is no such thing."),
    ("409", "Conflict", "What was written before stands against it."),
    ("412", "PreconditionFailed", "Another operator leads since."),
    ("413", "TooLarge", "The body is larger than it may be."),
    ("415", "MediaType", "The body says that it is no JSON."),
    ("422", "Unprocessable", "The document can be read and does not hold."),
    ("429", "TooMany", "Too many requests: come back later."),
    ("500", "Internal", "A mistake of the register, noted in its log."),
    ("503", "Unavailable", "A passing reason: nothing was acknowledged, and the same request may succeed later."),
];

/// Adds to each operation what follows from its kind.
pub(super) fn complete(document: &mut Value) {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, operations) in paths {
        for (_, operation) in operations.as_object_mut().into_iter().flatten() {
            let secured = operation.get("security").is_some();
            let parameters = operation.get("parameters").is_some();
            let body = operation.get("requestBody").is_some();
            if body {
                operation["requestBody"]["required"] = true.into();
            }
            let Some(answers) = operation["responses"].as_object_mut() else { continue };
            let mut refusals = vec!["500", "503"];
            refusals.extend((parameters || body).then_some("400"));
            refusals.extend(secured.then_some(["401", "403"]).into_iter().flatten());
            refusals.extend(body.then_some(["413", "415"]).into_iter().flatten());
            // Probes and figures are never turned away.
            refusals.extend(path.starts_with("/api/").then_some("429"));
            refusals.extend(path.rsplit_once('.').is_some_and(|(_, kind)| kind == "atom").then_some("429"));
            for status in refusals {
                answers.entry(status).or_insert(Value::Null);
            }
            answer(answers);
        }
    }
}

/// Gives each refusal its body and headers, and to what is fresh or not its tag.
fn answer(answers: &mut Map<String, Value>) {
    let fresh = answers.contains_key("304");
    for (status, answer) in answers.iter_mut() {
        if let Some((_, name, meaning)) = PROBLEMS.iter().find(|(problem, ..)| problem == status) {
            let description = answer.get("description").cloned();
            *answer = match description {
                Some(description) if description != *meaning => problem(status, &description),
                _ => json!({ "$ref": format!("#/components/responses/{name}") }),
            };
        } else if fresh && matches!(status.as_str(), "200" | "304") {
            answer["headers"] = json!({ "ETag": { "$ref": "#/components/headers/ETag" } });
        }
    }
}

/// Refusals that mean the same everywhere.
pub(super) fn problems() -> Map<String, Value> {
    PROBLEMS.iter().map(|(status, name, meaning)| ((*name).to_owned(), problem(status, &json!(meaning)))).collect()
}

fn problem(status: &str, description: &Value) -> Value {
    let mut problem = json!({
        "description": description,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    match status {
        "401" => {
            problem["headers"] = json!({ "WWW-Authenticate": { "$ref": "#/components/headers/WWW-Authenticate" } });
        }
        "429" | "503" => problem["headers"] = json!({ "Retry-After": { "$ref": "#/components/headers/Retry-After" } }),
        _ => {}
    }
    problem
}

/// Headers of answers.
pub(super) fn headers() -> Value {
    json!({
        "ETag": {
            "description": "Version of the answer; sent back in `If-None-Match`, it makes the next one a 304.",
            "required": true,
            "schema": { "type": "string", "pattern": "^(W/)?\"[!#-~]*\"$" },
        },
        "Retry-After": {
            "description": "Seconds after which to try again.",
            "required": true,
            "schema": { "type": "integer", "minimum": 1 },
        },
        "WWW-Authenticate": { "required": true, "schema": { "type": "string", "const": "Bearer" } },
    })
}
