//! A length of time as people write it in a manifest: `90s`, `15m`, `8h`, `1h30m`. Millisecond
//! resolution; no signs, no fractions, no days, because a day is not always 24 hours.

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A length of time, serialised as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    text: String,
    millis: u64,
}

/// A text that is no length of time.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no length of time: write hours, minutes, seconds or milliseconds in that order, such as 8h, 1h30m, 45s or 250ms"
)]
pub struct BadSpan(String);

/// What the schema and the parser both accept.
const PATTERN: &str = "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,6}s)?([0-9]{1,6}ms)?$";

impl Span {
    /// The length in milliseconds.
    #[must_use]
    pub const fn millis(&self) -> u64 {
        self.millis
    }

    /// The length as the standard library has it.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        Duration::from_millis(self.millis)
    }

    /// `seconds` seconds.
    #[must_use]
    pub fn seconds(seconds: u64) -> Self {
        Self { text: format!("{seconds}s"), millis: seconds.saturating_mul(1000) }
    }
}

impl FromStr for Span {
    type Err = BadSpan;

    fn from_str(text: &str) -> Result<Self, BadSpan> {
        let bad = || BadSpan(text.to_owned());
        let mut rest = text;
        let mut millis: u64 = 0;
        // `ms` must be looked for before `m`, and units may only fall.
        let mut smallest = u64::MAX;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: u64 = rest[..digits].parse().map_err(|_| bad())?;
            let units = [("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
            let (unit, factor) =
                units.into_iter().find(|(unit, _)| rest[digits..].starts_with(unit)).ok_or_else(bad)?;
            if factor >= smallest || digits > 6 {
                return Err(bad());
            }
            smallest = factor;
            millis = millis.saturating_add(number.saturating_mul(factor));
            rest = &rest[digits + unit.len()..];
        }
        Ok(Self { text: text.to_owned(), millis })
    }
}

impl TryFrom<String> for Span {
    type Error = BadSpan;

    fn try_from(text: String) -> Result<Self, BadSpan> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.text
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": 24, "pattern": PATTERN })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_people_write_are_understood() {
        for (text, millis) in
            [("8h", 28_800_000), ("1h30m", 5_400_000), ("45s", 45_000), ("250ms", 250), ("1m1s1ms", 61_001), ("", 0)]
        {
            assert_eq!(text.parse::<Span>().unwrap().millis(), millis, "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_the_text_in_the_message() {
        for text in ["5 parsecs", "-3s", "1.5h", "10", "1s1h", "1s1s", "h", "9999999s", "1d"] {
            let error = text.parse::<Span>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }
}
