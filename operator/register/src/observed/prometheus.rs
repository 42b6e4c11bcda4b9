//! A Prometheus server that the administrator lists, with an expression of theirs that is 1 while a service is
//! available and 0 while it is not: one series for each service, for example the `probe_success` of a prober.

use std::time::Duration;

use factory_assurance::{live, verdict::MAX_EXACT};
use jiff::Timestamp;
use reqwest::{Client, StatusCode, Url};
use serde::{Deserialize, de::DeserializeOwned};

use super::MINUTES;
use crate::outgoing;

/// Longest that one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest answer, in bytes: a day has 1440 values of some 20 bytes.
const LONGEST: usize = 1024 * 1024;
/// Value from which on a service is available.
const UP: f64 = 1.0;
/// Seconds from one value to the next, and those of a day.
const STEP: i64 = 60;
const DAY: i64 = 24 * 60 * STEP;

/// Longest that the server itself may work on one value.
const WORK: &str = "20s";

/// The server, and what it is asked.
#[derive(Clone, Debug)]
pub struct Prometheus {
    client: Client,
    address: Url,
    expression: String,
}

/// Why a day is not known.
#[derive(Debug, thiserror::Error)]
pub enum PrometheusError {
    /// It did not answer, or not as it must.
    #[error("prometheus: {0}")]
    Asked(#[from] reqwest::Error),
    /// Its answer is none.
    #[error("prometheus: the answer cannot be read: {0}")]
    Answer(String),
    /// The expression is not about one service.
    #[error("prometheus: `{expression}` gives {found} series, must give one")]
    Series {
        /// As it was asked.
        expression: String,
        /// How many.
        found: usize,
    },
}

impl PrometheusError {
    /// Whether it is about the series of one service, so that the others may still be asked.
    #[must_use]
    pub fn is_of_one_service(&self) -> bool {
        match self {
            Self::Series { .. } => true,
            // The expression can be read, and cannot be carried out over the series that it meets.
            Self::Asked(error) => error.status() == Some(StatusCode::UNPROCESSABLE_ENTITY),
            Self::Answer(_) => false,
        }
    }
}

#[derive(Deserialize)]
struct Answer<T> {
    data: Data<T>,
}

#[derive(Deserialize)]
struct Data<T> {
    result: Vec<T>,
}

#[derive(Deserialize)]
struct Sample {
    value: (f64, String),
}

#[derive(Deserialize)]
struct Series {
    values: Vec<(f64, String)>,
}

impl Prometheus {
    /// The server at `address`, asked for `expression`, in which `{namespace}`, `{participant}` and `{service}` stand
    /// for those of the service.
    pub fn new(address: Url, expression: &str) -> Result<Self, PrometheusError> {
        let client = Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { client, address, expression: expression.to_owned() })
    }

    /// The expression as the administrator wrote it.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Whether the service was available in each minute of the day that begins at `from`.
    pub async fn day(
        &self,
        (participant, service): (&str, &str),
        from: Timestamp,
    ) -> Result<Vec<Option<bool>>, PrometheusError> {
        let expression = about(&self.expression, (participant, service));
        let first = from.as_second();
        let last = first + DAY - STEP;
        let answer: Answer<Series> = self
            .ask(
                "query_range",
                &[
                    ("query", &expression),
                    ("start", &first.to_string()),
                    ("end", &last.to_string()),
                    ("step", &STEP.to_string()),
                ],
            )
            .await?;
        let mut minutes = vec![None; MINUTES];
        match &answer.data.result[..] {
            [] => {}
            [series] => place(&series.values, first, &mut minutes),
            several => return Err(PrometheusError::Series { expression, found: several.len() }),
        }
        Ok(minutes)
    }

    /// The one value of an `expression` of a standard about a service, at the end of a period of so many seconds; in
    /// millionths. Nothing where the server has none, or one that is no number from 0 on.
    pub async fn value(
        &self,
        expression: &str,
        (participant, service): (&str, &str),
        (end, seconds): (Timestamp, i64),
    ) -> Result<Option<u64>, PrometheusError> {
        let expression = about(expression, (participant, service)).replace("{period}", &format!("{seconds}s"));
        let end = end.as_second().to_string();
        let answer: Answer<Sample> =
            self.ask("query", &[("query", &expression), ("time", &end), ("timeout", WORK)]).await?;
        match &answer.data.result[..] {
            [] => Ok(None),
            [Sample { value: (_, value) }] => Ok(millionths(value)),
            several => Err(PrometheusError::Series { expression, found: several.len() }),
        }
    }

    /// Asks the server's HTTP API (v1).
    async fn ask<T: DeserializeOwned>(&self, call: &str, query: &[(&str, &str)]) -> Result<T, PrometheusError> {
        let mut asked = self.address.clone();
        asked.set_path(&format!("{}/api/v1/{call}", asked.path().trim_end_matches('/')));
        asked.query_pairs_mut().extend_pairs(query);
        let response = self.client.get(asked).send().await?.error_for_status()?;
        let too_long = || PrometheusError::Answer(format!("it is longer than {LONGEST} bytes"));
        let body = outgoing::body(response, LONGEST).await?.ok_or_else(too_long)?;
        serde_json::from_slice(&body).map_err(|error| PrometheusError::Answer(error.to_string()))
    }
}

/// `expression` about one service.
fn about(expression: &str, (participant, service): (&str, &str)) -> String {
    expression
        .replace("{namespace}", &live::namespace(participant, service))
        .replace("{participant}", participant)
        .replace("{service}", service)
}

/// A value as it is kept; none where it is no number from 0 on, or too large to be exact.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "checked to be within both bounds, which are exact"
)]
fn millionths(value: &str) -> Option<u64> {
    const LARGEST: f64 = MAX_EXACT as f64;
    let value = (value.parse::<f64>().ok()? * 1_000_000.0).round();
    (0.0..=LARGEST).contains(&value).then_some(value as u64)
}

/// Puts each value into its minute. What is no number stays missing.
fn place(values: &[(f64, String)], first: i64, minutes: &mut [Option<bool>]) {
    for (at, value) in values {
        let Ok(value) = value.parse::<f64>() else { continue };
        #[allow(clippy::cast_possible_truncation, reason = "times of Prometheus are seconds with a fraction")]
        let minute = usize::try_from((*at as i64 - first).div_euclid(STEP)).ok();
        if let Some(place) = minute.and_then(|minute| minutes.get_mut(minute))
            && !value.is_nan()
        {
            *place = Some(value >= UP);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_in_millionths_and_what_is_no_number_from_0_on_is_none() {
        assert_eq!(
            (millionths("99.73"), millionths("0"), millionths("1e3")),
            (Some(99_730_000), Some(0), Some(1_000_000_000))
        );
        for none in ["NaN", "+Inf", "-0.5", "1e300", "x", ""] {
            assert_eq!(millionths(none), None, "{none}");
        }
    }

    #[test]
    fn each_value_is_in_its_minute_and_what_is_no_number_is_missing() {
        let mut minutes = vec![None; 4];
        let values = [(60.0, "1"), (120.0, "0"), (180.5, "NaN"), (240.0, "0.5"), (300.0, "1"), (0.0, "1")];
        place(&values.map(|(at, value)| (at, value.to_owned())), 60, &mut minutes);
        assert_eq!(minutes, [Some(true), Some(false), None, Some(false)]);
    }
}
