//! The glossary: terms of the register as data (`data/glossary.json`), and the indicators that the standards in use
//! define (56.6).

use std::sync::OnceLock;

use factory_crds::{Text, resilience_standard::Indicator};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::store::{Store, StoreError};

/// Standards whose definitions are shown: the newest in use.
const STANDARDS: u32 = 50;

const TERMS: &str = include_str!("../data/glossary.json");

/// A term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Term {
    /// The word.
    pub term: Text,
    /// What it means here.
    pub meaning: Text,
    /// Items of the regulations that it comes from.
    pub item: String,
}

/// The indicators of a standard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Defined {
    /// `<name>@<version>` of the standard.
    pub standard: String,
    /// Its indicators.
    pub indicators: Vec<Indicator>,
}

/// Terms and indicators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Glossary {
    /// Terms.
    pub terms: Vec<Term>,
    /// Indicators by standard, the one that was used last first.
    pub standards: Vec<Defined>,
}

/// The terms.
#[must_use]
pub fn terms() -> &'static [Term] {
    static READ: OnceLock<Vec<Term>> = OnceLock::new();
    // A test reads it.
    READ.get_or_init(|| {
        serde_json::from_str(TERMS).unwrap_or_else(|error| {
            tracing::error!(%error, "the glossary that the register brings with it is damaged");
            Vec::new()
        })
    })
}

/// The glossary of now.
pub async fn of(store: &Store) -> Result<Glossary, StoreError> {
    let mut standards = Vec::new();
    for announcement in store.newest_announcements(STANDARDS).await? {
        let Some(made) = store.announcement(&announcement).await? else { continue };
        let standard = made.run.standard;
        if !standard.indicators.is_empty() {
            let name = format!("{}@{}", standard.name, standard.version);
            standards.push(Defined { standard: name, indicators: standard.indicators });
        }
    }
    Ok(Glossary { terms: terms().to_vec(), standards })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_has_a_word_and_a_meaning_in_three_languages() {
        assert!(terms().len() >= 15);
        for Term { term, meaning, item } in terms() {
            for text in [&term.ky, &term.ru, &term.en, &meaning.ky, &meaning.ru, &meaning.en, item] {
                assert!(!text.trim().is_empty(), "{term:?}");
            }
        }
    }
}
