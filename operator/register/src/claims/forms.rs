//! Numbers of public forms: each is signed by this process, for one service, with the moment it was given out. A
//! program that sends without reading, sends at once, or sends one form many times has none that counts; a person
//! notices nothing, and no script is needed.

use std::time::Duration;

use factory_assurance::canonical;
use jiff::Timestamp;

use crate::console::sessions::{random, same};

/// How long a form may stay open.
const LONGEST: i64 = 24 * 60 * 60 * 1000;

/// Gives out numbers of forms, and knows them again.
#[derive(Debug)]
pub struct Forms {
    /// Nobody else can give out what counts. `None` where the system has no random numbers: no form counts then.
    secret: Option<String>,
}

/// Why a form does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// Sooner than a person could have read it.
    TooSoon,
    /// Not given out here for this service, or too long ago.
    Unknown,
}

impl Default for Forms {
    fn default() -> Self {
        Self { secret: random().ok() }
    }
}

impl Forms {
    /// A number for a form about `service`, given out `now`. Nothing tells one from another but its luck.
    pub fn number(&self, service: &str, now: Timestamp) -> Result<String, getrandom::Error> {
        let luck = random()?;
        let given = format!("{}-{}", now.as_millisecond(), &luck[..16]);
        Ok(format!("{given}-{}", self.mark(&given, service)))
    }

    /// Whether `number` was given out for `service`, at least `least` before `now`.
    pub fn hold(&self, number: &str, service: &str, now: Timestamp, least: Duration) -> Result<(), Stale> {
        let (given, mark) = number.rsplit_once('-').ok_or(Stale::Unknown)?;
        let at: i64 = given.split('-').next().unwrap_or_default().parse().map_err(|_| Stale::Unknown)?;
        if self.secret.is_none() || !same(mark, &self.mark(given, service)) {
            return Err(Stale::Unknown);
        }
        let age = now.as_millisecond() - at;
        match u128::try_from(age) {
            Ok(age) if age < least.as_millis() => Err(Stale::TooSoon),
            Ok(_) if age <= LONGEST => Ok(()),
            _ => Err(Stale::Unknown),
        }
    }

    /// Hashed twice, so that no longer text follows from a shorter one's mark.
    fn mark(&self, given: &str, service: &str) -> String {
        let secret = self.secret.as_deref().unwrap_or_default();
        let inner = canonical::sha256(format!("{secret}\n{given}\n{service}").as_bytes());
        canonical::sha256(format!("{secret}\n{inner}").as_bytes()).split_off("sha256:".len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_counts_for_its_service_after_a_while_and_not_for_ever() {
        let forms = Forms::default();
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let number = forms.number("p/a", at(0)).unwrap();
        let three = Duration::from_secs(3);
        let held = |number: &str, service: &str, seconds| forms.hold(number, service, at(seconds), three);
        assert_eq!(held(&number, "p/a", 2), Err(Stale::TooSoon));
        assert_eq!(held(&number, "p/a", 3), Ok(()));
        assert_eq!(held(&number, "p/a", 86_400), Ok(()));
        assert_eq!(held(&number, "p/a", 86_401), Err(Stale::Unknown));
        assert_eq!(held(&number, "p/b", 3), Err(Stale::Unknown), "of another service");
        assert_eq!(held(&number, "p/a", -1), Err(Stale::Unknown), "of the future");
        assert_eq!(Forms::default().hold(&number, "p/a", at(3), three), Err(Stale::Unknown), "of another register");
        let earlier = number.replacen("1800", "1700", 1);
        for forged in ["", "-", "0-0-0", &number[1..], &earlier] {
            assert_eq!(held(forged, "p/a", 3), Err(Stale::Unknown), "{forged}");
        }
    }
}
