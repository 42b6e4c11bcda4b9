//! Measured numbers as people read them. The numbers that are judged stay integers; only here do
//! they get units and a decimal point.

use crate::verdict::MAX_EXACT;

/// A number of things.
pub fn count(number: u64) -> String {
    number.to_string()
}

/// Parts per million as a percentage: 12345 is `1.2345 %`.
pub fn percent(ppm: u64) -> String {
    format!("{} %", decimal(ppm, 4))
}

/// Microseconds as milliseconds: 12340 is `12.34 ms`.
pub fn milliseconds(us: u64) -> String {
    format!("{} ms", decimal(us, 3))
}

/// Milliseconds as seconds: 1200 is `1.2 s`.
pub fn seconds(ms: u64) -> String {
    format!("{} s", decimal(ms, 3))
}

/// A long time in milliseconds, rounded up to the second: 8130000 is `2 h 15 min 30 s`.
pub fn span(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// `value` with its last `places` digits behind a point, without trailing zeros.
pub fn decimal(value: u64, places: u32) -> String {
    let unit = 10_u64.pow(places);
    let fraction = format!("{:0width$}", value % unit, width = places as usize);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}", value / unit)
}

/// `part` of `whole` in parts per million, rounded up as the verdict does; `None` of nothing.
pub fn ppm(part: u128, whole: u128) -> Option<u64> {
    (whole > 0).then(|| exact(part.saturating_mul(1_000_000).div_ceil(whole)))
}

/// `value` as JSON keeps it: at most 2^53 − 1.
pub fn exact(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX).min(MAX_EXACT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_get_their_units() {
        for (said, want) in [
            (percent(0), "0 %"),
            (percent(234_500), "23.45 %"),
            (milliseconds(12_345), "12.345 ms"),
            (seconds(41_200), "41.2 s"),
            (seconds(30_000), "30 s"),
            (count(u64::MAX), "18446744073709551615"),
            (span(8_130_000), "2 h 15 min 30 s"),
            (span(28_800_000), "8 h"),
            (span(1), "1 s"),
            (span(0), "0 s"),
        ] {
            assert_eq!(said, want);
        }
        assert_eq!((ppm(1, 3), ppm(1, 0), ppm(u128::MAX, 1)), (Some(333_334), None, Some(MAX_EXACT)));
    }
}
