//! What people wrote (67), beside the log and never in it: the log has a salted commitment to each text, this
//! table has salt and text. Whoever is to be forgotten loses both; the commitment alone tells nothing, and every
//! proof over the log still holds.
//!
//! *Architecture invariant:* a text is here exactly as long as the log says that it is kept, and it is the one
//! that was committed to.

use std::collections::BTreeMap;

use factory_assurance::canonical;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    announce::random,
    both::{Both, Rows, changed, on},
};

/// Random bytes in a salt.
const SALT_BYTES: usize = 32;

/// A text with its salt, under the commitment that the log has of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, sqlx::FromRow)]
#[serde(deny_unknown_fields)]
pub(super) struct Plaintext {
    pub(super) commitment: String,
    salt: String,
    text: String,
}

impl Plaintext {
    /// Commits to `text` under a new salt.
    pub(super) fn of(text: String) -> Result<Self, StoreError> {
        let salt = random::<SALT_BYTES>()?;
        let commitment = commitment(&salt, &text);
        Ok(Self { commitment, salt, text })
    }

    /// The text, if it is the one that was committed to.
    pub(super) fn opened(commitment: &str, salt: &str, text: String) -> Result<String, StoreError> {
        if self::commitment(salt, &text) == commitment {
            return Ok(text);
        }
        let found = "a text that is not the one that was committed to".to_owned();
        Err(StoreError::View { table: "plaintexts", found, expected: commitment.to_owned() })
    }

    /// Keeps it. One that is there already stays.
    pub(super) async fn keep(&self, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let kept = changed!(
            rows,
            sqlx::query(
                "INSERT INTO plaintexts (commitment, salt, text) VALUES ($1, $2, $3) ON CONFLICT (commitment) DO NOTHING"
            )
            .bind(&self.commitment)
            .bind(&self.salt)
            .bind(&self.text)
        );
        kept?;
        Ok(())
    }

    /// All of them.
    pub(super) async fn all(rows: &mut Rows<'_>) -> Result<Vec<Self>, StoreError> {
        let query = "SELECT commitment, salt, text FROM plaintexts ORDER BY commitment";
        Ok(on!(rows, db => sqlx::query_as(query).fetch_all(db).await)?)
    }
}

/// SHA-256 of salt and text, as contacts of item 17.7 are committed to.
fn commitment(salt: &str, text: &str) -> String {
    canonical::sha256(&[salt.as_bytes(), text.as_bytes()].concat())
}

/// Holds the texts against claims and contacts: each that is kept is there and is the one that was committed to, and
/// nothing else is.
pub(super) async fn hold(rows: &mut Rows<'_>) -> Result<(), StoreError> {
    let kept: Vec<String> = on!(rows, db => {
        sqlx::query_scalar(
            "SELECT words FROM claims WHERE words_forgotten IS NULL
             UNION ALL SELECT answer FROM claims WHERE answer IS NOT NULL AND words_forgotten IS NULL
             UNION ALL SELECT contact FROM claims WHERE contact IS NOT NULL AND contact_forgotten IS NULL
             UNION ALL SELECT commitment FROM contacts WHERE forgotten IS NULL",
        )
        .fetch_all(db)
        .await
    })?;
    let wrong =
        |found: &str, expected: String| StoreError::View { table: "plaintexts", found: found.to_owned(), expected };
    let mut found: BTreeMap<String, Plaintext> =
        Plaintext::all(rows).await?.into_iter().map(|plaintext| (plaintext.commitment.clone(), plaintext)).collect();
    for commitment in kept {
        let Some(Plaintext { salt, text, .. }) = found.remove(&commitment) else {
            return Err(wrong("no row", commitment));
        };
        Plaintext::opened(&commitment, &salt, text)?;
    }
    match found.into_keys().next() {
        Some(more) => Err(wrong(&more, "no row".to_owned())),
        None => Ok(()),
    }
}

impl Store {
    /// Lets the database give back the room of texts that were forgotten, so that they are in none of its files.
    /// What others are reading meanwhile may keep some of it until the next time.
    pub(super) async fn sweep(&self) -> Result<(), StoreError> {
        match &self.writer {
            Both::Sqlite(pool) => sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(pool).await.map(drop)?,
            Both::Postgres(pool) => sqlx::query("VACUUM plaintexts").execute(pool).await.map(drop)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_opens_to_its_own_text_only() {
        let Plaintext { commitment, salt, text } = Plaintext::of("anna@example.kg".to_owned()).unwrap();
        assert!(!commitment.contains("anna") && salt.len() == 2 * SALT_BYTES);
        assert_eq!(Plaintext::opened(&commitment, &salt, text.clone()).unwrap(), text);
        assert!(Plaintext::opened(&commitment, &salt, "another".to_owned()).is_err());
        assert!(Plaintext::opened(&commitment, &"0".repeat(64), text.clone()).is_err());
        // The same text has another commitment each time: nobody can tell who wrote twice.
        assert_ne!(Plaintext::of(text).unwrap().commitment, commitment);
    }
}
