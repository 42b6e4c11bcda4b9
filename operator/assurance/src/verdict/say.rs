//! Numbers and names as a person would say them. Measured values are rounded up, limits are exact,
//! so that a value above its limit never reads as equal to it.

/// Longest text that is quoted from evidence: it is hostile input and ends up on pages.
const LONGEST: usize = 200;

/// `text` in backticks, cut to [`LONGEST`] characters.
pub fn quote(text: &str) -> String {
    format!("`{}`", cut(text))
}

/// `text` cut to [`LONGEST`] characters, an ellipsis in place of the rest.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A limit in parts per million, exactly, as a percentage: 1000 → `0.1 %`.
pub fn percent(ppm: u64) -> String {
    format!("{} %", decimal(ppm, 10_000))
}

/// A measured share: from 1 % on rounded up to a hundredth, from 10 % on to a tenth.
pub fn percent_measured(ppm: u64) -> String {
    let step = match ppm {
        0..10_000 => 1,
        10_000..100_000 => 100,
        _ => 1_000,
    };
    percent(up(ppm, step))
}

/// A limit of latency in microseconds, exactly, in milliseconds.
pub fn latency(us: u64) -> String {
    format!("{} ms", decimal(us, 1_000))
}

/// A measured latency: rounded up to the millisecond from 10 ms on.
pub fn latency_measured(us: u64) -> String {
    latency(if us < 10_000 { us } else { up(us, 1_000) })
}

/// A length of time in milliseconds, exactly, in seconds.
pub fn seconds(ms: u64) -> String {
    format!("{} s", decimal(ms, 1_000))
}

/// A measured length of time: rounded up to a tenth of a second.
pub fn seconds_measured(ms: u64) -> String {
    seconds(up(ms, 100))
}

/// A limit of memory in bytes, in MiB, rounded down to a tenth.
pub fn memory(bytes: u64) -> String {
    tenths_of_mib((u128::from(bytes) * 10) >> 20)
}

/// Memory as measured, in MiB, rounded up to a tenth.
pub fn memory_measured(bytes: u64) -> String {
    tenths_of_mib((u128::from(bytes) * 10).div_ceil(1 << 20))
}

fn tenths_of_mib(tenths: u128) -> String {
    format!("{} MiB", decimal(u64::try_from(tenths).unwrap_or(u64::MAX), 10))
}

/// ` and 3 more`, or nothing.
pub fn more(rest: usize) -> String {
    if rest == 0 { String::new() } else { format!(" and {rest} more") }
}

/// `value` rounded up to a multiple of `step`.
fn up(value: u64, step: u64) -> u64 {
    value.div_ceil(step).saturating_mul(step)
}

/// `value / one` as a decimal fraction without trailing zeros; `one` is a power of ten.
fn decimal(value: u64, one: u64) -> String {
    let rest = value % one;
    if rest == 0 {
        return (value / one).to_string();
    }
    let digits = one.ilog10() as usize;
    format!("{}.{}", value / one, format!("{rest:0digits$}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (said, want) in [
            (percent(50_000), "5 %"),
            (percent(1_000), "0.1 %"),
            (percent(1), "0.0001 %"),
            (percent_measured(234_469), "23.5 %"),
            (percent_measured(50_001), "5.01 %"),
            (percent_measured(1_234), "0.1234 %"),
            (percent_measured(1_000_000), "100 %"),
            (latency(500_000), "500 ms"),
            (latency(1), "0.001 ms"),
            (latency_measured(1_500_001), "1501 ms"),
            (latency_measured(9_999), "9.999 ms"),
            (seconds(30_000), "30 s"),
            (seconds(250), "0.25 s"),
            (seconds_measured(41_101), "41.2 s"),
            (memory(128 << 20), "128 MiB"),
            (memory(1), "0 MiB"),
            (memory_measured(1), "0.1 MiB"),
            (memory_measured(u64::MAX), "17592186044416 MiB"),
            (more(0), ""),
            (more(3), " and 3 more"),
        ] {
            assert_eq!(said, want);
        }
    }

    #[test]
    fn a_value_above_its_limit_never_reads_as_equal_to_it() {
        for limit in [1, 999, 9_999, 10_000, 50_000, 99_999, 100_000, 999_999] {
            assert_ne!(percent(limit), percent_measured(limit + 1));
            assert_ne!(latency(limit), latency_measured(limit + 1));
            assert_ne!(seconds(limit), seconds_measured(limit + 1));
            assert_ne!(memory(limit), memory_measured(limit + 1));
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "ы".repeat(201);
        assert_eq!(cut(&long), format!("{}…", "ы".repeat(200)));
        assert_eq!(quote(&"ы".repeat(200)), format!("`{}`", "ы".repeat(200)));
    }
}
