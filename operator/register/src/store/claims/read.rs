//! Reads of claims: for the public those that are published, for the regulator all, for a supplier those that were
//! passed on. Each text is held against its commitment before it is shown.

use super::{Standing, kind_name};
use crate::{
    log::event::ClaimKind,
    store::{Store, StoreError, both::on, plaintexts::Plaintext, writing::row_number},
};

/// A claim as it stands.
#[derive(Clone, Debug)]
pub struct Held {
    /// Number of the event by which it came.
    pub seq: u64,
    /// Number of the last event that the public sees of it: the decision, or the answer.
    pub moved: u64,
    /// Its id.
    pub id: String,
    /// Participant whose service it is about.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// What it is.
    pub kind: ClaimKind,
    /// Language that it is written in.
    pub language: String,
    /// Whether its sender wants it published.
    pub publish: bool,
    /// Where it stands.
    pub state: Standing,
    /// Reason of the regulator's decision; empty where there is none.
    pub reason: String,
    /// When it came, RFC 3339.
    pub received: String,
    /// When it was decided, RFC 3339.
    pub decided: Option<String>,
    /// Its words, unless they were forgotten.
    pub words: Option<String>,
    /// How the sender is reached, unless that was forgotten or never told.
    pub contact: Option<String>,
    /// Whether a contact was told and forgotten.
    pub contact_forgotten: bool,
    /// The supplier's answer.
    pub answer: Option<Answer>,
}

/// A supplier's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When it was given, RFC 3339.
    pub at: String,
    /// Its words, unless they were forgotten.
    pub words: Option<String>,
}

/// Which claims to list, the newest first unless they wait.
#[derive(Clone, Copy, Debug)]
pub enum List<'a> {
    /// Those that wait for the regulator, the oldest first.
    Waiting,
    /// Those that were decided.
    Decided,
    /// What is public about a service, by what moved last.
    Published(&'a str, &'a str),
    /// What was passed on to a supplier.
    PassedOn(&'a str),
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    moved: i64,
    id: String,
    participant: String,
    service: String,
    kind: String,
    language: String,
    publish: i64,
    state: String,
    reason: String,
    received: String,
    decided: Option<String>,
    answered: Option<String>,
    words: String,
    words_salt: Option<String>,
    words_text: Option<String>,
    contact: Option<String>,
    contact_salt: Option<String>,
    contact_text: Option<String>,
    answer: Option<String>,
    answer_salt: Option<String>,
    answer_text: Option<String>,
    contact_forgotten: Option<i64>,
}

const CLAIMS: &str =
    "SELECT this.seq, COALESCE(this.answered, this.decided, this.seq) AS moved, this.id, this.participant,
     this.service, this.kind, this.language, this.publish, this.state, this.reason, came.time AS received,
     decision.time AS decided, answering.time AS answered, this.words, w.salt AS words_salt, w.text AS words_text,
     this.contact, c.salt AS contact_salt, c.text AS contact_text, this.answer, a.salt AS answer_salt,
     a.text AS answer_text, this.contact_forgotten
 FROM claims AS this JOIN events AS came ON came.seq = this.seq
 LEFT JOIN events AS decision ON decision.seq = this.decided
 LEFT JOIN events AS answering ON answering.seq = this.answered
 LEFT JOIN plaintexts AS w ON w.commitment = this.words
 LEFT JOIN plaintexts AS c ON c.commitment = this.contact
 LEFT JOIN plaintexts AS a ON a.commitment = this.answer";

/// `claims!(store, "WHERE … $1 …", value, …)`: the claims under these conditions.
macro_rules! claims {
    ($store:expr, $conditions:expr $(, $value:expr)* $(,)?) => {{
        let query = sqlx::AssertSqlSafe(format!("{CLAIMS} {}", $conditions));
        let rows: Vec<Row> = on!($store.readers, db => sqlx::query_as(query)$(.bind($value))*.fetch_all(db).await)?;
        rows.into_iter().map(Held::of).collect::<Result<Vec<Held>, StoreError>>()
    }};
}

impl Store {
    /// The claim with this id.
    pub async fn claim_of(&self, id: &str) -> Result<Option<Held>, StoreError> {
        Ok(claims!(self, "WHERE this.id = $1", id)?.pop())
    }

    /// At most `most` claims of `list` before event `before`.
    pub async fn claims(&self, list: List<'_>, before: Option<u64>, most: u32) -> Result<Vec<Held>, StoreError> {
        let (before, most) = (before.map_or(i64::MAX, row_number), i64::from(most));
        match list {
            List::Waiting => claims!(
                self,
                "WHERE this.state = $1 AND this.seq < $2 ORDER BY this.seq LIMIT $3",
                Standing::Received.name(),
                before,
                most
            ),
            List::Decided => claims!(
                self,
                "WHERE this.state <> $1 AND this.seq < $2 ORDER BY this.seq DESC LIMIT $3",
                Standing::Received.name(),
                before,
                most
            ),
            List::Published(participant, service) => claims!(
                self,
                "WHERE this.participant = $1 AND this.service = $2 AND this.state = $3 AND this.words_forgotten IS NULL
                   AND COALESCE(this.answered, this.decided) < $4
                 ORDER BY COALESCE(this.answered, this.decided) DESC LIMIT $5",
                participant,
                service,
                Standing::Published.name(),
                before,
                most
            ),
            List::PassedOn(participant) => claims!(
                self,
                "WHERE this.participant = $1 AND this.state IN ($2, $3) AND this.seq < $4 ORDER BY this.seq DESC LIMIT $5",
                participant,
                Standing::Published.name(),
                Standing::Kept.name(),
                before,
                most
            ),
        }
    }
}

impl Held {
    fn of(row: Row) -> Result<Self, StoreError> {
        let kinds = [ClaimKind::Claim, ClaimKind::Response];
        let kind = kinds.into_iter().find(|kind| kind_name(*kind) == row.kind);
        let kind = kind.ok_or_else(|| StoreError::Row(format!("unknown kind of a claim `{}`", row.kind)))?;
        let opened = |commitment: &str, salt: Option<String>, text: Option<String>| match (salt, text) {
            (Some(salt), Some(text)) => Plaintext::opened(commitment, &salt, text).map(Some),
            _ => Ok(None),
        };
        let contact = row.contact.as_deref().unwrap_or_default();
        let answer = row.answer.as_deref().unwrap_or_default();
        let answer = opened(answer, row.answer_salt, row.answer_text)?;
        Ok(Self {
            seq: row.seq.unsigned_abs(),
            moved: row.moved.unsigned_abs(),
            kind,
            state: Standing::parse(&row.state)?,
            words: opened(&row.words, row.words_salt, row.words_text)?,
            contact: opened(contact, row.contact_salt, row.contact_text)?,
            contact_forgotten: row.contact.is_some() && row.contact_forgotten.is_some(),
            answer: row.answered.map(|at| Answer { at, words: answer }),
            id: row.id,
            participant: row.participant,
            service: row.service,
            language: row.language,
            publish: row.publish == 1,
            reason: row.reason,
            received: row.received,
            decided: row.decided,
        })
    }
}
