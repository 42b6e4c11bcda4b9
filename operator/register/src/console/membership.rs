//! Requests for access before the regulator (14, 23): all of them, and one with what can be done. Decided by the
//! functions of the API.

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

use super::{message, signed_in::SignedIn, words};
use crate::{
    api::{
        Register,
        membership::{AccessAct, AccessDecision, carry_out, carry_out_forgetting},
    },
    membership::words as said,
    pages::{self, moment},
    store::membership::{Held, Standing},
};

/// Requests on one page.
const MOST: u32 = 50;

/// What an address may ask for. Unknown parts are ignored: people follow old links.
#[derive(Default, Deserialize)]
struct AccessQuery {
    before: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "console/accesses.html")]
struct ListPage<'a> {
    words: &'a pages::words::Words,
    own: &'a words::Words,
    said: &'a said::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    requests: Vec<Held>,
    older: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/access.html")]
struct OnePage<'a> {
    words: &'a pages::words::Words,
    own: &'a words::Words,
    said: &'a said::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    held: Held,
    form: String,
    participant: &'a str,
    reason: &'a str,
    notice: &'a str,
    error: &'a str,
    detail: &'a str,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct ActForm {
    csrf: String,
    form: String,
    act: String,
    #[serde(default)]
    participant: String,
    #[serde(default)]
    reason: String,
}

/// All of them, the newest first.
pub async fn list(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Response {
    let language = who.language;
    let Query(AccessQuery { before, .. }) = Query::try_from_uri(&uri).unwrap_or_default();
    let before = before.and_then(|before| before.parse().ok());
    let mut requests = match register.store.access_requests(before, MOST + 1).await {
        Ok(requests) => requests,
        Err(error) => return pages::unavailable(language, error),
    };
    let more = crate::store::cut(&mut requests, MOST);
    let page = ListPage {
        words: pages::words::of(language),
        own: words::of(language),
        said: said::of(language),
        language,
        keep: String::new(),
        here: "access",
        who: &who,
        older: requests.last().map(|held| held.seq).filter(|_| more),
        requests,
    };
    pages::render(StatusCode::OK, language, &page)
}

/// One of them.
pub async fn one(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    uri: Uri,
    who: SignedIn,
) -> Result<Response, Response> {
    let Query(AccessQuery { done, .. }) = Query::try_from_uri(&uri).unwrap_or_default();
    let notice = if done.is_some() { said::of(who.language).done } else { "" };
    page(&register, &id, &who, (StatusCode::OK, notice, ["", ""], "")).await
}

/// Decides it; participant and reason are judged where the API's are.
pub async fn decide(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
    form: Result<Form<ActForm>, FormRejection>,
) -> Result<Response, Response> {
    let Ok(Form(ActForm { csrf, form, act, participant, reason })) = form else { return Err(who.stale()) };
    let act = match act.as_str() {
        "grant" => Some(AccessAct::Grant),
        "refuse" => Some(AccessAct::Refuse),
        "take" => Some(AccessAct::Take),
        "forget" => None,
        _ => return Err(who.stale()),
    };
    who.hand_in(&register, &csrf, &form)?;
    let decided = match act {
        Some(act) => {
            let decision = AccessDecision { act, participant: participant.clone(), reason: reason.clone() };
            carry_out(&register, &who.regulator, &id, decision).await
        }
        None => carry_out_forgetting(&register, &who.regulator, &id, &reason).await,
    };
    match decided {
        Ok(_) => Ok(Redirect::to(&format!("/console/access/{id}?lang={}&done=1", who.language.tag())).into_response()),
        Err(refusal) => {
            page(&register, &id, &who, (refusal.status(), "", [&participant, &reason], refusal.detail())).await
        }
    }
}

async fn page(
    register: &Register,
    id: &str,
    who: &SignedIn,
    (status, notice, [participant, reason], detail): (StatusCode, &str, [&str; 2], &str),
) -> Result<Response, Response> {
    let language = who.language;
    let (own, said) = (words::of(language), said::of(language));
    let held = register.store.access_request(id).await.map_err(|error| pages::unavailable(language, error))?;
    let none = || message(StatusCode::NOT_FOUND, who, (said.none_found, said.none_found_intro, ""));
    let page = OnePage {
        words: pages::words::of(language),
        own,
        said,
        language,
        keep: String::new(),
        here: "access",
        who,
        held: held.ok_or_else(none)?,
        form: who.form(register)?,
        participant,
        reason,
        notice,
        error: if detail.is_empty() { "" } else { own.refused },
        detail,
    };
    Ok(pages::render(status, language, &page))
}

/// What can be done with a request: the act, and its place among the words.
fn acts(held: &Held) -> Vec<(&'static str, usize)> {
    let mut acts = match held.state {
        Standing::Received => vec![("grant", 0), ("refuse", 1)],
        Standing::Granted => vec![("take", 2)],
        Standing::Refused | Standing::Taken => Vec::new(),
    };
    if held.name.is_some() {
        acts.push(("forget", 3));
    }
    acts
}
