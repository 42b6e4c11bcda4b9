//! Claims and responses of users before the regulator (67): what waits with its clock, one of them with the three
//! decisions, and forgetting a person. Decided by the functions of the API.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State, rejection::FormRejection},
    http::{StatusCode, Uri},
    response::{IntoResponse as _, Redirect, Response},
};
use factory_assurance::report::Language;
use serde::Deserialize;

use super::{
    message,
    rows::{Term, running},
    signed_in::SignedIn,
    words,
};
use crate::{
    api::{
        Register,
        claims::{carry_out_decision, carry_out_forgetting},
    },
    claims::{TERM, words as said},
    log::event::ClaimDecision,
    pages::{self, moment},
    store::claims::{Held, List, Standing},
};

/// Claims on one page.
const MOST: u32 = 50;

/// What the address of a list may ask for. Unknown parts are ignored: people follow old links.
#[derive(Default, Deserialize)]
struct ListQuery {
    decided: Option<String>,
    before: Option<String>,
    done: Option<String>,
}

/// A claim with its clock.
struct Shown {
    held: Held,
    term: Option<Term>,
}

#[derive(Template)]
#[template(path = "console/claims.html")]
struct ClaimsPage<'a> {
    words: &'a pages::words::Words,
    own: &'a words::Words,
    said: &'a said::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    decided: bool,
    claims: Vec<Shown>,
    older: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/claim.html")]
struct ClaimPage<'a> {
    words: &'a pages::words::Words,
    own: &'a words::Words,
    said: &'a said::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    claim: Shown,
    form: String,
    reason: &'a str,
    error: &'a str,
    detail: &'a str,
    notice: &'a str,
}

#[derive(Template)]
#[template(path = "console/forget.html")]
struct ForgetPage<'a> {
    words: &'a pages::words::Words,
    own: &'a words::Words,
    said: &'a said::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    id: &'a str,
    form: String,
    reason: &'a str,
    error: &'a str,
    detail: &'a str,
}

/// What the forms send.
#[derive(Deserialize)]
pub struct ActForm {
    csrf: String,
    form: String,
    act: String,
    #[serde(default)]
    reason: String,
}

/// What waits, the oldest first; or what was considered, the newest first.
pub async fn list(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Response {
    let language = who.language;
    let Query(ListQuery { decided, before, .. }) = Query::try_from_uri(&uri).unwrap_or_default();
    let decided = decided.is_some();
    let before = before.and_then(|before| before.parse().ok());
    let list = if decided { List::Decided } else { List::Waiting };
    let mut held = match register.store.claims(list, before, MOST + 1).await {
        Ok(held) => held,
        Err(error) => return pages::unavailable(language, error),
    };
    let more = crate::store::cut(&mut held, MOST);
    let page = ClaimsPage {
        words: pages::words::of(language),
        own: words::of(language),
        said: said::of(language),
        language,
        keep: if decided { "decided=1&".to_owned() } else { String::new() },
        here: "claims",
        who: &who,
        decided,
        older: held.last().map(|claim| claim.seq).filter(|_| more && decided),
        claims: held.into_iter().map(|held| shown(&register, held, language)).collect(),
    };
    pages::render(StatusCode::OK, language, &page)
}

/// One claim.
pub async fn claim(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    uri: Uri,
    who: SignedIn,
) -> Result<Response, Response> {
    let Query(ListQuery { done, .. }) = Query::try_from_uri(&uri).unwrap_or_default();
    let notice = if done.is_some() { said::of(who.language).done } else { "" };
    page(&register, &id, &who, (StatusCode::OK, notice, "", "", "")).await
}

/// Decides it; reason and decision are judged where the API's are.
pub async fn decide(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
    form: Result<Form<ActForm>, FormRejection>,
) -> Result<Response, Response> {
    let Ok(Form(ActForm { csrf, form, act, reason })) = form else { return Err(who.stale()) };
    let decision = match act.as_str() {
        "publish" => ClaimDecision::Publish,
        "keep" => ClaimDecision::Keep,
        "refuse" => ClaimDecision::Refuse,
        _ => return Err(who.stale()),
    };
    who.hand_in(&register, &csrf, &form)?;
    match carry_out_decision(&register, &who.regulator, &id, decision, &reason).await {
        Ok(_) => Ok(done(&id, who.language)),
        Err(refusal) => {
            let error = said::of(who.language).not_decided;
            page(&register, &id, &who, (refusal.status(), "", &reason, error, refusal.detail())).await
        }
    }
}

/// The form by which a person is forgotten.
pub async fn form(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Response> {
    find(&register, &id, &who).await?;
    forgetting(&register, &id, &who, (StatusCode::OK, "", "", ""))
}

/// Forgets what was chosen.
pub async fn forget(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
    form: Result<Form<ActForm>, FormRejection>,
) -> Result<Response, Response> {
    let Ok(Form(ActForm { csrf, form, act, reason })) = form else { return Err(who.stale()) };
    who.hand_in(&register, &csrf, &form)?;
    match carry_out_forgetting(&register, &who.regulator, &id, act == "words", &reason).await {
        Ok(_) => Ok(done(&id, who.language)),
        Err(refusal) => {
            let error = said::of(who.language).not_decided;
            forgetting(&register, &id, &who, (refusal.status(), &reason, error, refusal.detail()))
        }
    }
}

fn done(id: &str, language: Language) -> Response {
    Redirect::to(&format!("/console/claims/{id}?lang={}&done=1", language.tag())).into_response()
}

async fn find(register: &Register, id: &str, who: &SignedIn) -> Result<Held, Response> {
    let found = register.store.claim_of(id).await.map_err(|error| pages::unavailable(who.language, error))?;
    let said = said::of(who.language);
    found.ok_or_else(|| message(StatusCode::NOT_FOUND, who, (said.no_claim, said.no_claim_intro, "")))
}

fn shown(register: &Register, held: Held, language: Language) -> Shown {
    let waits = held.state == Standing::Received;
    let term = || running(register.console.calendar(), TERM, &held.received, register.store.now(), language);
    Shown { term: waits.then(term), held }
}

async fn page(
    register: &Register,
    id: &str,
    who: &SignedIn,
    (status, notice, reason, error, detail): (StatusCode, &str, &str, &str, &str),
) -> Result<Response, Response> {
    let language = who.language;
    let page = ClaimPage {
        words: pages::words::of(language),
        own: words::of(language),
        said: said::of(language),
        language,
        keep: String::new(),
        here: "",
        who,
        claim: shown(register, find(register, id, who).await?, language),
        form: who.form(register)?,
        reason,
        error,
        detail,
        notice,
    };
    Ok(pages::render(status, language, &page))
}

fn forgetting(
    register: &Register,
    id: &str,
    who: &SignedIn,
    (status, reason, error, detail): (StatusCode, &str, &str, &str),
) -> Result<Response, Response> {
    let language = who.language;
    let page = ForgetPage {
        words: pages::words::of(language),
        own: words::of(language),
        said: said::of(language),
        language,
        keep: String::new(),
        here: "",
        who,
        id,
        form: who.form(register)?,
        reason,
        error,
        detail,
    };
    Ok(pages::render(status, language, &page))
}
