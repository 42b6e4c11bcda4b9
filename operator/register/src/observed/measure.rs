//! Measures, once a month has ended, the indicators of launched services whose values come from a Prometheus server
//! (56.6): by the expression of the standard that judged what is launched, one event for each indicator.
//!
//! *Architecture invariant:* an expression is asked within bounds and gives one number of one service, which the
//! regulator reads; what has none stays missing.

use std::collections::{BTreeMap, BTreeSet};

use factory_assurance::wire::Procedure;
use factory_crds::resilience_standard::Indicator;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::{
    look::{ACTOR, LookError},
    prometheus::Prometheus,
};
use crate::{
    api::kpis::bounds,
    kpi::holds,
    log::event::{IndicatorMeasured, ServiceMeasured},
    pages::times::BISHKEK,
    store::{Store, StoreError, cases::Case},
};

/// How long after its end a month is measured: what was not known by then stays missing.
const BACK: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Expressions of one standard that are asked.
const MOST: usize = 10;

/// A month that has ended.
struct Month {
    /// `YYYY-MM`.
    period: String,
    /// Its last day, `YYYY-MM-DD`.
    last: String,
    /// First moment after it.
    end: Timestamp,
    /// The same, as the log writes times.
    until: String,
    seconds: i64,
}

/// Looks once; answers how many events were written.
pub async fn measure(store: &Store, prometheus: &Prometheus) -> Result<u32, LookError> {
    let Some(month) = ended(store.now()) else { return Ok(0) };
    let mut standards: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in store.cases_in_force().await? {
        if case.state == Procedure::Registered && case.received < month.until {
            standards.entry(case.summary.standard.clone()).or_default().push(case);
        }
    }
    let known: BTreeSet<[String; 4]> = store
        .measured(&month.period)
        .await?
        .into_iter()
        .map(|value| [value.standard, value.indicator, value.participant, value.service])
        .collect();
    let mut written = 0;
    for (standard, cases) in standards {
        for indicator in asked(store, &cases, &month).await? {
            let services = values(prometheus, &indicator, &cases, &known, &month).await;
            if services.is_empty() {
                continue;
            }
            let made = IndicatorMeasured {
                period: month.period.clone(),
                standard: standard.clone(),
                indicator: indicator.name,
                source: "prometheus".to_owned(),
                expression: indicator.query.unwrap_or_default(),
                services,
            };
            written += u32::from(store.measure(ACTOR, made).await?);
        }
    }
    Ok(written)
}

/// The month before this one, while it is measured.
fn ended(now: Timestamp) -> Option<Month> {
    let last = BISHKEK.to_datetime(now).date().first_of_month().checked_sub(1.day()).ok()?.to_string();
    let period = last.get(..7)?.to_owned();
    let [from, until] = bounds(&period)?;
    let (begin, end): (Timestamp, Timestamp) = (from.parse().ok()?, until.parse().ok()?);
    let seconds = end.duration_since(begin).as_secs();
    (now.duration_since(end) <= BACK).then_some(Month { period, last, end, until, seconds })
}

/// The indicators of the standard that judged these, as it was announced with the newest, whose values are measured.
async fn asked(store: &Store, cases: &[Case], month: &Month) -> Result<Vec<Indicator>, StoreError> {
    let Some(newest) = cases.iter().max_by_key(|case| case.seq) else { return Ok(Vec::new()) };
    let announced = store.announcement(&newest.announcement).await?;
    let defined = announced.map(|made| made.run.standard.indicators).unwrap_or_default();
    let measured = |one: &Indicator| one.query.is_some() && one.measure.is_none() && holds(one, &month.last);
    Ok(defined.into_iter().filter(measured).take(MOST).collect())
}

/// The values of services of which nothing is in the log. Where the server refuses an expression or is away, the rest
/// of them is asked again an hour later; so is a service over whose series the expression gives no one number.
async fn values(
    prometheus: &Prometheus,
    indicator: &Indicator,
    cases: &[Case],
    known: &BTreeSet<[String; 4]>,
    month: &Month,
) -> Vec<ServiceMeasured> {
    let expression = indicator.query.as_deref().unwrap_or_default();
    let mut services = Vec::new();
    for case in cases {
        let subject = &case.summary.subject;
        let (participant, service) = (subject.participant.clone(), subject.service.clone());
        let key = [&case.summary.standard, &indicator.name, &participant, &service].map(Clone::clone);
        if known.contains(&key) {
            continue;
        }
        match prometheus.value(expression, (&participant, &service), (month.end, month.seconds)).await {
            Ok(None) => {}
            Ok(Some(millionths)) => {
                services.push(ServiceMeasured { participant, service, submission: case.id.clone(), millionths });
            }
            Err(error) => {
                let indicator = &indicator.name;
                tracing::warn!(indicator, participant, service, %error, "an indicator is not measured now; tried again");
                if !error.is_of_one_service() {
                    break;
                }
            }
        }
    }
    services
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_measured_for_a_fortnight_after_its_end_by_the_clock_of_bishkek() {
        let of = |now: &str| ended(now.parse().unwrap()).map(|month| (month.period, month.last, month.seconds));
        let june = Some(("2026-06".to_owned(), "2026-06-30".to_owned(), 30 * 86_400));
        assert_eq!(of("2026-06-30T18:00:00Z"), june);
        assert_eq!(of("2026-07-14T18:00:00Z"), june);
        assert_eq!(of("2026-07-14T18:00:01Z"), None);
        assert_eq!(of("2026-06-30T17:59:59Z"), None);
        assert_eq!(of("2026-03-01T12:00:00Z"), Some(("2026-02".to_owned(), "2026-02-28".to_owned(), 28 * 86_400)));
    }
}
