//! What the form of the public sends. Nothing of it is lost when it is not taken: the page comes back as it was
//! filled in, with the reason and a new number.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State, rejection::FormRejection},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use factory_assurance::{report::Language, wire::steers};
use serde::Deserialize;

use super::{Asked, show};
use crate::{
    api::{Register, claims::take, limits::Sender, problem::Refusal},
    claims::{self, forms::Stale, words::Words},
    log::event::ClaimKind,
    store::claims as stored,
};

/// What the form sends. A box without a tick is not sent at all.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Said {
    #[serde(default)]
    pub form: String,
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub words: String,
    #[serde(default)]
    pub contact: String,
    #[serde(default)]
    pub publish: String,
    /// A trap: people do not see it.
    #[serde(default)]
    pub website: String,
}

/// Takes what was sent, and shows where it stands.
pub async fn send(
    State(register): State<Arc<Register>>,
    Path(at): Path<(String, String)>,
    Asked { language, .. }: Asked,
    sender: Sender,
    form: Result<Form<Said>, FormRejection>,
) -> Response {
    let own = claims::words::of(language);
    let Form(said) = match form {
        Ok(form) => form,
        Err(error) => {
            return show(&register, &at, language, None, (error.status(), Said::default(), own.bad_words)).await;
        }
    };
    match taken(&register, &at, language, &sender, &said).await {
        Ok(id) => Redirect::to(&format!("/claims/{id}?lang={}&new=1", language.tag())).into_response(),
        Err((status, error)) => show(&register, &at, language, None, (status, said, error)).await,
    }
}

/// Its id, or why it was not taken.
async fn taken(
    register: &Arc<Register>,
    (participant, service): &(String, String),
    language: Language,
    sender: &Sender,
    said: &Said,
) -> Result<String, (StatusCode, &'static str)> {
    let own = claims::words::of(language);
    let unfit = |error| (StatusCode::UNPROCESSABLE_ENTITY, error);
    if !said.website.is_empty() {
        return Err(unfit(own.not_empty));
    }
    let words = claims::words("words", &visible(&said.words)).map_err(|_| unfit(own.bad_words))?;
    let contact = claims::contact(Some(&visible(&said.contact))).map_err(|_| unfit(own.bad_contact))?;
    let (name, now) = (format!("{participant}/{service}"), register.store.now());
    register.forms.hold(&said.form, &name, now, register.form_takes()).map_err(|stale| match stale {
        Stale::TooSoon => unfit(own.too_soon),
        Stale::Unknown => unfit(own.stale),
    })?;
    let claim = stored::Said {
        // One form is one claim, however often its button is pressed.
        key: said.form.clone(),
        participant: participant.clone(),
        service: service.clone(),
        kind: if said.kind == "response" { ClaimKind::Response } else { ClaimKind::Claim },
        language: language.tag().to_owned(),
        publish: !said.publish.is_empty(),
        words,
        contact,
    };
    match take(register, sender, claim).await {
        Ok((_, held)) => Ok(held.id),
        Err(refusal) => Err((refusal.status(), said_of(&refusal, own))),
    }
}

fn said_of(refusal: &Refusal, own: &Words) -> &'static str {
    match refusal.status() {
        StatusCode::CONFLICT => own.twice,
        StatusCode::TOO_MANY_REQUESTS => own.too_many,
        _ => own.not_taken,
    }
}

/// `text` without what its writer cannot see: marks come along where text is copied from elsewhere.
fn visible(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\t', " ");
    text.chars().filter(|letter| *letter == '\n' || !steers(*letter)).collect()
}
