//! The register's statistics and glossary, for everyone; each page's data are one link away.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use factory_assurance::{report::Language, wire::IssuedStandard};

use super::{
    Asked, grounds, message, moment, oversight, render, unavailable,
    words::{self, Words},
};
use crate::{
    api::{
        Register,
        statistics::{self, Statistics},
    },
    glossary::{self, Glossary},
};

#[derive(Template)]
#[template(path = "statistics.html")]
struct StatisticsPage<'a> {
    words: &'a Words,
    oversight: &'a oversight::Words,
    language: Language,
    keep: String,
    counted: &'a Statistics,
}

#[derive(Template)]
#[template(path = "glossary.html")]
struct GlossaryPage<'a> {
    words: &'a Words,
    oversight: &'a oversight::Words,
    language: Language,
    keep: String,
    glossary: &'a Glossary,
    issued: &'a [IssuedStandard],
    grounds: &'a grounds::Words,
}

/// Issued standards on the page: the newest.
const MOST: u32 = 50;

/// The register in numbers.
pub(super) async fn numbers(State(register): State<Arc<Register>>, asked: Asked) -> Response {
    let language = asked.language;
    let words = words::of(language);
    let counted = match statistics::counted(&register).await {
        Ok(counted) => counted,
        Err(refusal) => return message(refusal.status(), language, words.unavailable, words.unavailable_intro),
    };
    let page =
        StatisticsPage { words, oversight: oversight::of(language), language, keep: String::new(), counted: &counted };
    render(StatusCode::OK, language, &page)
}

/// Terms, issued standards and indicators.
pub(super) async fn terms(State(register): State<Arc<Register>>, asked: Asked) -> Response {
    let language = asked.language;
    let glossary = match glossary::of(&register.store).await {
        Ok(glossary) => glossary,
        Err(error) => return unavailable(language, error),
    };
    let issued = match register.store.issued_standards(None, MOST).await {
        Ok(issued) => issued,
        Err(error) => return unavailable(language, error),
    };
    let page = GlossaryPage {
        words: words::of(language),
        oversight: oversight::of(language),
        language,
        keep: String::new(),
        glossary: &glossary,
        issued: &issued,
        grounds: grounds::of(language),
    };
    render(StatusCode::OK, language, &page)
}
