//! Writes and reads of requests for access (14, 23). Each decision is an event; name and contact of a person are kept
//! beside the log, which has commitments to them.

use super::{
    Store, StoreError, WriteError, Written,
    announce::new_id,
    both::on,
    plaintexts::Plaintext,
    read::unexpected,
    writing::{Writing, row_number},
};
use crate::log::event::{AccessGranted, AccessRefused, AccessRequested, AccessTaken, Event, Sealed};

use super::claims::PUBLIC;

/// Requests that may wait: a flood from many addresses ends here.
const MOST_WAITING: i64 = 1000;
/// Most requests in a list.
const MOST: i64 = 1000;

/// What somebody asks for, after it was found to be fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Idempotency key.
    pub key: String,
    /// For whom.
    pub organisation: String,
    /// Its number in the register of legal entities.
    pub registration_number: String,
    /// On which act or power it rests.
    pub basis: String,
    /// What access is wanted for.
    pub wants: String,
    /// Language that it is written in.
    pub language: String,
    /// Who asks.
    pub name: String,
    /// How they are reached.
    pub contact: String,
}

/// What the regulator decides of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Access is granted as this participant.
    Grant(String),
    /// It is refused, with a reason.
    Refuse(String),
    /// It is taken again, on a ground.
    Take(String),
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub enum Standing {
    /// The regulator has not considered it yet.
    Received,
    /// Access was granted.
    Granted,
    /// It was refused.
    Refused,
    /// It was granted, and taken again.
    Taken,
}

/// Why nothing was done with a request.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No request has this id.
    #[error("no request for access has the id `{0}`")]
    Unknown(String),
    /// Too many wait.
    #[error("{MOST_WAITING} requests for access wait for the regulator; no more are taken until some are considered")]
    Full,
    /// It stands elsewhere.
    #[error("request {id} is {state:?}: {rule}")]
    Stands {
        /// Id of the request.
        id: String,
        /// Where it stands.
        state: Standing,
        /// What follows.
        rule: &'static str,
    },
}

/// A request as it stands.
#[derive(Clone, Debug)]
pub struct Held {
    /// Number of the event by which it came.
    pub seq: u64,
    /// What was asked; name and contact are commitments.
    pub asked: AccessRequested,
    /// When, RFC 3339.
    pub received: String,
    /// Where it stands.
    pub state: Standing,
    /// Reason of a refusal or ground of a taking; empty otherwise.
    pub reason: String,
    /// Participant that access was granted as; empty before.
    pub participant: String,
    /// Who asked, unless that was forgotten.
    pub name: Option<String>,
    /// How they are reached, unless that was forgotten.
    pub contact: Option<String>,
}

impl Standing {
    /// As the view names it.
    #[must_use]
    pub const fn row(self) -> &'static str {
        match self {
            Self::Received => "Received",
            Self::Granted => "Granted",
            Self::Refused => "Refused",
            Self::Taken => "Taken",
        }
    }

    fn parse(name: &str) -> Result<Self, StoreError> {
        let all = [Self::Received, Self::Granted, Self::Refused, Self::Taken];
        let named = all.into_iter().find(|standing| standing.row() == name);
        named.ok_or_else(|| StoreError::Row(format!("unknown standing of a request for access `{name}`")))
    }
}

type Row = (i64, String, String, String);

impl Store {
    /// Writes what somebody asks for; answers its id. The same under the same key is the same request.
    pub async fn ask_for_access(&self, asked: Asked) -> Result<Written<String>, WriteError> {
        let mut writing = Writing::begin(self, PUBLIC).await?;
        if let Some(id) = repeated(&mut writing, &asked).await? {
            return Ok(Written::Before(id));
        }
        let waiting: i64 = on!(writing.transaction, db => {
            sqlx::query_scalar("SELECT COUNT(*) FROM access_requests WHERE state = $1")
                .bind(Standing::Received.row())
                .fetch_one(db)
                .await
        })?;
        if waiting >= MOST_WAITING {
            return Err(AccessError::Full.into());
        }
        let Asked { key, organisation, registration_number, basis, wants, language, name, contact } = asked;
        let (name, contact, id) = (Plaintext::of(name)?, Plaintext::of(contact)?, new_id()?);
        let (of_name, of_contact) = (name.commitment.clone(), contact.commitment.clone());
        let requested = AccessRequested {
            id: id.clone(),
            key,
            organisation,
            registration_number,
            basis,
            wants,
            language,
            name: of_name,
            contact: of_contact,
        };
        writing.append(&Sealed::of(Event::AccessRequest(requested))?).await?;
        for plaintext in [name, contact] {
            plaintext.keep(&mut writing.transaction.executor()).await?;
        }
        writing.commit().await?;
        Ok(Written::Now(id))
    }

    /// Writes what the regulator decided of a request. The same decision again changes nothing.
    pub async fn decide_access(&self, actor: &str, id: &str, decision: Decision) -> Result<Written<()>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        let row: Option<(String, String, String)> = on!(writing.transaction, db => {
            sqlx::query_as("SELECT state, reason, participant FROM access_requests WHERE id = $1")
                .bind(id)
                .fetch_optional(db)
                .await
        })?;
        let (state, reason, participant) = row.ok_or_else(|| AccessError::Unknown(id.to_owned()))?;
        let state = Standing::parse(&state)?;
        let same = match &decision {
            Decision::Grant(as_participant) => state == Standing::Granted && *as_participant == participant,
            Decision::Refuse(why) => state == Standing::Refused && *why == reason,
            Decision::Take(why) => state == Standing::Taken && *why == reason,
        };
        if same {
            return Ok(Written::Before(()));
        }
        let rule = match (&decision, state) {
            (Decision::Take(_), Standing::Granted) | (Decision::Grant(_) | Decision::Refuse(_), Standing::Received) => {
                ""
            }
            (Decision::Take(_), _) => "only access that was granted can be taken",
            _ => "what was decided stays",
        };
        if !rule.is_empty() {
            return Err(AccessError::Stands { id: id.to_owned(), state, rule }.into());
        }
        let request = id.to_owned();
        let event = match decision {
            Decision::Grant(participant) => Event::AccessGranted(AccessGranted { request, participant }),
            Decision::Refuse(reason) => Event::AccessRefused(AccessRefused { request, reason }),
            Decision::Take(reason) => Event::AccessTaken(AccessTaken { request, reason }),
        };
        writing.append(&Sealed::of(event)?).await?;
        writing.commit().await?;
        Ok(Written::Now(()))
    }

    /// The request with this id.
    pub async fn access_request(&self, id: &str) -> Result<Option<Held>, StoreError> {
        let row: Option<Row> = on!(self.readers, db => {
            sqlx::query_as("SELECT seq, state, reason, participant FROM access_requests WHERE id = $1")
                .bind(id)
                .fetch_optional(db)
                .await
        })?;
        match row {
            Some(row) => self.asked(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Requests, the newest first, before event `before`.
    pub async fn access_requests(&self, before: Option<u64>, most: u32) -> Result<Vec<Held>, StoreError> {
        let rows: Vec<Row> = on!(self.readers, db => {
            sqlx::query_as(
                "SELECT seq, state, reason, participant FROM access_requests WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
            )
            .bind(before.map_or(i64::MAX, row_number))
            .bind(i64::from(most).min(MOST))
            .fetch_all(db)
            .await
        })?;
        let mut held = Vec::with_capacity(rows.len());
        for row in rows {
            held.push(self.asked(row).await?);
        }
        Ok(held)
    }

    async fn asked(&self, (seq, state, reason, participant): Row) -> Result<Held, StoreError> {
        let (received, asked) = match self.event(seq).await? {
            (time, Event::AccessRequest(asked)) => (time, asked),
            (_, other) => return Err(unexpected(seq, &other)),
        };
        let (name, contact) = (self.opened(&asked.name).await?, self.opened(&asked.contact).await?);
        let (seq, state) = (seq.unsigned_abs(), Standing::parse(&state)?);
        Ok(Held { seq, asked, received, state, reason, participant, name, contact })
    }
}

/// The request that this repeats; an error where it contradicts one.
async fn repeated(writing: &mut Writing<'_>, new: &Asked) -> Result<Option<String>, WriteError> {
    let before: Option<(String, Vec<u8>)> = on!(writing.transaction, db => {
        sqlx::query_as(
            "SELECT access_requests.id, events.bytes FROM access_requests JOIN events ON events.seq = access_requests.seq
             WHERE access_requests.key = $1",
        )
        .bind(&new.key)
        .fetch_optional(db)
        .await
    })?;
    let Some((id, bytes)) = before else { return Ok(None) };
    let contradicts = || WriteError::Key(new.key.clone());
    let Event::AccessRequest(old) = Event::read("access-request", &bytes).map_err(StoreError::from)? else {
        return Err(contradicts());
    };
    let AccessRequested { id: _, key: _, organisation, registration_number, basis, wants, language, name, contact } =
        old;
    let mut same = (&organisation, &registration_number, &basis, &wants, &language)
        == (&new.organisation, &new.registration_number, &new.basis, &new.wants, &new.language);
    for (commitment, text) in [(&name, &new.name), (&contact, &new.contact)] {
        let held: Option<String> = on!(writing.transaction, db => {
            sqlx::query_scalar("SELECT text FROM plaintexts WHERE commitment = $1").bind(commitment).fetch_optional(db).await
        })?;
        // Whoever does not know what was forgotten either is told nothing of it.
        same = same && held.as_ref() == Some(text);
    }
    if same { Ok(Some(id)) } else { Err(contradicts()) }
}
