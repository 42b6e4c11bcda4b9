//! What is delegated: which class of changes, of which services, from when until when, and why.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    canonical::{self, NotCanonical},
    wire::{LONGEST_REASON, line},
};

/// Longest time from beginning to end, in days: the regulator looks at it again at least once a year.
pub const LONGEST_DAYS: i64 = 366;

/// A class of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum ChangeClass {
    /// A rebuild of what the regulator confirmed: the same commit, manifest and standard; only images and what
    /// names them are others.
    RebuildOnPatchedBase,
}

impl ChangeClass {
    /// All of them, in their order.
    pub const ALL: [Self; 1] = [Self::RebuildOnPatchedBase];

    /// As documents name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RebuildOnPatchedBase => "RebuildOnPatchedBase",
        }
    }
}

/// The terms of a delegation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    /// Participant: the namespace of the manifests.
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]{0,252}$")))]
    pub participant: String,
    /// Name of the service; every service of the participant where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]{0,252}$")))]
    pub service: Option<String>,
    /// Which changes.
    pub class: ChangeClass,
    /// From this moment on, RFC 3339.
    #[cfg_attr(feature = "openapi", schemars(extend("format" = "date-time")))]
    pub from: String,
    /// Until before this moment, RFC 3339; at most [`LONGEST_DAYS`] later.
    #[cfg_attr(feature = "openapi", schemars(extend("format" = "date-time")))]
    pub until: String,
    /// Why, in words that the public reads: one line of plain text.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = LONGEST_REASON)))]
    pub reason: String,
}

/// Terms that are none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}, not `{found}`")]
pub struct TermsError {
    /// Which field.
    pub field: &'static str,
    /// What it must be.
    pub rule: &'static str,
    /// As it stands there.
    pub found: String,
}

/// Where a moment lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before the beginning.
    Before,
    /// Within.
    Within,
    /// At the end or after it.
    After,
}

impl Terms {
    /// `sha256:…` of the canonical form, by which a delegation is known.
    pub fn digest(&self) -> Result<String, NotCanonical> {
        canonical::digest(self)
    }

    /// `<participant>`, or `<participant>/<service>`.
    #[must_use]
    pub fn scope(&self) -> String {
        match &self.service {
            Some(service) => format!("{}/{service}", self.participant),
            None => self.participant.clone(),
        }
    }

    /// Whether it is for this service.
    #[must_use]
    pub fn is_for(&self, participant: &str, service: &str) -> bool {
        self.participant == participant && self.service.as_ref().is_none_or(|of| of == service)
    }

    /// Where `at` lies; after the end where an end is no moment.
    #[must_use]
    pub fn when(&self, at: Timestamp) -> When {
        match (self.from.parse::<Timestamp>(), self.until.parse::<Timestamp>()) {
            (Ok(from), Ok(until)) if at < until => {
                if at < from {
                    When::Before
                } else {
                    When::Within
                }
            }
            _ => When::After,
        }
    }

    /// Names the first field that is not what it must be.
    pub fn hold(&self) -> Result<(), TermsError> {
        let Self { participant, service, class: _, from, until, reason: why } = self;
        for (field, name) in [("participant", Some(participant)), ("service", service.as_ref())] {
            if let Some(name) = name.filter(|name| !is_name(name)) {
                return Err(wrong(field, "must be lower-case letters, digits and `-`", name));
            }
        }
        let moment = |field, text: &str| {
            text.parse::<Timestamp>().map_err(|_| wrong(field, "must be a moment such as 2026-03-04T05:06:07Z", text))
        };
        let (begins, ends) = (moment("from", from)?, moment("until", until)?);
        if ends <= begins {
            return Err(wrong("until", "must be after `from`", until));
        }
        if ends.duration_since(begins) > SignedDuration::from_hours(LONGEST_DAYS * 24) {
            return Err(wrong("until", "must be at most 366 days after `from`", until));
        }
        reason(why)
    }
}

/// Whether `text` is a reason: one line of plain text, and no space around it.
pub(super) fn reason(text: &str) -> Result<(), TermsError> {
    match line(text, LONGEST_REASON) {
        Ok(plain) if plain == text => Ok(()),
        _ => {
            Err(wrong("reason", "must be one line of plain text of 1 to 500 characters, without space around it", text))
        }
    }
}

fn wrong(field: &'static str, rule: &'static str, found: &str) -> TermsError {
    TermsError { field, rule, found: found.chars().take(60).collect() }
}

/// A DNS label or subdomain: one segment of an address.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte))
        && !name.starts_with(['-', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn each_field_that_is_not_what_it_must_be_is_named() {
        type Harm = fn(&mut Terms);
        assert_eq!(sample::terms().hold(), Ok(()));
        let harms: [(&str, Harm); 9] = [
            ("participant: ", |terms| terms.participant = "../x".to_owned()),
            ("service: ", |terms| terms.service = Some(String::new())),
            ("from: must be a moment", |terms| terms.from = "2026-03-04".to_owned()),
            ("until: must be a moment", |terms| terms.until = "soon".to_owned()),
            ("until: must be after `from`", |terms| terms.until.clone_from(&terms.from)),
            ("until: must be at most 366 days", |terms| terms.until = "2027-03-05T00:00:01Z".to_owned()),
            ("reason: ", |terms| terms.reason = " ".to_owned()),
            ("reason: ", |terms| terms.reason = "a\u{202e}b".to_owned()),
            ("reason: ", |terms| terms.reason = " a".to_owned()),
        ];
        for (begins, harm) in harms {
            let mut terms = sample::terms();
            harm(&mut terms);
            let said = terms.hold().unwrap_err().to_string();
            assert!(said.starts_with(begins), "{said}");
        }
        let whole = Terms { until: "2027-03-05T00:00:00Z".to_owned(), ..sample::terms() };
        assert_eq!(whole.hold(), Ok(()));
    }

    #[test]
    fn it_is_for_its_services_from_its_beginning_to_before_its_end() {
        let (one, all) = (sample::terms(), Terms { service: None, ..sample::terms() });
        assert_eq!(
            (one.scope().as_str(), all.scope().as_str()),
            ("social-registry/registered-address", "social-registry")
        );
        for (participant, service, of_one, of_all) in [
            ("social-registry", "registered-address", true, true),
            ("social-registry", "other", false, true),
            ("other", "registered-address", false, false),
        ] {
            assert_eq!((one.is_for(participant, service), all.is_for(participant, service)), (of_one, of_all));
        }
        for (at, when) in [
            ("2026-03-03T23:59:59.999Z", When::Before),
            ("2026-03-04T00:00:00Z", When::Within),
            ("2026-06-03T23:59:59.999Z", When::Within),
            ("2026-06-04T00:00:00Z", When::After),
        ] {
            assert_eq!(one.when(at.parse().unwrap()), when, "{at}");
        }
        let none = Terms { until: "never".to_owned(), ..one };
        assert_eq!(none.when("2026-03-05T00:00:00Z".parse().unwrap()), When::After);
    }
}
