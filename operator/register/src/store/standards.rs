//! Which content a version of a standard has: the first that was announced, for ever. What was announced before the
//! regulator issued standards ([`super::issued`]) can be issued as it was, and in no other way.

use factory_assurance::{canonical, issuance, standard::Standard};
use serde_json::{Map, Value};

use super::{
    StoreError, WriteError,
    both::{Rows, changed, on},
    views::View,
    writing::Writing,
};

/// The newest form of each version: a later factory may know more of a standard than an earlier one.
pub(super) const VIEW: View = ("standards", &["name", "version", "content", "seq"], &["name", "version"]);

/// The row that follows from the announcement number `seq`.
pub(super) async fn announced(rows: &mut Rows<'_>, seq: i64, standard: &Standard) -> Result<(), StoreError> {
    let content = written(standard)?;
    changed!(
        rows,
        sqlx::query(
            "INSERT INTO standards (name, version, content, seq) VALUES ($1, $2, $3, $4)
             ON CONFLICT (name, version) DO UPDATE SET content = excluded.content, seq = excluded.seq
             WHERE standards.content <> excluded.content",
        )
        .bind(&standard.name)
        .bind(&standard.version)
        .bind(&content)
        .bind(seq)
    )?;
    Ok(())
}

/// Refuses `standard` where another content was announced under its name and version.
pub(super) async fn check(writing: &mut Writing<'_>, standard: &Standard) -> Result<(), WriteError> {
    let known: Option<String> = on!(writing.transaction, db => {
        sqlx::query_scalar("SELECT content FROM standards WHERE name = $1 AND version = $2")
            .bind(&standard.name)
            .bind(&standard.version)
            .fetch_optional(db)
            .await
    })?;
    let Some(known) = known else { return Ok(()) };
    match issuance::differs(&read(&known)?, &standard.fields()) {
        None => Ok(()),
        Some(field) => Err(WriteError::Standard { standard: standard.named(), field: field.to_owned() }),
    }
}

/// Its canonical form.
pub(super) fn written(standard: &Standard) -> Result<String, StoreError> {
    let bytes = canonical::bytes(standard).map_err(|error| StoreError::Row(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| StoreError::Row(error.to_string()))
}

/// The fields of a canonical form.
pub(super) fn read(content: &str) -> Result<Map<String, Value>, StoreError> {
    serde_json::from_str(content).map_err(|error| StoreError::Row(format!("standards.content: {error}")))
}
