//! What is to be done about a certificate: decided from what is there and the time alone. Times are
//! seconds since 1970.

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// A CA lives this long, and is replaced when a quarter of it is left.
pub const AUTHORITY_LIFE: i64 = 730 * DAY;
/// A serving certificate lives this long, and is renewed when a third of it is left.
pub const LEAF_LIFE: i64 = 30 * DAY;
/// Clocks of nodes may differ by this: a certificate holds from so long before it is made.
pub const SKEW: i64 = HOUR;
/// By then every pod has what was published: the kubelet takes about a minute.
const SETTLED: i64 = HOUR;

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It can be used between these times.
    Fit {
        /// Not before.
        from: i64,
        /// Not after.
        until: i64,
    },
    /// It cannot be used at any time.
    Unfit,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It is as it should be.
    Nothing,
    /// There is none.
    Make,
    /// Another takes its place.
    Renew,
}

/// What is to be done about the CA.
#[must_use]
pub fn authority(there: Option<Seen>, now: i64) -> Wish {
    match there {
        None => Wish::Make,
        Some(Seen::Fit { from, until }) if (until - now) * 4 > until - from => Wish::Nothing,
        Some(_) => Wish::Renew,
    }
}

/// What is to be done about a certificate by a CA that holds from `authority_from`.
#[must_use]
pub fn leaf(there: Option<Seen>, authority_from: i64, now: i64) -> Wish {
    match there {
        None => Wish::Make,
        Some(Seen::Fit { from, until }) if from <= now && now < until => {
            let due = (until - now) * 3 <= until - from;
            // A new CA signs when everybody knows it; until then the old certificate is good. One that was
            // made by a clock that ran ahead has been there for as long as anybody can tell.
            let settled = now < authority_from || now >= made(authority_from) + SETTLED;
            if due && settled { Wish::Renew } else { Wish::Nothing }
        }
        Some(_) => Wish::Renew,
    }
}

/// Whether something signed by the CA before the one that holds from `authority_from` may be in force.
#[must_use]
pub fn old_still_counts(authority_from: i64, now: i64) -> bool {
    now < made(authority_from) + LEAF_LIFE
}

const fn made(from: i64) -> i64 {
    from + SKEW
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: i64 = 1_800_000_000;

    fn fit(life: i64) -> Option<Seen> {
        Some(Seen::Fit { from: MADE - SKEW, until: MADE + life })
    }

    #[test]
    fn a_ca_is_made_once_and_replaced_when_a_quarter_is_left() {
        let quarter = (AUTHORITY_LIFE + SKEW) / 4;
        for (there, now, wish) in [
            (None, MADE, Wish::Make),
            (Some(Seen::Unfit), MADE, Wish::Renew),
            (fit(AUTHORITY_LIFE), MADE, Wish::Nothing),
            (fit(AUTHORITY_LIFE), MADE + AUTHORITY_LIFE - quarter - 1, Wish::Nothing),
            (fit(AUTHORITY_LIFE), MADE + AUTHORITY_LIFE - quarter, Wish::Renew),
            (fit(AUTHORITY_LIFE), MADE + AUTHORITY_LIFE + DAY, Wish::Renew),
            // A clock that was set back makes no other.
            (fit(AUTHORITY_LIFE), MADE - DAY, Wish::Nothing),
        ] {
            assert_eq!(authority(there, now), wish, "{there:?} at {now}");
        }
    }

    #[test]
    fn a_leaf_is_renewed_when_a_third_is_left_and_at_once_when_it_cannot_be_used() {
        let third = (LEAF_LIFE + SKEW) / 3;
        let long_ago = MADE - 100 * DAY;
        for (there, now, wish) in [
            (None, MADE, Wish::Make),
            (Some(Seen::Unfit), MADE, Wish::Renew),
            (fit(LEAF_LIFE), MADE, Wish::Nothing),
            (fit(LEAF_LIFE), MADE + LEAF_LIFE - third - 1, Wish::Nothing),
            (fit(LEAF_LIFE), MADE + LEAF_LIFE - third, Wish::Renew),
            (fit(LEAF_LIFE), MADE + LEAF_LIFE, Wish::Renew),
            (fit(LEAF_LIFE), MADE - 2 * SKEW, Wish::Renew),
        ] {
            assert_eq!(leaf(there, long_ago, now), wish, "{there:?} at {now}");
        }
    }

    #[test]
    fn a_ca_that_was_just_made_signs_at_once_only_what_cannot_wait() {
        let due = MADE + LEAF_LIFE - DAY;
        let just_now = due - SKEW;
        assert_eq!(leaf(fit(LEAF_LIFE), just_now, due), Wish::Nothing);
        assert_eq!(leaf(fit(LEAF_LIFE), just_now, due + SETTLED), Wish::Renew);
        assert_eq!(leaf(fit(LEAF_LIFE), due + 365 * DAY, due), Wish::Renew);
        assert_eq!(leaf(None, just_now, due), Wish::Make);
        assert_eq!(leaf(Some(Seen::Unfit), just_now, due), Wish::Renew);
        assert_eq!(leaf(fit(LEAF_LIFE), just_now, MADE + LEAF_LIFE), Wish::Renew);
    }

    #[test]
    fn an_old_ca_counts_as_long_as_what_it_may_have_signed_in_its_last_moment() {
        assert!(old_still_counts(MADE - SKEW, MADE));
        assert!(old_still_counts(MADE - SKEW, MADE + LEAF_LIFE - 1));
        assert!(!old_still_counts(MADE - SKEW, MADE + LEAF_LIFE));
    }
}
