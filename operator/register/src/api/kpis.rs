//! `/api/v1/kpis`: the regulator's key performance indicators (56.6) of a month, as JSON and as a table. Values come
//! from dossiers that are not all public, so they are for the regulator.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::{
        HeaderName,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
};
use factory_assurance::wire::Procedure;
use factory_crds::resilience_standard::Indicator;
use jiff::civil::{Date, date};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Register, asked::Asked, caller::Regulator, off_thread, problem::Refusal, table::inert};
use crate::{
    kpi::{self, KpiReport, Launched},
    pages::{day, times::BISHKEK},
    store::{StoreError, cases::Case, kpis::Fact, measured::Measured},
};

/// Standards whose definitions are looked up for one report.
const STANDARDS: usize = 50;

pub(crate) const TABLE: [(HeaderName, &str); 2] = [
    (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
    (CONTENT_DISPOSITION, "attachment; filename=\"kpis.csv\""),
];

/// Which month.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct KpiQuery {
    /// The month, `YYYY-MM`, by the clock of Bishkek; this month where nothing is said.
    #[param(pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])$")]
    pub period: Option<String>,
}

/// Indicators of a month
///
/// Definitions and values, each value with the submission, dossier and event that it comes from.
#[utoipa::path(get, path = "/api/v1/kpis", operation_id = "getKpis", tag = "regulator",
    params(KpiQuery), security(("bearer" = [])),
    responses((status = 200, description = "The indicators.", body = ref("#/components/schemas/KpiReport"), content_type = "application/json")))]
pub async fn report(
    State(register): State<Arc<Register>>,
    _: Regulator,
    Asked(KpiQuery { period }): Asked<KpiQuery>,
) -> Result<Json<KpiReport>, Refusal> {
    Ok(Json(of_month(&register, period.as_deref()).await?))
}

/// Indicators of a month as a table
///
/// One row for each value (RFC 4180); an indicator without values has one row that says so.
#[utoipa::path(get, path = "/api/v1/kpis.csv", operation_id = "getKpiTable", tag = "regulator",
    params(KpiQuery), security(("bearer" = [])),
    responses((status = 200, description = "The table.", body = String, content_type = "text/csv")))]
pub async fn table(
    State(register): State<Arc<Register>>,
    _: Regulator,
    Asked(KpiQuery { period }): Asked<KpiQuery>,
) -> Result<([(HeaderName, &'static str); 2], Vec<u8>), Refusal> {
    let report = of_month(&register, period.as_deref()).await?;
    Ok((TABLE, off_thread(move || rows(&report)).await?))
}

/// The indicators of `period`, or of this month.
pub(crate) async fn of_month(register: &Register, period: Option<&str>) -> Result<KpiReport, Refusal> {
    let now = register.store.now();
    let today = day(&now.to_string());
    let period = period.unwrap_or(&today[..7]).to_owned();
    let [from, until] = bounds(&period).ok_or_else(|| {
        Refusal::bad_request(format!("period: must be a month as YYYY-MM, not `{}`", period.escape_default()))
    })?;
    let as_of = register.store.size();
    let (raw, complete) = register.store.facts(&from, &until).await?;
    let facts = off_thread(move || raw.into_iter().map(crate::store::kpis::Raw::read).collect::<Result<Vec<_>, _>>());
    let facts: Vec<Fact> = facts.await?;
    let launched = launched(register, &period, &until).await?;
    let definitions = definitions(register, &facts, &launched).await?;
    let calendar = register.console.calendar().clone();
    off_thread(move || {
        Ok::<_, Refusal>(kpi::report(&period, (as_of, complete), (&facts, &launched), &definitions, (&calendar, now)))
    })
    .await
}

/// What is known of launched services in a month that ends at `until`.
async fn launched(register: &Register, period: &str, until: &str) -> Result<Launched, StoreError> {
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    let mut measured: Vec<(Measured, Case)> = Vec::new();
    for value in register.store.measured(period).await? {
        let case = match cases.get(&value.submission) {
            Some(case) => case.clone(),
            None => match register.store.case(&value.submission).await? {
                Some(case) => case,
                None => return Err(StoreError::Row(format!("no submission `{}` was measured", value.submission))),
            },
        };
        cases.insert(value.submission.clone(), case.clone());
        measured.push((value, case));
    }
    let mut in_force = register.store.cases_in_force().await?;
    in_force.retain(|case| case.state == Procedure::Registered && case.received.as_str() < until);
    Ok(Launched { measured, in_force, over: *until <= *format!("{:.3}", register.store.now()) })
}

/// The indicators of each standard that judged one of `facts`, as they were announced with the newest of them; and
/// of other standards of `launched` services those that are measured of these.
async fn definitions(
    register: &Register,
    facts: &[Fact],
    launched: &Launched,
) -> Result<BTreeMap<String, Vec<Indicator>>, StoreError> {
    let mut definitions = BTreeMap::new();
    // Newest first.
    let judged = facts.iter().map(|fact| (&fact.summary.standard, &fact.announcement, true));
    let measured = launched.measured.iter().map(|(_, case)| case).chain(&launched.in_force);
    let measured = measured.map(|case| (&case.summary.standard, &case.announcement, false));
    for (standard, announcement, all) in judged.chain(measured) {
        if definitions.len() == STANDARDS || definitions.contains_key(standard) {
            continue;
        }
        let announced = register.store.announcement(announcement).await?;
        let mut defined = announced.map(|made| made.run.standard.indicators).unwrap_or_default();
        defined.retain(|indicator| all || indicator.query.is_some());
        definitions.insert(standard.clone(), defined);
    }
    Ok(definitions)
}

/// First moments of a month and of the next, as the log writes times.
pub(crate) fn bounds(period: &str) -> Option<[String; 2]> {
    let (year, month) = period.split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(year) || !digits(month) || !year.starts_with("20") {
        return None;
    }
    let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
    let next = first.checked_add(jiff::Span::new().months(1)).unwrap_or(date(9999, 12, 31));
    let moment = |day: Date| BISHKEK.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok();
    Some([format!("{:.3}", moment(first)?), format!("{:.3}", moment(next)?)])
}

const HEAD: [&str; 19] = [
    "period",
    "standard",
    "indicator",
    "formula",
    "unit",
    "source",
    "origin",
    "target",
    "participant",
    "service",
    "release",
    "value",
    "base_value",
    "base_unit",
    "missing",
    "meets_target",
    "submission",
    "dossier",
    "event",
];

/// The report as a table.
pub(crate) fn rows(report: &KpiReport) -> Result<Vec<u8>, Refusal> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let failed = |error: csv::Error| Refusal::internal(&error);
    table.write_record(HEAD).map_err(failed)?;
    for indicator in &report.indicators {
        let scale = indicator.scale();
        let origin = indicator.origin.map(|origin| format!("{origin:?}")).unwrap_or_default();
        let defined = [
            &report.period,
            &indicator.standard,
            &indicator.name,
            &indicator.formula,
            &indicator.unit,
            &indicator.source,
            &origin,
            &indicator.target,
        ];
        let defined = || defined.map(|text| inert(text));
        for value in &indicator.values {
            let own = [
                inert(&value.participant),
                inert(&value.service),
                inert(&value.release),
                value.value.zip(scale).map(|(value, scale)| scale.show(value)).unwrap_or_default(),
                value.value.map(|value| value.to_string()).unwrap_or_default(),
                indicator.base_unit.clone().unwrap_or_default(),
                value.missing.map(|missing| format!("{missing:?}")).unwrap_or_default(),
                value.met.map(|met| met.to_string()).unwrap_or_default(),
                value.submission.clone(),
                value.dossier.clone(),
                value.event.to_string(),
            ];
            table.write_record(defined().iter().chain(&own)).map_err(failed)?;
        }
        if indicator.values.is_empty() {
            let mut none = [const { String::new() }; 11];
            "NoValues".clone_into(&mut none[6]);
            table.write_record(defined().iter().chain(&none)).map_err(failed)?;
        }
    }
    table.into_inner().map_err(|error| Refusal::internal(error.error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_and_ends_by_the_clock_of_bishkek() {
        let june = ["2026-05-31T18:00:00.000Z", "2026-06-30T18:00:00.000Z"].map(str::to_owned);
        assert_eq!(bounds("2026-06"), Some(june));
        assert_eq!(bounds("2026-12").unwrap()[1], "2026-12-31T18:00:00.000Z");
        for none in ["", "2026", "2026-13", "2026-00", "2026-6", "26-06", "2026-06-01", "1999-01", "+026-06", "2026-+6"]
        {
            assert_eq!(bounds(none), None, "{none}");
        }
    }
}
