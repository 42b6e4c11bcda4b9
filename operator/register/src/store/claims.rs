//! Writes of claims and responses (67): what a user sent, what the regulator decided of it, what the supplier
//! answered, and that a person was forgotten. Each is an event; texts are kept beside the log.

mod read;

use super::{
    Store, StoreError, WriteError, Written, announce::new_id, both::on, plaintexts::Plaintext, writing::Writing,
};
use crate::log::event::{
    ClaimAnswered, ClaimDecided, ClaimDecision, ClaimForgotten, ClaimKind, ClaimMade, Event, Sealed,
};

pub use read::{Answer, Held, List};

/// Actor of what nobody signed in for.
pub const PUBLIC: &str = "public";
/// Claims of one service that may wait for the regulator: a flood from many addresses ends here.
const MOST_WAITING: i64 = 1000;

/// What a user sends, after it was found to be fit.
#[derive(Clone, Debug)]
pub struct Said {
    /// Idempotency key.
    pub key: String,
    /// Participant whose service it is about.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// What it is.
    pub kind: ClaimKind,
    /// Language that it is written in.
    pub language: String,
    /// Whether it is to be published.
    pub publish: bool,
    /// Its words.
    pub words: String,
    /// How the sender is reached.
    pub contact: Option<String>,
}

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub enum Standing {
    /// The regulator has not considered it yet.
    Received,
    /// It is public, and with the supplier.
    Published,
    /// It is with the supplier alone.
    Kept,
    /// It went to nobody.
    Refused,
}

/// Why nothing was done with a claim.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// There is nothing to claim about.
    #[error("the register has no entry {0}/{1}, so nothing can be said about it")]
    NoService(String, String),
    /// No claim has this id.
    #[error("no claim has the id `{0}`")]
    Unknown(String),
    /// The same was sent before.
    #[error("words: the same words were sent about {0}/{1} before; they are not taken twice")]
    Twice(String, String),
    /// Too many wait.
    #[error("{MOST_WAITING} claims about {0}/{1} wait for the regulator; no more are taken until some are considered")]
    Full(String, String),
    /// It stands elsewhere already.
    #[error("claim {id}: is {state:?}: {rule}")]
    Stands {
        /// Id of the claim.
        id: String,
        /// Where it stands.
        state: Standing,
        /// What follows.
        rule: &'static str,
    },
}

impl Standing {
    /// As the view names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "Received",
            Self::Published => "Published",
            Self::Kept => "Kept",
            Self::Refused => "Refused",
        }
    }

    /// The one that the view names so.
    pub(super) fn parse(name: &str) -> Result<Self, StoreError> {
        let all = [Self::Received, Self::Published, Self::Kept, Self::Refused];
        let named = all.into_iter().find(|standing| standing.name() == name);
        named.ok_or_else(|| StoreError::Row(format!("unknown standing of a claim `{name}`")))
    }

    /// Where a claim stands after this decision.
    #[must_use]
    pub const fn after(decision: ClaimDecision) -> Self {
        match decision {
            ClaimDecision::Publish => Self::Published,
            ClaimDecision::Keep => Self::Kept,
            ClaimDecision::Refuse => Self::Refused,
        }
    }
}

/// A kind as the view names it.
pub(super) const fn kind_name(kind: ClaimKind) -> &'static str {
    match kind {
        ClaimKind::Claim => "Claim",
        ClaimKind::Response => "Response",
    }
}

impl Store {
    /// Writes what a user sent; answers its id. The same under the same key is the same claim.
    pub async fn claim(&self, said: Said) -> Result<Written<String>, WriteError> {
        let mut writing = Writing::begin(self, PUBLIC).await?;
        if let Some(before) = repeated(&mut writing, &said).await? {
            return Ok(Written::Before(before));
        }
        let Said { key, participant, service, kind, language, publish, words, contact } = said;
        let words = Plaintext::of(words)?;
        let contact = contact.map(Plaintext::of).transpose()?;
        let id = new_id()?;
        let made = ClaimMade {
            id: id.clone(),
            key,
            participant,
            service,
            kind,
            language,
            publish,
            words: words.commitment.clone(),
            contact: contact.as_ref().map(|contact| contact.commitment.clone()),
        };
        writing.append(&Sealed::of(Event::Claim(made))?).await?;
        for plaintext in [Some(words), contact].into_iter().flatten() {
            plaintext.keep(&mut writing.transaction.executor()).await?;
        }
        writing.commit().await?;
        Ok(Written::Now(id))
    }

    /// Writes what the regulator decided of a claim, once.
    pub async fn decide_claim(
        &self,
        actor: &str,
        id: &str,
        decision: ClaimDecision,
        reason: &str,
    ) -> Result<Written<()>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        let Row { state, publish, reason: before, .. } = find(&mut writing, id).await?;
        match state {
            Standing::Received if decision == ClaimDecision::Publish && !publish => {
                return Err(stands(id, state, "its sender did not choose that it is published").into());
            }
            Standing::Received => {}
            state if state == Standing::after(decision) && before == reason => return Ok(Written::Before(())),
            state => return Err(stands(id, state, "what was decided stays").into()),
        }
        let decided = ClaimDecided { claim: id.to_owned(), decision, reason: reason.to_owned() };
        writing.append(&Sealed::of(Event::ClaimDecision(decided))?).await?;
        writing.commit().await?;
        Ok(Written::Now(()))
    }

    /// Writes the supplier's answer, once.
    pub async fn answer_claim(&self, actor: &str, id: &str, words: String) -> Result<Written<()>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        let Row { state, answer, words_forgotten, .. } = find(&mut writing, id).await?;
        if words_forgotten.is_some() {
            return Err(stands(id, state, "what was said was forgotten, and nothing is answered to it").into());
        }
        if !matches!(state, Standing::Published | Standing::Kept) {
            return Err(stands(id, state, "the regulator has not passed it on to the supplier").into());
        }
        if let Some(answer) = answer {
            if text_of(&mut writing, &answer).await?.as_ref() == Some(&words) {
                return Ok(Written::Before(()));
            }
            return Err(stands(id, state, "it was answered with other words, which stay").into());
        }
        let answer = Plaintext::of(words)?;
        let answered = ClaimAnswered { claim: id.to_owned(), answer: answer.commitment.clone() };
        writing.append(&Sealed::of(Event::ClaimAnswer(answered))?).await?;
        answer.keep(&mut writing.transaction.executor()).await?;
        writing.commit().await?;
        Ok(Written::Now(()))
    }

    /// Forgets the sender's contact, and with `words` all that was written too: salts and texts are removed, the
    /// commitments in the log stay and tell nothing.
    pub async fn forget(&self, actor: &str, id: &str, words: bool, reason: &str) -> Result<Written<()>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        let Row { state, contact_forgotten, words_forgotten, .. } = find(&mut writing, id).await?;
        if words_forgotten.is_some() || (contact_forgotten.is_some() && !words) {
            return Ok(Written::Before(()));
        }
        if words && state == Standing::Received {
            return Err(stands(id, state, "it is decided first, and forgotten then").into());
        }
        let made = ClaimForgotten { claim: id.to_owned(), words, reason: reason.to_owned() };
        writing.append(&Sealed::of(Event::Forgetting(made))?).await?;
        writing.commit().await?;
        // It is committed: that some of its room is still to be swept is no reason to tell otherwise.
        if let Err(error) = self.sweep().await {
            tracing::warn!(%error, claim = id, "forgotten, and the room is not given back yet");
        }
        Ok(Written::Now(()))
    }
}

/// What decides about a claim.
#[derive(sqlx::FromRow)]
struct Standings {
    state: String,
    publish: i64,
    reason: String,
    answer: Option<String>,
    contact_forgotten: Option<i64>,
    words_forgotten: Option<i64>,
}

struct Row {
    state: Standing,
    publish: bool,
    reason: String,
    answer: Option<String>,
    contact_forgotten: Option<i64>,
    words_forgotten: Option<i64>,
}

async fn find(writing: &mut Writing<'_>, id: &str) -> Result<Row, WriteError> {
    let row: Option<Standings> = on!(writing.transaction, db => {
        sqlx::query_as(
            "SELECT state, publish, reason, answer, contact_forgotten, words_forgotten FROM claims WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(db)
        .await
    })?;
    let Standings { state, publish, reason, answer, contact_forgotten, words_forgotten } =
        row.ok_or_else(|| ClaimError::Unknown(id.to_owned()))?;
    let (state, publish) = (Standing::parse(&state)?, publish == 1);
    Ok(Row { state, publish, reason, answer, contact_forgotten, words_forgotten })
}

/// The claim that `said` repeats; an error where it may not be taken.
async fn repeated(writing: &mut Writing<'_>, said: &Said) -> Result<Option<String>, WriteError> {
    let Said { key, participant, service, .. } = said;
    let before: Option<(String, String, String, i64, String, Option<String>)> = on!(writing.transaction, db => {
        sqlx::query_as(
            "SELECT id, kind, language, publish, words, contact FROM claims
             WHERE participant = $1 AND service = $2 AND key = $3",
        )
        .bind(participant)
        .bind(service)
        .bind(key)
        .fetch_optional(db)
        .await
    })?;
    if let Some((id, kind, language, publish, words, contact)) = before {
        let held = match &contact {
            Some(contact) => text_of(writing, contact).await?,
            None => None,
        };
        let same = (kind.as_str(), &language, publish == 1) == (kind_name(said.kind), &said.language, said.publish)
            && text_of(writing, &words).await?.as_ref() == Some(&said.words)
            && held == said.contact;
        return if same { Ok(Some(id)) } else { Err(WriteError::Key(key.clone())) };
    }
    let entered: i64 = on!(writing.transaction, db => {
        sqlx::query_scalar("SELECT COUNT(*) FROM entries WHERE participant = $1 AND service = $2")
            .bind(participant)
            .bind(service)
            .fetch_one(db)
            .await
    })?;
    if entered == 0 {
        return Err(ClaimError::NoService(participant.clone(), service.clone()).into());
    }
    let (waiting, same): (i64, i64) = on!(writing.transaction, db => {
        sqlx::query_as(
            "SELECT COUNT(CASE WHEN claims.state = $3 THEN 1 END), COUNT(CASE WHEN plaintexts.text = $4 THEN 1 END)
             FROM claims LEFT JOIN plaintexts ON plaintexts.commitment = claims.words
             WHERE claims.participant = $1 AND claims.service = $2",
        )
        .bind(participant)
        .bind(service)
        .bind(Standing::Received.name())
        .bind(&said.words)
        .fetch_one(db)
        .await
    })?;
    if same > 0 {
        return Err(ClaimError::Twice(participant.clone(), service.clone()).into());
    }
    if waiting >= MOST_WAITING {
        return Err(ClaimError::Full(participant.clone(), service.clone()).into());
    }
    Ok(None)
}

/// The text that was committed to, unless it was forgotten.
async fn text_of(writing: &mut Writing<'_>, commitment: &str) -> Result<Option<String>, StoreError> {
    Ok(on!(writing.transaction, db => {
        sqlx::query_scalar("SELECT text FROM plaintexts WHERE commitment = $1").bind(commitment).fetch_optional(db).await
    })?)
}

fn stands(id: &str, state: Standing, rule: &'static str) -> ClaimError {
    ClaimError::Stands { id: id.to_owned(), state, rule }
}
