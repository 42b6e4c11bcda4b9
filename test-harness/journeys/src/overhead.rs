//! The time that the factory itself adds: from apply to Registered, less what is not its own — build,
//! load and faults, and waiting for a person. Pure: stretches of time in, seconds out.

use jiff::Timestamp;

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its first moment.
    pub from: Timestamp,
    /// Its last moment.
    pub to: Timestamp,
}

impl Stretch {
    /// The part of it that lies in `whole`.
    #[must_use]
    pub fn within(self, whole: Self) -> Option<Self> {
        let part = Self { from: self.from.max(whole.from), to: self.to.min(whole.to) };
        (part.from < part.to).then_some(part)
    }

    /// Its length in seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.to.duration_since(self.from).as_secs_f64()
    }
}

/// Seconds of `whole` that no stretch of `others` covers. Stretches may overlap; what two of them
/// cover is taken off once.
#[must_use]
pub fn own_seconds(whole: Stretch, others: &[Stretch]) -> f64 {
    let mut parts: Vec<Stretch> = others.iter().filter_map(|stretch| stretch.within(whole)).collect();
    parts.sort_by_key(|stretch| stretch.from);
    let mut own = 0.0;
    let mut reached = whole.from;
    for part in parts {
        if part.from > reached {
            own += Stretch { from: reached, to: part.from }.seconds();
        }
        reached = reached.max(part.to);
    }
    own + Stretch { from: reached, to: whole.to }.seconds().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(from: i64, to: i64) -> Stretch {
        Stretch { from: Timestamp::from_second(from).unwrap(), to: Timestamp::from_second(to).unwrap() }
    }

    #[test]
    fn what_others_take_is_taken_off_once() {
        let cases: [(&[Stretch], f64); 6] = [
            (&[], 100.0),
            (&[stretch(10, 20)], 90.0),
            (&[stretch(10, 20), stretch(15, 30)], 80.0),
            (&[stretch(50, 60), stretch(10, 80), stretch(20, 30)], 30.0),
            (&[stretch(-10, 10), stretch(90, 200)], 80.0),
            (&[stretch(-10, 200)], 0.0),
        ];
        for (others, expected) in cases {
            assert!((own_seconds(stretch(0, 100), others) - expected).abs() < 1e-9, "{others:?}");
        }
    }
}
