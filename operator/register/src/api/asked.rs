//! What an address asks for: its path and its query, refused as problem details where they cannot be read.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path, Query},
    http::request::Parts,
};
use factory_assurance::verdict::MAX_EXACT;
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use super::{Register, problem::Refusal};

/// Longest search, in characters: each word of it is looked for in every entry.
const LONGEST_SEARCH: usize = 200;

/// The parts of the path.
pub struct At<T>(pub T);

/// The query.
pub struct Asked<T>(pub T);

/// A service by its address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ServicePath {
    /// Participant: the namespace of the manifest.
    #[param(max_length = 253, min_length = 1, example = "social-registry")]
    pub participant: String,
    /// Name of the service.
    #[param(max_length = 253, min_length = 1, example = "registered-address")]
    pub service: String,
}

/// A submission by its id.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SubmissionPath {
    /// Id of the submission, as the register gave it.
    #[param(max_length = 253, min_length = 1)]
    pub id: String,
}

/// A number that every JSON reader keeps exactly: of an event, a size of the log, or seconds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u64")]
pub struct Number(pub u64);

impl TryFrom<u64> for Number {
    type Error = String;

    fn try_from(number: u64) -> Result<Self, String> {
        if number <= MAX_EXACT { Ok(Self(number)) } else { Err(format!("{number}, must be below 2^53")) }
    }
}

/// Words to look for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Search(pub String);

impl TryFrom<String> for Search {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.chars().count() {
            0..=LONGEST_SEARCH => Ok(Self(text)),
            more => Err(format!("{more} characters, must be at most {LONGEST_SEARCH}")),
        }
    }
}

/// The number of things in one answer: `asked`, or `most` where nothing is asked for.
pub fn limit(asked: Option<Number>, most: u32) -> Result<u32, Refusal> {
    let Some(Number(asked)) = asked else { return Ok(most) };
    let fits = u32::try_from(asked).ok().filter(|asked| (1..=most).contains(asked));
    fits.ok_or_else(|| Refusal::bad_request(format!("limit: {asked}, must be from 1 to {most}")))
}

/// No name, word or id holds the character U+0000, and databases differ in what they make of it.
fn without_nul(part: &str) -> Result<(), Refusal> {
    if part.contains("%00") {
        return Err(Refusal::bad_request("address: must not hold the character U+0000".to_owned()));
    }
    Ok(())
}

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Register>> for At<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, register: &Arc<Register>) -> Result<Self, Refusal> {
        without_nul(parts.uri.path())?;
        let read = Path::<T>::from_request_parts(parts, register).await;
        read.map(|Path(read)| Self(read)).map_err(|error| Refusal::bad_request(error.body_text()))
    }
}

impl<T: DeserializeOwned> FromRequestParts<Arc<Register>> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Register>) -> Result<Self, Refusal> {
        without_nul(parts.uri.query().unwrap_or_default())?;
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(read)| Self(read)).map_err(|error| Refusal::bad_request(error.body_text()))
    }
}
