//! What people did, from the log: the newest first, in pages.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{StatusCode, Uri},
    response::Response,
};
use factory_assurance::report::Language;
use serde::Deserialize;

use super::{
    signed_in::SignedIn,
    words::{self, Words},
};
use crate::{
    api::Register,
    log::event::Event,
    pages::{self, grounds, moment},
    store::{
        Store, StoreError,
        cases::{Act, Case},
    },
};

/// Acts on one page.
const MOST: u32 = 50;

/// An act, as people read it.
pub struct Shown {
    /// Number of its event.
    pub seq: u64,
    /// When, RFC 3339.
    pub time: String,
    /// User name at the cluster's API server.
    pub actor: String,
    /// What was done, in words.
    pub what: &'static str,
    /// Participant and service, and release where it is of one.
    pub about: String,
    /// The submission that it was done to.
    pub submission: Option<String>,
    /// Reason, or who stands in the confirmation.
    pub reason: String,
}

#[derive(Default, Deserialize)]
struct AuditQuery {
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    acts: Vec<Shown>,
    older: Option<String>,
}

/// The audit trail.
pub async fn audit(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Response {
    let language = who.language;
    let Query(AuditQuery { before }) = Query::try_from_uri(&uri).unwrap_or_default();
    let own = words::of(language);
    let made = async {
        let mut acts = register.store.acts(before.and_then(|before| before.parse().ok()), MOST + 1).await?;
        let more = crate::store::cut(&mut acts, MOST);
        let last = acts.last().map(|act| act.seq).filter(|_| more);
        let mut shown = Vec::with_capacity(acts.len());
        for act in acts {
            shown.push(show(&register.store, act, language).await?);
        }
        Ok::<_, StoreError>((shown, last))
    };
    let (acts, last) = match made.await {
        Ok(made) => made,
        Err(error) => return pages::unavailable(language, error),
    };
    let older = last.map(|seq| format!("/console/audit?before={seq}&lang={}", language.tag()));
    let words = pages::words::of(language);
    let page = AuditPage { words, own, language, keep: String::new(), here: "audit", who: &who, acts, older };
    pages::render(StatusCode::OK, language, &page)
}

/// `act` in the words of `language`.
pub async fn show(store: &Store, act: Act, language: Language) -> Result<Shown, StoreError> {
    let what = words::of(language).act(&act.event);
    let sealed = |seal: Option<String>| {
        let words = grounds::of(language);
        seal.map(|organisation| format!("{} {organisation}, {}", words.sealed_by, words.by_a_server))
    };
    let by = |person: String, seal| match sealed(seal) {
        Some(sealed) => format!("{person}; {sealed}"),
        None => person,
    };
    let of = |case: &Case| case.summary.subject.resource();
    let (submission, about, reason) = match act.event {
        Event::Confirmation(given) => (Some(given.submission), String::new(), String::new()),
        Event::Return(made) => (Some(made.submission), String::new(), made.reason),
        Event::Entry(made) => (Some(made.submission), String::new(), by(made.confirmed_by, made.sealed_by)),
        Event::Withdrawal(made) => (None, format!("{}/{}", made.participant, made.service), made.reason),
        Event::Instruction(made) => (None, format!("{}/{}", made.participant, made.service), made.finding),
        Event::InstructionClosed(made) => (Some(made.submission), String::new(), String::new()),
        Event::InstructionWithdrawn(made) => (None, instructed(store, &made.instruction).await?, made.reason),
        Event::Exclusion(made) => {
            (None, format!("{}/{}", made.participant, made.service), format!("{} ({})", made.reason, made.item))
        }
        Event::ClaimDecision(decided) => (None, claim(store, &decided.claim).await?, decided.reason),
        Event::ClaimAnswer(answered) => (None, claim(store, &answered.claim).await?, String::new()),
        Event::Forgetting(made) => (None, claim(store, &made.claim).await?, made.reason),
        Event::Object(taken) => (None, format!("{}/{}", taken.object.participant, taken.object.name), String::new()),
        Event::ObjectReturn(made) => (None, object(store, &made.object).await?, made.reason),
        Event::ObjectConfirmation(made) => (None, object(store, &made.object).await?, String::new()),
        Event::ObjectEntry(made) => {
            let by = by(made.confirmed_by, made.sealed_by);
            (None, format!("{}/{}", made.object.participant, made.object.name), by)
        }
        Event::ContactsForgotten(made) => (None, source(store, &made.of).await?, made.reason),
        Event::AccessRequest(asked) => (None, asked.organisation, asked.wants),
        Event::AccessGranted(made) => (None, source(store, &made.request).await?, made.participant),
        Event::AccessRefused(made) => (None, source(store, &made.request).await?, made.reason),
        Event::AccessTaken(made) => (None, source(store, &made.request).await?, made.reason),
        Event::Delegation(given) => {
            (None, delegated(store, &given.id).await?, sealed(given.sealed_by).unwrap_or_default())
        }
        Event::Revocation(made) => (None, delegated(store, &made.delegation).await?, String::new()),
        Event::DelegationUse(made) => (Some(made.submission), String::new(), delegated(store, &made.delegation).await?),
        Event::StandardIssued(made) => (None, made.standard, sealed(made.sealed_by).unwrap_or_default()),
        _ => (None, String::new(), String::new()),
    };
    let about = match &submission {
        Some(id) => store.case(id).await?.as_ref().map_or_else(|| id.clone(), of),
        None => about,
    };
    Ok(Shown { seq: act.seq, time: act.time, actor: act.actor, what, about, submission, reason })
}

/// Participant and service of an instruction.
async fn instructed(store: &Store, id: &str) -> Result<String, StoreError> {
    let held = store.instruction(id).await?;
    Ok(held.map_or_else(|| id.to_owned(), |held| format!("{}/{}", held.issued.participant, held.issued.service)))
}

/// For which services a delegation is, and why.
async fn delegated(store: &Store, id: &str) -> Result<String, StoreError> {
    let held = store.delegation(id).await?;
    Ok(held.map_or_else(|| id.to_owned(), |held| format!("{}: {}", held.terms.scope(), held.terms.reason)))
}

/// Whose request for access it is, or which object.
async fn source(store: &Store, id: &str) -> Result<String, StoreError> {
    match store.access_request(id).await? {
        Some(held) => Ok(held.asked.organisation),
        None => object(store, id).await,
    }
}

/// Participant and name of an object.
async fn object(store: &Store, id: &str) -> Result<String, StoreError> {
    let held = store.object(id).await?;
    Ok(held.map_or_else(|| id.to_owned(), |held| format!("{}/{}", held.object.participant, held.object.name)))
}

/// The service that a claim is about.
async fn claim(store: &Store, id: &str) -> Result<String, StoreError> {
    let held = store.claim_of(id).await?;
    Ok(held.map_or_else(|| id.to_owned(), |held| format!("{}/{}", held.participant, held.service)))
}
