//! The dashboard of indicators (56.6): each with its definition and how it stands in a month, and from each number
//! the way to the submission, the report of its signed dossier and the event that it comes from.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use factory_assurance::report::Language;
use serde::Deserialize;

use super::{
    message,
    signed_in::SignedIn,
    words::{self, Words},
};
use crate::{
    api::{Register, kpis, off_thread, problem::Refusal},
    kpi::{KpiIndicator, KpiReport, KpiValue, Origin},
    pages::{self, moment, oversight},
};

/// What the address may ask for. Unknown parts are ignored: people follow old links.
#[derive(Default, Deserialize)]
#[serde(default)]
struct KpiQuery {
    period: String,
    standard: String,
    name: String,
}

#[derive(Template)]
#[template(path = "console/kpis.html")]
struct KpisPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    oversight: &'a oversight::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    report: &'a KpiReport,
}

#[derive(Template)]
#[template(path = "console/kpi.html")]
struct KpiPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    oversight: &'a oversight::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    period: &'a str,
    indicator: &'a KpiIndicator,
}

/// All indicators of a month.
pub async fn dashboard(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Result<Response, Response> {
    let (_, report) = asked(&register, &uri, &who).await?;
    let language = who.language;
    let page = KpisPage {
        words: pages::words::of(language),
        own: words::of(language),
        oversight: oversight::of(language),
        language,
        keep: format!("period={}&", report.period),
        here: "kpis",
        who: &who,
        report: &report,
    };
    Ok(pages::render(StatusCode::OK, language, &page))
}

/// One indicator, with each of its values.
pub async fn values(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Result<Response, Response> {
    let (query, report) = asked(&register, &uri, &who).await?;
    let (language, oversight) = (who.language, oversight::of(who.language));
    let found = report.indicators.iter().find(|one| one.standard == query.standard && one.name == query.name);
    let Some(indicator) = found else {
        return Err(message(StatusCode::NOT_FOUND, &who, (oversight.no_indicator, oversight.no_values, "")));
    };
    let escaped = crate::api::entries::escaped;
    let page = KpiPage {
        words: pages::words::of(language),
        own: words::of(language),
        oversight,
        language,
        keep: format!(
            "period={}&standard={}&name={}&",
            report.period,
            escaped(&indicator.standard),
            escaped(&indicator.name)
        ),
        here: "",
        who: &who,
        period: &report.period,
        indicator,
    };
    Ok(pages::render(StatusCode::OK, language, &page))
}

/// The same as a table.
pub async fn table(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Result<Response, Response> {
    let (_, report) = asked(&register, &uri, &who).await?;
    let rows = off_thread(move || kpis::rows(&report)).await.map_err(Refusal::into_response)?;
    Ok((kpis::TABLE, rows).into_response())
}

/// The same as JSON.
pub async fn json(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Result<Response, Response> {
    let (_, report) = asked(&register, &uri, &who).await?;
    Ok(([(CONTENT_TYPE, "application/json")], axum::Json(report)).into_response())
}

async fn asked(register: &Register, uri: &Uri, who: &SignedIn) -> Result<(KpiQuery, KpiReport), Response> {
    let Query(query) = Query::<KpiQuery>::try_from_uri(uri).unwrap_or_default();
    match kpis::of_month(register, Some(query.period.as_str()).filter(|period| !period.is_empty())).await {
        Ok(report) => Ok((query, report)),
        Err(refusal) if refusal.status() == StatusCode::BAD_REQUEST => {
            let oversight = oversight::of(who.language);
            Err(message(StatusCode::BAD_REQUEST, who, (oversight.kpis, oversight.no_month, refusal.detail())))
        }
        Err(refusal) => {
            let words = pages::words::of(who.language);
            Err(pages::message(refusal.status(), who.language, words.unavailable, words.unavailable_intro))
        }
    }
}

/// A number of `indicator` with its unit.
#[allow(clippy::ref_option, reason = "templates hand fields over by reference")]
fn number(indicator: &KpiIndicator, value: &Option<u64>) -> String {
    let (Some(value), Some(scale)) = (value, indicator.scale()) else { return "–".to_owned() };
    format!("{} {}", scale.show(*value), scale.unit(&indicator.unit))
}

/// A value with its unit, or why it is missing.
fn shown(indicator: &KpiIndicator, value: &KpiValue, oversight: &oversight::Words) -> String {
    value.missing.map_or_else(|| number(indicator, &value.value), |missing| oversight.missing(missing).to_owned())
}

/// Whether a value comes from a signed dossier.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "templates hand fields over by reference")]
const fn of_dossier(origin: &Origin) -> bool {
    matches!(origin, Origin::Dossier)
}

/// The address of an indicator's values.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "templates hand fields over by reference")]
fn address(period: &str, indicator: &KpiIndicator, language: &Language) -> String {
    let escaped = crate::api::entries::escaped;
    let (standard, name) = (escaped(&indicator.standard), escaped(&indicator.name));
    format!("/console/kpis/values?period={period}&standard={standard}&name={name}&lang={}", language.tag())
}
