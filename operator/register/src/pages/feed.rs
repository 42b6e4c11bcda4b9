//! `/entries.atom`: what became of the entries, newest first, for readers of feeds (RFC 4287, and RFC
//! 5005 for its pages).

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderName, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use factory_assurance::report::Language;

use super::{
    Asked, Words, language_headers,
    words::{self},
};
use crate::{
    api::{
        Register,
        entries::{FOR_EVERYONE, PublicEntry},
        problem::Refusal,
    },
    store::Change,
};

/// Changes on one page of the feed.
const MOST: u32 = 50;
/// When a feed without changes was changed: the day of the resolution.
pub(super) const NEVER: &str = "2026-03-04T00:00:00Z";

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

pub(super) const ATOM: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "application/atom+xml; charset=utf-8")];

#[derive(Template)]
#[template(path = "feed.xml")]
struct Feed<'a> {
    words: &'a Words,
    language: Language,
    /// Who gives out the ids.
    authority: &'a str,
    updated: &'a str,
    before: Option<u64>,
    older: Option<u64>,
    changes: Vec<(Change, PublicEntry)>,
}

/// What became of the entries
///
/// Each entry and withdrawal once, newest first, 50 at a time (Atom, with RFC 5005's `next`).
#[utoipa::path(get, path = "/entries.atom", operation_id = "getFeed", tag = "public", params(FeedQuery),
    responses(
        (status = 200, description = "The feed.", body = String, content_type = "application/atom+xml"),
        (status = 304, description = "As it was."),
    ))]
pub(crate) async fn feed(
    State(register): State<Arc<Register>>,
    Asked { language, query }: Asked,
) -> Result<Response, Refusal> {
    let before = query.before();
    let (changes, more) = register.store.public_changes(before, MOST).await?;
    let feed = Feed {
        words: words::of(language),
        language,
        authority: authority(register.keyring.name()),
        updated: changes.first().map_or(NEVER, Change::time),
        before,
        older: changes.last().map(|change| change.seq).filter(|_| more),
        changes: changes.iter().map(|change| (change.clone(), change.entry.clone().into())).collect(),
    };
    let text = feed.render().map_err(|error| Refusal::internal(&error))?;
    Ok((ATOM, FOR_EVERYONE, language_headers(language), text).into_response())
}

/// The host in the origin of a log: ids of the feed stay the same wherever it is read.
pub(super) fn authority(origin: &str) -> &str {
    origin.split(['/', ':']).next().unwrap_or(origin)
}

/// `text` in one line, without what no XML may hold, however it is escaped.
pub(super) fn plain(text: &str) -> String {
    let held = |c: &char| !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(held).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_given_out_by_the_host_of_the_log() {
        assert_eq!(authority("register.gov.kg/log"), "register.gov.kg");
        assert_eq!(authority("localhost:8080/log"), "localhost");
        assert_eq!(authority("register"), "register");
    }

    #[test]
    fn what_no_xml_may_hold_is_left_out() {
        assert_eq!(plain("Да\nрек\u{8}\u{fffe} & <b>"), "Да рек  & <b>");
    }
}
