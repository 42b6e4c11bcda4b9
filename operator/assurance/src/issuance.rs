//! The regulator's issuance of a version of a standard: an in-toto statement over the whole content that judges, and the
//! day from which it holds. Only what was issued may be announced, so nobody is judged by a standard of the
//! administrator's own, under whatever name.
//!
//! *Architecture invariant:* pure. No file, no clock: on which day it is announced is the register's to know.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    canonical::{self, NotCanonical},
    confirmation::Verifier,
    delegation::terms::is_name,
    dossier::Statement,
    dsse::{Envelope, PublicKey},
    standard::Standard,
    statement::{StatementError, must_be, of_kind, opened, verifier},
};

/// Predicate type of an issuance.
pub const PREDICATE: &str = "https://factory.gov.kg/standard/v1";
/// Longest version of a standard, in characters, as its kind has it.
const LONGEST_VERSION: usize = 40;

/// An issuance.
pub type Issuance = Statement<Issued>;

/// What the regulator issues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Issued {
    /// Who issues it.
    pub verifier: Verifier,
    /// When it was signed, RFC 3339.
    pub time_signed: String,
    /// Day from which it holds, `YYYY-MM-DD`.
    pub effective_from: String,
    /// What judges.
    pub standard: Standard,
}

/// Why a statement issues nothing.
#[derive(Debug, thiserror::Error)]
pub enum IssuanceError {
    /// It is no statement of that kind.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A field is not what it must be.
    #[error("predicate.{field}: {rule}, not `{found}`")]
    Field {
        /// Which field.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
        /// As it stands there.
        found: String,
    },
    /// A digest could not be computed.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

/// Names the first field of what is issued that is not what it must be. What a standard may ask is for whoever made it to
/// know.
pub fn hold(standard: &Standard, effective_from: &str) -> Result<(), IssuanceError> {
    let Standard { name, version, class, load, .. } = standard;
    let stands = |in_order: bool, field: &'static str, rule: &'static str, found: &str| {
        let found = found.chars().take(60).collect();
        if in_order { Ok(()) } else { Err(IssuanceError::Field { field, rule, found }) }
    };
    stands(
        is_name(name),
        "standard.name",
        "must be 1 to 253 lower-case letters, digits, `-` and `.`, beginning with a letter or digit",
        name,
    )?;
    stands(is_version(version), "standard.version", "must be 1 to 40 letters, digits, `.`, `_` and `-`", version)?;
    stands(class.is_some(), "standard.class", "must say whom it judges", "")?;
    stands(load.is_some(), "standard.load", "must say under which load it judges", "")?;
    stands(is_day(effective_from), "effectiveFrom", "must be a day such as 2026-03-04", effective_from)
}

/// The statement by which `office` issues `standard` from the day `effective_from` on, signed at `time` (RFC 3339).
pub fn statement(
    standard: &Standard,
    effective_from: &str,
    office: &str,
    time: &str,
) -> Result<Issuance, NotCanonical> {
    let digest = canonical::digest(standard)?;
    let (effective_from, standard) = (effective_from.to_owned(), standard.clone());
    let predicate = Issued { verifier: verifier(office), time_signed: time.to_owned(), effective_from, standard };
    Ok(of_kind(PREDICATE, "standard", &digest, predicate))
}

/// Checks that `envelope` is an issuance in good order, signed with one of the regulator's `pinned` keys.
pub fn verify(envelope: &Envelope, pinned: &[PublicKey]) -> Result<Issuance, IssuanceError> {
    let found: Issuance = opened(envelope, pinned)?;
    let issued = &found.predicate;
    must_be(&found, (PREDICATE, "standard", &canonical::digest(&issued.standard)?), &issued.verifier)?;
    hold(&issued.standard, &issued.effective_from)?;
    Ok(found)
}

impl Standard {
    /// `<name>@<version>`.
    #[must_use]
    pub fn named(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// What it says, by field.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        serde_json::to_value(self).ok().and_then(|all| all.as_object().cloned()).unwrap_or_default()
    }
}

/// The first field that says something else `now` than what is `known`. One that does not stand there is one that nobody
/// knew of yet.
#[must_use]
pub fn differs<'a>(known: &'a Map<String, Value>, now: &Map<String, Value>) -> Option<&'a str> {
    known.iter().find(|(field, value)| now.get(*field) != Some(value)).map(|(field, _)| field.as_str())
}

/// Where the first field stands that is not the same in both: `standard.<field>`.
#[must_use]
pub fn first_other(known: &Map<String, Value>, now: &Map<String, Value>) -> String {
    let field = differs(known, now).or_else(|| differs(now, known));
    field.map_or_else(|| "standard".to_owned(), |field| format!("standard.{field}"))
}

/// It stands in an address, behind the standard's name.
fn is_version(version: &str) -> bool {
    (1..=LONGEST_VERSION).contains(&version.len())
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && version.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

/// Days of this one form are in the order of their texts.
fn is_day(text: &str) -> bool {
    text.parse::<Date>().is_ok_and(|day| day.to_string() == text)
}

#[cfg(test)]
mod tests;
