//! What a release changes of another, and whether a class of changes covers it: the decision that a delegation leaves
//! to the register, and that whoever doubts it computes again.

use std::collections::BTreeMap;

use factory_crds::release::Outcome;

use super::terms::{ChangeClass, Terms, When};
use crate::{
    dossier::{Record, Subject, TestResult},
    standard::Standard,
};
use jiff::Timestamp;

/// The parts of a result that a class of changes asks about. Evidence is none of them: it is judged, not compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    subject: Subject,
    outcome: Outcome,
    standard: Standard,
    record: Record,
    images: BTreeMap<String, String>,
    databases: BTreeMap<String, String>,
    configuration: String,
}

/// Why a release does not fall within a delegation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Outside {
    /// It has not begun.
    #[error("the delegation begins on {0}")]
    NotYet(String),
    /// It has ended.
    #[error("the delegation ended on {0}")]
    Ended(String),
    /// It is for others.
    #[error("the delegation is for {scope}, not for {found}")]
    Scope {
        /// For which.
        scope: String,
        /// Which it is.
        found: String,
    },
    /// It did not pass.
    #[error("the verdict is {0:?}")]
    NotPassed(Outcome),
    /// Something is another that must be the same.
    #[error("{field}: not as in the release that the regulator confirmed")]
    Changed {
        /// What.
        field: &'static str,
    },
    /// Every image is the same: nothing was rebuilt.
    #[error("bundle.images: the same as in the release that the regulator confirmed, so it is no rebuild")]
    Unchanged,
}

impl Compared {
    /// Of `result`, whose verdict has been computed.
    #[must_use]
    pub fn of(result: &TestResult) -> Self {
        Self {
            subject: result.subject.clone(),
            outcome: result.verdict.outcome,
            standard: result.standard.clone(),
            record: result.record.clone(),
            images: result.bundle.images.clone(),
            databases: result.bundle.databases.clone(),
            configuration: result.bundle.configuration.clone(),
        }
    }
}

impl Terms {
    /// Whether `new`, taken at this moment, falls within the delegation, where the regulator confirmed `base`.
    pub fn cover(&self, at: Timestamp, base: &Compared, new: &Compared) -> Result<(), Outside> {
        match self.when(at) {
            When::Before => return Err(Outside::NotYet(self.from.clone())),
            When::After => return Err(Outside::Ended(self.until.clone())),
            When::Within => {}
        }
        let subject = &new.subject;
        if !self.is_for(&subject.participant, &subject.service) {
            let found = format!("{}/{}", subject.participant, subject.service);
            return Err(Outside::Scope { scope: self.scope(), found });
        }
        if new.outcome != Outcome::Passed {
            return Err(Outside::NotPassed(new.outcome));
        }
        match self.class {
            ChangeClass::RebuildOnPatchedBase => rebuilt(base, new),
        }
    }
}

/// The same source and manifest, judged by the same standard, with other images of the same components.
fn rebuilt(base: &Compared, new: &Compared) -> Result<(), Outside> {
    let (old, subject) = (&base.subject, &new.subject);
    let places = |images: &BTreeMap<String, String>| -> Vec<(String, String)> {
        images.iter().map(|(name, image)| (name.clone(), place(image).to_owned())).collect()
    };
    let same = [
        ("subject.participant", old.participant == subject.participant),
        ("subject.service", old.service == subject.service),
        ("subject.source", old.source == subject.source),
        ("subject.commit", old.commit == subject.commit),
        ("subject.specHash", old.spec_hash == subject.spec_hash),
        ("standard", base.standard == new.standard),
        ("record", base.record == new.record),
        ("bundle.configuration", base.configuration == new.configuration),
        ("bundle.images", places(&base.images) == places(&new.images)),
        // They run in the live namespace as well.
        ("bundle.databases", places(&base.databases) == places(&new.databases)),
    ];
    if let Some((field, _)) = same.into_iter().find(|(_, same)| !same) {
        return Err(Outside::Changed { field });
    }
    if base.images == new.images && base.databases == new.databases { Err(Outside::Unchanged) } else { Ok(()) }
}

/// Registry and repository of an image by digest.
fn place(image: &str) -> &str {
    image.rsplit_once('@').map_or(image, |(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    const AT: &str = "2026-04-01T00:00:00Z";

    fn covered(at: &str, base: &TestResult, new: &TestResult) -> Result<(), Outside> {
        sample::terms().cover(at.parse().unwrap(), &Compared::of(base), &Compared::of(new))
    }

    #[test]
    fn a_rebuild_falls_within_and_every_other_change_does_not() {
        type Harm = fn(&mut TestResult);
        let base = sample::passing();
        assert_eq!(covered(AT, &base, &sample::rebuilt(base.clone())), Ok(()));
        assert_eq!(covered(AT, &base, &base), Err(Outside::Unchanged));
        let harms: [(&str, Harm); 11] = [
            ("subject.source", |new| new.subject.source.push('x')),
            ("subject.commit", |new| new.subject.commit = "0".repeat(40)),
            ("subject.specHash", |new| new.subject.spec_hash = format!("sha256:{}", "0".repeat(64))),
            ("standard", |new| new.standard.version.push('1')),
            ("standard", |new| new.standard.min_requests += 1),
            ("record", |new| new.record.host = "elsewhere.example".to_owned()),
            ("bundle.configuration", |new| new.bundle.configuration = format!("sha256:{}", "0".repeat(64))),
            ("bundle.images", |new| drop(new.bundle.images.remove("registry"))),
            ("bundle.images", |new| drop(new.bundle.images.insert("more".to_owned(), "r/more@sha256:1".to_owned()))),
            ("bundle.images", |new| {
                let image = new.bundle.images.get_mut("web").unwrap();
                *image = image.replace("/demo/", "/other/");
            }),
            ("bundle.databases", |new| drop(new.bundle.databases.insert("db".to_owned(), "r/any@sha256:1".to_owned()))),
        ];
        for (field, harm) in harms {
            let mut new = sample::rebuilt(base.clone());
            harm(&mut new);
            assert_eq!(covered(AT, &base, &new), Err(Outside::Changed { field }));
        }
    }

    #[test]
    fn who_when_and_how_it_came_out_are_asked_first() {
        let (base, new) = (sample::passing(), sample::rebuilt(sample::passing()));
        for (at, said) in [
            ("2026-03-03T00:00:00Z", "the delegation begins on 2026-03-04T00:00:00Z"),
            ("2026-06-04T00:00:00Z", "the delegation ended on 2026-06-04T00:00:00Z"),
        ] {
            assert_eq!(covered(at, &base, &new).unwrap_err().to_string(), said);
        }
        let mut other = new.clone();
        "other".clone_into(&mut other.subject.service);
        assert!(matches!(covered(AT, &base, &other), Err(Outside::Scope { .. })));
        for (result, outcome) in [(sample::failing(), Outcome::Failed), (sample::inconclusive(), Outcome::Inconclusive)]
        {
            assert_eq!(covered(AT, &base, &sample::rebuilt(result)), Err(Outside::NotPassed(outcome)));
        }
    }
}
