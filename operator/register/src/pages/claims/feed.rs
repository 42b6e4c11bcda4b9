//! `/entries/{participant}/{service}/claims.atom`: what users said of a service and what its supplier answered, for
//! the supplier's own site (67). An answer moves its entry to the top.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use factory_assurance::report::Language;

use super::super::{
    Asked, Words, answered,
    feed::{ATOM, NEVER, authority, plain},
    language_headers, words,
};
use crate::{
    api::{
        Register,
        asked::{At, ServicePath},
        claims::{PublicClaim, must_be_entered},
        entries::{FOR_EVERYONE, escaped},
        problem::Refusal,
    },
    claims,
    console::words::with,
    store::claims::List,
};

/// Claims on one page of the feed.
const MOST: u32 = 50;

/// What the address may ask for; what cannot be read is passed over.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by its derive alone")]
pub(crate) struct FeedQuery {
    /// `ky`, `ru` or `en`; any other is as if it were not there.
    lang: Option<String>,
    /// Number of the event before which to go on.
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "claims.xml")]
struct Feed<'a> {
    words: &'a Words,
    own: &'a claims::words::Words,
    language: Language,
    /// Who gives out the ids.
    authority: &'a str,
    name: &'a str,
    page: String,
    title: String,
    updated: &'a str,
    before: Option<u64>,
    older: Option<u64>,
    claims: &'a [PublicClaim],
}

/// Published claims as a feed
///
/// What users said of a service, with answers, by what moved last, 50 at a time (Atom, with RFC 5005's `next`).
#[utoipa::path(get, path = "/entries/{participant}/{service}/claims.atom", operation_id = "getClaimsFeed", tag = "public",
    params(ServicePath, FeedQuery),
    responses(
        (status = 200, description = "The feed.", body = String, content_type = "application/atom+xml"),
        (status = 304, description = "As it was."),
        (status = 404, description = "There is no such service."),
    ))]
pub(crate) async fn feed(
    State(register): State<Arc<Register>>,
    At(at): At<ServicePath>,
    Asked { language, query }: Asked,
) -> Result<Response, Refusal> {
    let before = query.before();
    must_be_entered(&register, &at).await?;
    let ServicePath { participant, service } = at;
    let mut held = register.store.claims(List::Published(&participant, &service), before, MOST + 1).await?;
    let more = crate::store::cut(&mut held, MOST);
    let older = held.last().map(|claim| claim.moved).filter(|_| more);
    let claims: Vec<PublicClaim> = held.into_iter().map(PublicClaim::from).collect();
    let (log, own) = (register.keyring.first().verifier(), claims::words::of(language));
    let name = format!("{}/{}", escaped(&participant), escaped(&service));
    let moved =
        |claim: &'_ PublicClaim| claim.answer.as_ref().map_or(claim.published_at.clone(), |answer| answer.at.clone());
    let updated = claims.first().map_or_else(|| NEVER.to_owned(), moved);
    let feed = Feed {
        words: words::of(language),
        own,
        language,
        authority: authority(log.name()),
        page: format!("/entries/{name}"),
        title: with(own.claims_of, plain(&format!("{participant}/{service}"))),
        name: &name,
        updated: &updated,
        before,
        older,
        claims: &claims,
    };
    let text = feed.render().map_err(|error| Refusal::internal(&error))?;
    Ok((ATOM, FOR_EVERYONE, language_headers(language), text).into_response())
}

/// `text` in its lines, without what no XML may hold.
fn lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}
