//! A public key with the time in which it signs, as it is published and pinned: its PEM, and before it up to three
//! lines that readers of PEM pass over.
//!
//! ```text
//! Seal: Ministry of Digital Development
//! Not-Before: 2026-03-04T05:06:07Z
//! Not-After: 2027-03-04T05:06:07Z
//! -----BEGIN PUBLIC KEY-----
//! ```
//!
//! A key is a person's, unless it is said to be an organisation's seal: then a server signs with it. Whoever pins a key
//! says which it is; nothing that is signed does.

mod ring;

use jiff::Timestamp;

pub use ring::{PUBLISHED_BEFORE, Ring};

use crate::{
    dsse::{DsseError, Envelope, PublicKey},
    wire::line,
};

const SEAL: &str = "Seal";
const NOT_BEFORE: &str = "Not-Before";
const NOT_AFTER: &str = "Not-After";
/// Longest name of an organisation, in characters.
const LONGEST_NAME: usize = 200;

/// A key and its time; without ends where none is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The key.
    pub key: PublicKey,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Until before this moment.
    pub until: Option<Timestamp>,
    /// Of an organisation's seal: its name. None of a person's key.
    pub seal: Option<String>,
}

/// A text that is no key with a time, or a signature outside of it.
#[derive(Debug, thiserror::Error)]
pub enum TermError {
    /// No key in this text.
    #[error(transparent)]
    Key(#[from] DsseError),
    /// A line before the key is none of ours.
    #[error(
        "`{found}` before the key: must be {NOT_BEFORE} or {NOT_AFTER}, a colon, and a moment such as 2026-03-04T05:06:07Z; or {SEAL}, a colon, and the name of an organisation; each once"
    )]
    Line {
        /// As it stands there.
        found: String,
    },
    /// Two entries of one key say different things of whose it is.
    #[error("the key {0} is pinned as a person's and as a seal, or as the seal of two organisations: must be one")]
    Kinds(String),
    /// The key is pinned, and does not sign at this time.
    #[error("signatures: the key {id} signs from {from} to {until}, and it is {at}")]
    Outside {
        /// Id of the key.
        id: String,
        /// Its beginning.
        from: String,
        /// Its end.
        until: String,
        /// The moment that was asked for.
        at: Timestamp,
    },
}

impl Term {
    /// Reads a key as it is published.
    pub fn read(text: &str) -> Result<Self, TermError> {
        let (before, pem) = text.split_at(text.find("-----BEGIN").unwrap_or(0));
        let (mut from, mut until, mut seal) = (None, None, None);
        for text in before.lines().filter(|line| !line.trim().is_empty()) {
            let wrong = || TermError::Line { found: text.chars().take(80).collect() };
            let (name, value) = text.split_once(':').ok_or_else(wrong)?;
            let moment = || value.trim().parse::<Timestamp>().map_err(|_| wrong());
            let before = match name.trim() {
                NOT_BEFORE => from.replace(moment()?).is_some(),
                NOT_AFTER => until.replace(moment()?).is_some(),
                SEAL => seal.replace(line(value, LONGEST_NAME).map_err(|_| wrong())?.to_owned()).is_some(),
                _ => return Err(wrong()),
            };
            if before {
                return Err(wrong());
            }
        }
        Ok(Self { key: PublicKey::from_pem(pem)?, from, until, seal })
    }

    /// The text that is published.
    pub fn write(&self) -> Result<String, DsseError> {
        let line =
            |name, moment: Option<Timestamp>| moment.map_or(String::new(), |moment| format!("{name}: {moment}\n"));
        let seal = self.seal.as_ref().map_or(String::new(), |name| format!("{SEAL}: {name}\n"));
        Ok(format!("{seal}{}{}{}", line(NOT_BEFORE, self.from), line(NOT_AFTER, self.until), self.key.to_pem()?))
    }

    /// A person's key without ends.
    #[must_use]
    pub const fn at_all_times(key: PublicKey) -> Self {
        Self { key, from: None, until: None, seal: None }
    }

    /// Whether the key signs at this moment.
    #[must_use]
    pub fn covers(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

/// Those of the `pinned` keys that sign at this moment. One that signs at another and has signed `envelope` is an
/// error, which says when; one that nobody pinned is left to whoever opens the envelope.
pub fn in_force(pinned: Vec<Term>, envelope: &Envelope, at: Timestamp) -> Result<Vec<PublicKey>, TermError> {
    let (now, others): (Vec<_>, Vec<_>) = pinned.into_iter().partition(|term| term.covers(at));
    let now: Vec<PublicKey> = now.into_iter().map(|term| term.key).collect();
    if !others.is_empty() && !envelope.is_signed_by(&now) {
        for Term { key, from, until, seal: _ } in others {
            if envelope.is_signed_by(std::slice::from_ref(&key)) {
                let end = |moment: Option<Timestamp>| moment.map_or("-".to_owned(), |moment| moment.to_string());
                return Err(TermError::Outside { id: key.id()?, from: end(from), until: end(until), at });
            }
        }
    }
    Ok(now)
}

/// Whose signature `envelope` has, of the `pinned` keys that sign at this moment: a person's, where one of theirs is
/// there, and a seal's otherwise.
#[must_use]
pub fn signer<'a>(pinned: &'a [Term], envelope: &Envelope, at: Timestamp) -> Option<&'a Term> {
    let signed = |term: &&Term| term.covers(at) && envelope.is_signed_by(std::slice::from_ref(&term.key));
    pinned.iter().filter(signed).min_by_key(|term| term.seal.is_some())
}

/// That none of the `pinned` keys is said to be of two kinds: what it signs would be both.
pub fn of_one_kind(pinned: &[Term]) -> Result<(), TermError> {
    for (at, term) in pinned.iter().enumerate() {
        if pinned[..at].iter().any(|other| other.key == term.key && other.seal != term.seal) {
            return Err(TermError::Kinds(term.key.id()?));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsse::{PrivateKey, sign};

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_key_is_read_as_it_was_written_with_and_without_a_time() {
        let key = PrivateKey::generate().public();
        for (from, until, seal) in [
            (None, None, None),
            (Some(moment("2026-03-04T05:06:07Z")), None, None),
            (
                Some(moment("2026-03-04T05:06:07Z")),
                Some(moment("2027-03-04T05:06:07Z")),
                Some("Министрлик: 1".to_owned()),
            ),
        ] {
            let term = Term { key: key.clone(), from, until, seal };
            assert_eq!(Term::read(&term.write().unwrap()).unwrap(), term);
        }
        let pem = key.to_pem().unwrap();
        let plain = Term { key: key.clone(), from: None, until: None, seal: None };
        assert_eq!(Term::read(&pem).unwrap(), plain);
        for before in [
            "Not-After: tomorrow\n",
            "Not-Ever: 2026-03-04T05:06:07Z\n",
            "words\n",
            "Seal: \n",
            "Seal: a\u{202e}b\n",
            "Seal: One\nSeal: Two\n",
            "Not-After: 2026-03-04T05:06:07Z\nNot-After: 2027-03-04T05:06:07Z\n",
        ] {
            let error = Term::read(&format!("{before}{pem}")).unwrap_err().to_string();
            assert!(error.contains("before the key: must be Not-Before or Not-After"), "{error}");
        }
        assert!(matches!(Term::read("Not-After: 2026-03-04T05:06:07Z\n"), Err(TermError::Key(_))));
    }

    #[test]
    fn a_key_signs_from_its_beginning_to_before_its_end_and_says_so_otherwise() {
        let (old, new, stranger) = (PrivateKey::generate(), PrivateKey::generate(), PrivateKey::generate());
        let end = moment("2026-03-04T00:00:00Z");
        let pinned = vec![
            Term { key: old.public(), from: None, until: Some(end), seal: None },
            Term { key: new.public(), from: Some(moment("2026-03-03T00:00:00Z")), until: None, seal: None },
        ];
        let by = |key: &PrivateKey| sign(&serde_json::json!({"a": 1}), key).unwrap();
        for (key, at, opens) in [
            (&old, "2026-03-02T00:00:00Z", true),
            (&new, "2026-03-02T00:00:00Z", false),
            (&old, "2026-03-03T23:59:59Z", true),
            (&new, "2026-03-03T00:00:00Z", true),
            (&old, "2026-03-04T00:00:00Z", false),
            (&new, "2026-03-04T00:00:00Z", true),
        ] {
            match in_force(pinned.clone(), &by(key), moment(at)) {
                Ok(keys) => assert!(opens && by(key).is_signed_by(&keys), "{at}"),
                Err(error) => {
                    let (id, error) = (key.public().id().unwrap(), error.to_string());
                    assert!(!opens && error.contains(&id) && error.contains(&format!("it is {at}")), "{at}: {error}");
                }
            }
        }
        let keys = in_force(pinned, &by(&stranger), end).unwrap();
        assert_eq!(keys, [new.public()]);
        assert!(by(&stranger).open::<serde_json::Value>(&keys).is_err());
    }

    #[test]
    fn who_signed_is_what_whoever_pinned_the_key_says() {
        let (person, server) = (PrivateKey::generate(), PrivateKey::generate());
        let end = moment("2026-03-04T00:00:00Z");
        let pinned = [
            Term { key: server.public(), from: None, until: Some(end), seal: Some("Ministry".to_owned()) },
            Term { key: person.public(), from: None, until: None, seal: None },
        ];
        // Whatever is signed, also what says otherwise.
        let by = |key: &PrivateKey| sign(&serde_json::json!({"seal": "Ministry", "person": "Anna"}), key).unwrap();
        let before = moment("2026-03-03T00:00:00Z");
        let seal = |envelope: &Envelope, at| signer(&pinned, envelope, at).map(|term| term.seal.clone());
        assert_eq!(seal(&by(&server), before), Some(Some("Ministry".to_owned())));
        assert_eq!(seal(&by(&person), before), Some(None));
        assert_eq!(seal(&by(&server), end), None);
        assert_eq!(seal(&by(&PrivateKey::generate()), before), None);
        // Where both signed, a person did.
        let mut both = by(&server);
        both.signatures.extend(by(&person).signatures);
        assert_eq!(seal(&both, before), Some(None));
    }

    #[test]
    fn a_key_is_of_one_kind() {
        let key = PrivateKey::generate().public();
        let as_seal =
            |name: Option<&str>| Term { key: key.clone(), from: None, until: None, seal: name.map(str::to_owned) };
        let other = Term { key: PrivateKey::generate().public(), ..as_seal(Some("Other")) };
        for (second, good) in [(None, false), (Some("Two"), false), (Some("One"), true)] {
            let said = of_one_kind(&[as_seal(Some("One")), other.clone(), as_seal(second)]);
            assert_eq!(said.is_ok(), good, "{second:?}");
            assert!(good || said.unwrap_err().to_string().contains(&key.id().unwrap()));
        }
    }
}
