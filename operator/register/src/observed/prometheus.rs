//! A Prometheus server that the administrator lists, with an expression of theirs that is 1 while a service is
//! available and 0 while it is not: one series for each service, for example the `probe_success` of a prober.

use std::time::Duration;

use factory_assurance::live;
use jiff::Timestamp;
use reqwest::{Client, Url};
use serde::Deserialize;

use super::MINUTES;

/// Longest that one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest answer, in bytes: a day has 1440 values of some 20 bytes.
const LONGEST: usize = 1024 * 1024;
/// Value from which on a service is available.
const UP: f64 = 1.0;
/// Seconds from one value to the next, and those of a day.
const STEP: i64 = 60;
const DAY: i64 = 24 * 60 * STEP;

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

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Series>,
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
        let expression = self
            .expression
            .replace("{namespace}", &live::namespace(participant, service))
            .replace("{participant}", participant)
            .replace("{service}", service);
        let first = from.as_second();
        let last = first + DAY - STEP;
        let mut asked = self.address.clone();
        asked.set_path(&format!("{}/api/v1/query_range", asked.path().trim_end_matches('/')));
        asked.query_pairs_mut().extend_pairs([
            ("query", expression.as_str()),
            ("start", &first.to_string()),
            ("end", &last.to_string()),
            ("step", &STEP.to_string()),
        ]);
        let mut response = self.client.get(asked).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST {
                return Err(PrometheusError::Answer(format!("it is longer than {LONGEST} bytes")));
            }
        }
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|error| PrometheusError::Answer(error.to_string()))?;
        let mut minutes = vec![None; MINUTES];
        match &answer.data.result[..] {
            [] => {}
            [series] => place(&series.values, first, &mut minutes),
            several => return Err(PrometheusError::Series { expression, found: several.len() }),
        }
        Ok(minutes)
    }
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
    fn each_value_is_in_its_minute_and_what_is_no_number_is_missing() {
        let mut minutes = vec![None; 4];
        let values = [(60.0, "1"), (120.0, "0"), (180.5, "NaN"), (240.0, "0.5"), (300.0, "1"), (0.0, "1")];
        place(&values.map(|(at, value)| (at, value.to_owned())), 60, &mut minutes);
        assert_eq!(minutes, [Some(true), Some(false), None, Some(false)]);
    }
}
