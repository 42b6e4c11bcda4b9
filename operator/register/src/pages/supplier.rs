//! What stands about a participant's services, for whoever speaks for it: submissions with their reasons, binding
//! instructions with their last days (56.7), and claims of users to answer (67). Works without a script. There is no
//! session: the token comes with each form, so no other site can send one in a person's name (adr 0034).
//!
//! *Architecture invariant:* the token is asked about and forgotten: it stands on no page and in no log. An answer is
//! judged where the API's is.

mod en;
mod ky;
mod ru;

use std::sync::Arc;

use askama::Template;
use axum::{
    Form, Router,
    extract::{ConnectInfo, DefaultBodyLimit, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse as _, Response},
    routing::get,
};
use factory_assurance::{report::Language, wire::Procedure};
use serde::Deserialize;

use super::{Asked, binding, day, render, words};
use crate::{
    api::{Register, claims::carry_out_answer, problem::Refusal},
    console::sign_in::{shown, shown_openly},
    peer::Peer,
    store::{
        Which,
        cases::Case,
        claims::{Held, List},
    },
};

/// Largest form: an answer of 4000 letters, each written as many characters, and a token.
const LARGEST_FORM: usize = 128 * 1024;
/// Submissions and claims that are shown.
const MOST: u32 = 100;

/// Routes that no tag of the log covers.
pub(crate) fn router() -> Router<Arc<Register>> {
    Router::new().route("/supplier", get(form).post(show)).layer(DefaultBodyLimit::max(LARGEST_FORM))
}

/// Every word of this page.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub title: &'static str,
    pub intro: &'static str,
    pub token: &'static str,
    pub participant: &'static str,
    pub show: &'static str,
    pub refused: &'static str,
    pub needs_https: &'static str,
    pub submissions: &'static str,
    pub no_submissions: &'static str,
    pub received: &'static str,
    pub state: &'static str,
    pub missing: &'static str,
    pub no_instructions: &'static str,
    pub no_claims: &'static str,
    pub answer: &'static str,
    pub answer_now: &'static str,
    pub answered: &'static str,
}

/// The words in `language`.
const fn of(language: Language) -> &'static Words {
    language.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
}

/// What the forms send: the first asks, those beside the claims answer one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    token: String,
    participant: String,
    claim: String,
    words: String,
}

/// What stands about the services of one participant.
struct Standing {
    participant: String,
    cases: Vec<Case>,
    bindings: Vec<binding::Shown>,
    claims: Vec<Held>,
}

#[derive(Template)]
#[template(path = "supplier.html")]
struct SupplierPage<'a> {
    words: &'a words::Words,
    own: &'a Words,
    said: &'a crate::claims::words::Words,
    console: &'a crate::console::words::Words,
    binding: &'a binding::Words,
    language: Language,
    keep: String,
    open: bool,
    standing: Option<Standing>,
    notice: &'a str,
    error: &'a str,
    detail: &'a str,
}

/// The form that asks who is there.
async fn form(headers: HeaderMap, Asked { language, .. }: Asked) -> Response {
    page(language, &headers, None, (StatusCode::OK, "", "", ""))
}

/// What stands about the participant's services, after an answer was taken where one was sent.
async fn show(
    State(register): State<Arc<Register>>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    headers: HeaderMap,
    Asked { language, .. }: Asked,
    form: Result<Form<Sent>, FormRejection>,
) -> Response {
    let own = of(language);
    let Ok(Form(sent)) = form else {
        return page(language, &headers, None, (StatusCode::BAD_REQUEST, "", own.refused, ""));
    };
    if shown_openly(&headers) {
        return page(language, &headers, None, (StatusCode::FORBIDDEN, "", own.needs_https, ""));
    }
    let source = register.limits.client(peer, &headers);
    let found = async {
        let caller = shown(&register, source, sent.token.trim()).await?;
        let participant = sent.participant.trim();
        caller.must_supply(&register, participant).await?;
        let refused = if sent.claim.is_empty() {
            None
        } else {
            carry_out_answer(&register, &caller, &sent.claim, &sent.words).await.err()
        };
        Ok::<_, Refusal>((standing(&register, participant, language).await?, refused))
    };
    let (found, refused) = match found.await {
        Ok(found) => found,
        Err(refusal) => {
            return page(language, &headers, None, (refusal.status(), "", own.refused, refusal.detail()));
        }
    };
    if let Some(refusal) = refused {
        return page(language, &headers, Some(found), (refusal.status(), "", own.refused, refusal.detail()));
    }
    let notice = if sent.claim.is_empty() { "" } else { own.answered };
    page(language, &headers, Some(found), (StatusCode::OK, notice, "", ""))
}

async fn standing(register: &Register, participant: &str, language: Language) -> Result<Standing, Refusal> {
    let store = &register.store;
    let mut cases = store.waiting(participant, MOST).await?;
    cases.extend(store.decided(participant, None, MOST).await?);
    cases.sort_by_key(|case| std::cmp::Reverse(case.seq));
    cases.truncate(MOST as usize);
    let which = Which { participant: Some(participant.to_owned()), ..Which::default() };
    let bindings = binding::in_order(store.instructions(&which).await?, language);
    let claims = store.claims(List::PassedOn(participant), None, MOST).await?;
    Ok(Standing { participant: participant.to_owned(), cases, bindings, claims })
}

fn page(
    language: Language,
    headers: &HeaderMap,
    standing: Option<Standing>,
    (status, notice, error, detail): (StatusCode, &str, &str, &str),
) -> Response {
    let page = SupplierPage {
        words: words::of(language),
        own: of(language),
        said: crate::claims::words::of(language),
        console: crate::console::words::of(language),
        binding: binding::of(language),
        language,
        keep: String::new(),
        open: shown_openly(headers),
        standing,
        notice,
        error,
        detail,
    };
    // No cache keeps what one participant alone may read.
    ([(CACHE_CONTROL, "no-store")], render(status, language, &page)).into_response()
}

/// Groups of item 17 that a submission lacks, as they are numbered there.
fn missing(case: &Case) -> String {
    case.summary.missing.iter().map(|group| format!("17.{group}")).collect::<Vec<_>>().join(", ")
}
