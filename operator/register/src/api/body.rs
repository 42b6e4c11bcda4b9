//! The JSON document in the body of a request.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
};
use factory_assurance::verdict::MAX_EXACT;
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Register, problem::Refusal};

/// A body, whole and within its limit, that does not say that it is something else than JSON.
pub struct Body(Bytes);

impl Body {
    /// The document in it. A whole number may be written as `1.0`, which is an integer to JSON Schema.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.0).or_else(|error| {
            let whole = serde_json::from_slice(&self.0).map(whole).and_then(serde_json::from_value);
            whole.map_err(|_| Refusal::bad_request(format!("body: {error}")))
        })
    }

    /// Holds the document against the schema that the API's description shows for it.
    pub fn hold_against(&self, schema: &Validator) -> Result<(), Refusal> {
        let document: Value = self.read()?;
        match schema.iter_errors(&document).next() {
            None => Ok(()),
            Some(error) => {
                let detail = format!("body: {}: {error}", error.instance_path());
                Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
            }
        }
    }
}

/// `value` with whole numbers written as such.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "checked to be whole, and small enough to be exact"
)]
fn whole(value: Value) -> Value {
    const EXACT: f64 = MAX_EXACT as f64;
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= EXACT => (float as i64).into(),
            _ => Value::Number(number),
        },
        Value::Array(values) => values.into_iter().map(whole).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, whole(value))).collect(),
        other => other,
    }
}

impl FromRequest<Arc<Register>> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, register: &Arc<Register>) -> Result<Self, Refusal> {
        if let Some(kind) = request.headers().get(CONTENT_TYPE) {
            let kind = kind.to_str().unwrap_or_default();
            let essence = kind.split(';').next().unwrap_or_default().trim();
            if !essence.eq_ignore_ascii_case("application/json") {
                let detail = format!("Content-Type: must be application/json, not `{kind}`");
                return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
            }
        }
        let body = Bytes::from_request(request, register).await;
        body.map(Self).map_err(|error| Refusal::new(error.status(), format!("body: {}", error.body_text())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_number_is_an_integer_however_it_is_written() {
        let body = |text: &'static str| Body(Bytes::from_static(text.as_bytes()));
        assert_eq!(body("[1.0, 2, 1e3]").read::<Vec<u64>>().unwrap(), [1, 2, 1000]);
        for wrong in ["[1.5]", "[-1.0]", "[1e300]", "[\"1\"]", "[1.0"] {
            assert!(body(wrong).read::<Vec<u64>>().is_err(), "{wrong}");
        }
        assert_eq!(whole(json!({ "a": [1.0, 0.5, "1.0", null] })), json!({ "a": [1, 0.5, "1.0", null] }));
    }
}
