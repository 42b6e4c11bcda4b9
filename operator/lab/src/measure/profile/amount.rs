//! Amounts as Kubernetes writes them: `500m`, `2`, `1.5`, `128Mi`, `1e3`. In integers, rounded up as Kubernetes does.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Most digits of a number: all that a node can have, and no product of them overflows.
const MOST_DIGITS: usize = 18;

/// `amount` in thousandths; `None` of what is none, or does not fit.
pub fn milli(amount: &Quantity) -> Option<u64> {
    u64::try_from(thousandths(&amount.0)?).ok()
}

/// `amount` in ones.
pub fn whole(amount: &Quantity) -> Option<u64> {
    u64::try_from(thousandths(&amount.0)?.div_ceil(1_000)).ok()
}

fn thousandths(text: &str) -> Option<u128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (ones, parts) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{ones}{parts}");
    if digits.len() > MOST_DIGITS || parts.contains('.') {
        return None;
    }
    let (times, divided) = scale(suffix)?;
    let divided = divided.checked_mul(10_u128.checked_pow(u32::try_from(parts.len()).ok()?)?)?;
    Some(digits.parse::<u128>().ok()?.checked_mul(1_000)?.checked_mul(times)?.div_ceil(divided))
}

/// What a suffix multiplies by and divides by.
fn scale(suffix: &str) -> Option<(u128, u128)> {
    let decimal = |power: u32| Some((10_u128.checked_pow(power)?, 1));
    let binary = |power: u32| Some((1_024_u128.checked_pow(power)?, 1));
    match suffix {
        "" => Some((1, 1)),
        "m" => Some((1, 1_000)),
        "u" => Some((1, 1_000_000)),
        "n" => Some((1, 1_000_000_000)),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => decimal(suffix.strip_prefix(['e', 'E'])?.parse().ok().filter(|power| *power <= 18)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_kubernetes_writes_them() {
        let quantity = |text: &str| Quantity(text.to_owned());
        for (text, want) in [
            ("2", Some(2_000)),
            ("500m", Some(500)),
            ("1.5", Some(1_500)),
            ("0.0001", Some(1)),
            ("1500000001n", Some(1_501)),
            ("1e3", Some(1_000_000)),
            ("2k", Some(2_000_000)),
            ("", None),
            (".", None),
            ("-1", None),
            ("1.5.2", None),
            ("many", None),
            ("12345678901234567890", None),
            ("999999999999999999Ei", None),
        ] {
            assert_eq!(milli(&quantity(text)), want, "{text}");
        }
        let bytes = |text: &str| whole(&quantity(text)).unwrap();
        assert_eq!([bytes("128Mi"), bytes("4Gi"), bytes("7915520Ki")], [128 << 20, 4 << 30, 7_915_520 << 10]);
        assert_eq!([bytes("1500m"), bytes("1.5Gi")], [2, 3 << 29]);
    }
}
