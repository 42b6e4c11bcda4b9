//! Versions of standards that the regulator has issued. A run is announced under exactly one of these and from its day
//! on, so whoever has the factory's cluster can be judged by no standard of their own.
//!
//! *Architecture invariant:* what was issued stays, and nobody changes it, not even the regulator: another content gets
//! another version.

mod read;

use factory_assurance::{
    issuance::{self, Issued},
    standard::Standard,
};

use super::{
    Store, StoreError, WriteError, Written,
    both::{Rows, changed, on},
    standards,
    views::{View, one},
    writing::Writing,
};
use crate::{
    log::event::{Event, Sealed, StandardIssued},
    pages::day,
};

pub(crate) use read::shown;

/// The view.
pub(super) const VIEW: View = ("issued", &["name", "version", "begins", "content", "seq"], &["seq"]);

/// Why a run is not announced under a standard, or a standard is not issued.
#[derive(Debug, thiserror::Error)]
pub enum IssuedError {
    /// Nobody issued it.
    #[error(
        "standard: `{0}` was not issued: the regulator issues it with `kubectl factory issue`, and the run is announced after that"
    )]
    Not(String),
    /// It was issued for later.
    #[error("standard: `{standard}` was issued from {begins} on, and today is {today}: the run is announced then")]
    Early {
        /// `<name>@<version>`.
        standard: String,
        /// Its first day, `YYYY-MM-DD`.
        begins: String,
        /// By the clock of the log.
        today: String,
    },
    /// It was issued with another content.
    #[error("{field}: not as `{standard}` was issued; a standard that is changed gets another version")]
    Other {
        /// The first field that differs.
        field: String,
        /// `<name>@<version>`.
        standard: String,
    },
}

/// What is known of a version: its first day, and its content as it was signed.
type Known = (String, String);

impl Store {
    /// Writes a verified issuance for `actor`. The same content from the same day on again is the same issuance; anything
    /// else under its name and version is refused, also where that was announced before anybody issued it.
    pub async fn issue(&self, actor: &str, issued: &Issued, made: StandardIssued) -> Result<Written<()>, WriteError> {
        let standard = &issued.standard;
        let mut writing = Writing::begin(self, actor).await?;
        if let Some((begins, content)) = known(&mut writing, standard).await? {
            same(standard, &content)?;
            if begins != issued.effective_from {
                return Err(other("effectiveFrom", standard).into());
            }
            return Ok(Written::Before(()));
        }
        standards::check(&mut writing, standard).await?;
        writing.append(&Sealed::of(Event::StandardIssued(made))?).await?;
        writing.commit().await?;
        Ok(Written::Now(()))
    }
}

/// Refuses a run under `standard`, unless it was issued as it is and holds today.
pub(super) async fn check(writing: &mut Writing<'_>, standard: &Standard) -> Result<(), WriteError> {
    let today = day(writing.time());
    let (begins, content) = known(writing, standard).await?.ok_or_else(|| IssuedError::Not(standard.named()))?;
    same(standard, &content)?;
    if begins > today {
        return Err(IssuedError::Early { standard: standard.named(), begins, today }.into());
    }
    Ok(())
}

/// The row that follows from the issuance number `seq`.
pub(super) async fn made(rows: &mut Rows<'_>, seq: i64, made: &StandardIssued) -> Result<(), StoreError> {
    let Issued { effective_from, standard, .. } = read::signed(made)?;
    let content = standards::written(&standard)?;
    one(changed!(
        rows,
        sqlx::query("INSERT INTO issued (name, version, begins, content, seq) VALUES ($1, $2, $3, $4, $5)")
            .bind(&standard.name)
            .bind(&standard.version)
            .bind(&effective_from)
            .bind(&content)
            .bind(seq)
    )?)
}

async fn known(writing: &mut Writing<'_>, standard: &Standard) -> Result<Option<Known>, StoreError> {
    Ok(on!(writing.transaction, db => {
        sqlx::query_as("SELECT begins, content FROM issued WHERE name = $1 AND version = $2")
            .bind(&standard.name)
            .bind(&standard.version)
            .fetch_optional(db)
            .await
    })?)
}

/// Refuses a `standard` that is not the issued `content`, whole: what a factory knows more of is not what was issued.
fn same(standard: &Standard, content: &str) -> Result<(), WriteError> {
    if standards::written(standard)? == content {
        return Ok(());
    }
    Err(other(&issuance::first_other(&standards::read(content)?, &standard.fields()), standard).into())
}

fn other(field: &str, standard: &Standard) -> IssuedError {
    IssuedError::Other { field: field.to_owned(), standard: standard.named() }
}
