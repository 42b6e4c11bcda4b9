//! A document held against the schema of its kind, closed: a field that the schema does not know is
//! an error, as with `kubectl apply` and its strict validation. The schemas are those of the CRDs.

use std::sync::OnceLock;

use factory_crds::{StateServiceSpec, kinds};
use jsonschema::Validator;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use super::{
    Diagnostic, Node, Segment, Severity, phrase,
    place::{path_of_pointer, path_text},
};

/// The definition of one kind.
pub struct Definition {
    kind: String,
    open: Value,
}

impl Definition {
    /// Definition of `kind`, if it is one of ours.
    pub fn of_kind(kind: &str) -> Option<Self> {
        let definition = kinds::all().into_iter().find(|definition| definition.spec.names.kind == kind)?;
        let version = definition.spec.versions.into_iter().next()?;
        let open = serde_json::to_value(version.schema?.open_api_v3_schema?).ok()?;
        Some(Self { kind: kind.to_owned(), open })
    }

    /// The kind's name.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The structural schema as the API server has it, with its CEL rules.
    pub const fn structural(&self) -> &Value {
        &self.open
    }

    /// The part of the schema that speaks of `path`.
    pub fn at(&self, path: &[Segment]) -> Option<&Value> {
        path.iter().try_fold(&self.open, |schema, segment| match segment {
            Segment::Key(key) => {
                schema.get("properties").and_then(|all| all.get(key)).or_else(|| schema.get("additionalProperties"))
            }
            Segment::Index(_) => schema.get("items"),
        })
    }

    /// The schema closed, with what every object has.
    fn closed(&self) -> Value {
        let mut schema = closed(&self.open);
        schema["properties"]["apiVersion"] =
            json!({ "const": format!("{}/{}", factory_crds::GROUP, factory_crds::VERSION) });
        schema["properties"]["kind"] = json!({ "const": self.kind });
        schema["properties"]["metadata"] = metadata();
        schema["required"] = json!(["apiVersion", "kind", "metadata", "spec"]);
        schema
    }
}

/// What a person may write under `metadata`.
fn metadata() -> Value {
    let texts = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    json!({
        "type": "object",
        "required": ["name"],
        "additionalProperties": false,
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 253, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" },
            "namespace": { "type": "string", "minLength": 1, "maxLength": 63, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" },
            "labels": texts,
            "annotations": texts,
            "finalizers": { "type": "array", "items": { "type": "string" } }
        }
    })
}

/// OpenAPI's structural schema as a JSON Schema in which unknown fields are errors.
fn closed(schema: &Value) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let mut result = Map::new();
    for (name, value) in fields {
        match name.as_str() {
            "properties" => {
                let all = value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), closed(value)));
                result.insert(name.clone(), Value::Object(all.collect()));
            }
            "items" | "additionalProperties" => {
                result.insert(name.clone(), closed(value));
            }
            "default" | "nullable" => {}
            _ => {
                result.insert(name.clone(), value.clone());
            }
        }
    }
    let keeps_unknown = fields.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
    if fields.contains_key("properties") && !keeps_unknown && !fields.contains_key("additionalProperties") {
        result.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    if fields.get("nullable") == Some(&Value::Bool(true))
        && let Some(kind) = result.get("type").cloned()
    {
        result.insert("type".to_owned(), json!([kind, "null"]));
    }
    Value::Object(result)
}

/// The definition of a document's kind; without one, the reason is added to `found`.
pub fn of(document: &Node, found: &mut Vec<Diagnostic>) -> Option<Definition> {
    let kind = document.get("kind").and_then(Node::text);
    let definition = kind.and_then(Definition::of_kind);
    if definition.is_none() {
        let names: Vec<_> = kinds::all().into_iter().map(|definition| definition.spec.names.kind).collect();
        let message = kind.map_or_else(
            || "is missing: a manifest says `kind: StateService`".to_owned(),
            |kind| format!("`{kind}` is no kind of {}; known are {}", factory_crds::GROUP, names.join(", ")),
        );
        let place = document.locate(&[Segment::Key("kind".to_owned())]);
        found.push(Diagnostic { place, severity: Severity::Error, path: "kind".to_owned(), message });
    }
    definition
}

/// Everything in `document` that the schema refuses.
pub fn violations(definition: &Definition, document: &Node, value: &Value) -> Vec<Diagnostic> {
    let validator: Validator = match jsonschema::validator_for(&definition.closed()) {
        Ok(validator) => validator,
        Err(error) => {
            // Never pass what could not be checked.
            let message = format!("the schema of {} could not be used: {error}", definition.kind);
            return vec![Diagnostic { place: document.place, severity: Severity::Error, path: String::new(), message }];
        }
    };
    let lines = validator.iter_errors(value).flat_map(|error| {
        let path = path_of_pointer(error.instance_path().as_str());
        phrase::lines(definition, &error, path)
    });
    let diagnostic = |line: phrase::Line| {
        let place = if line.is_of_name { document.locate_name(&line.path) } else { document.locate(&line.path) };
        Diagnostic { place, severity: Severity::Error, path: path_text(&line.path), message: line.message }
    };
    lines.map(diagnostic).collect()
}

/// What the operator's own types would refuse although the schema did not: the last net.
pub fn unparsable(document: &Node, value: &Value) -> Option<Diagnostic> {
    let error = StateServiceSpec::deserialize(value.get("spec")?).err()?;
    let path = vec![Segment::Key("spec".to_owned())];
    Some(Diagnostic {
        place: document.locate(&path),
        severity: Severity::Error,
        path: path_text(&path),
        message: error.to_string(),
    })
}

/// The definition of `StateService`, made once: a manifest has some hundred fields to explain.
pub fn state_service() -> Option<&'static Definition> {
    static DEFINITION: OnceLock<Option<Definition>> = OnceLock::new();
    DEFINITION.get_or_init(|| Definition::of_kind("StateService")).as_ref()
}

/// What the schema of a `StateService` says about `path`, in one line.
pub fn describe(path: &[Segment]) -> Option<String> {
    let definition = state_service()?;
    let schema = definition.at(path)?;
    let text = schema.get("description")?.as_str()?;
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(Value::Array(options)) = schema.get("enum") {
        let options: Vec<_> = options.iter().filter_map(Value::as_str).collect();
        line = format!("{line} One of {}.", options.join(", "));
    }
    Some(line)
}
