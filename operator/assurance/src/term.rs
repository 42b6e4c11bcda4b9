//! A public key with the time in which it signs, as it is published and pinned: its PEM, and before it up to two
//! lines that readers of PEM pass over.
//!
//! ```text
//! Not-Before: 2026-03-04T05:06:07Z
//! Not-After: 2027-03-04T05:06:07Z
//! -----BEGIN PUBLIC KEY-----
//! ```

use jiff::Timestamp;

use crate::dsse::{DsseError, Envelope, PublicKey};

const NOT_BEFORE: &str = "Not-Before";
const NOT_AFTER: &str = "Not-After";

/// A key and its time; without ends where none is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The key.
    pub key: PublicKey,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Until before this moment.
    pub until: Option<Timestamp>,
}

/// A text that is no key with a time, or a signature outside of it.
#[derive(Debug, thiserror::Error)]
pub enum TermError {
    /// No key in this text.
    #[error(transparent)]
    Key(#[from] DsseError),
    /// A line before the key is none of ours.
    #[error(
        "`{found}` before the key: must be {NOT_BEFORE} or {NOT_AFTER}, a colon, and a moment such as 2026-03-04T05:06:07Z"
    )]
    Line {
        /// As it stands there.
        found: String,
    },
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
        let (mut from, mut until) = (None, None);
        for line in before.lines().filter(|line| !line.trim().is_empty()) {
            let wrong = || TermError::Line { found: line.chars().take(80).collect() };
            let (name, moment) = line.split_once(':').ok_or_else(wrong)?;
            let moment = Some(moment.trim().parse().map_err(|_| wrong())?);
            match name.trim() {
                NOT_BEFORE => from = moment,
                NOT_AFTER => until = moment,
                _ => return Err(wrong()),
            }
        }
        Ok(Self { key: PublicKey::from_pem(pem)?, from, until })
    }

    /// The text that is published.
    pub fn write(&self) -> Result<String, DsseError> {
        let line =
            |name, moment: Option<Timestamp>| moment.map_or(String::new(), |moment| format!("{name}: {moment}\n"));
        Ok(format!("{}{}{}", line(NOT_BEFORE, self.from), line(NOT_AFTER, self.until), self.key.to_pem()?))
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
        for Term { key, from, until } in others {
            if envelope.is_signed_by(std::slice::from_ref(&key)) {
                let end = |moment: Option<Timestamp>| moment.map_or("-".to_owned(), |moment| moment.to_string());
                return Err(TermError::Outside { id: key.id()?, from: end(from), until: end(until), at });
            }
        }
    }
    Ok(now)
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
        for (from, until) in [
            (None, None),
            (Some(moment("2026-03-04T05:06:07Z")), None),
            (Some(moment("2026-03-04T05:06:07Z")), Some(moment("2027-03-04T05:06:07Z"))),
        ] {
            let term = Term { key: key.clone(), from, until };
            assert_eq!(Term::read(&term.write().unwrap()).unwrap(), term);
        }
        assert_eq!(Term::read(&key.to_pem().unwrap()).unwrap(), Term { key: key.clone(), from: None, until: None });
        let pem = key.to_pem().unwrap();
        for before in ["Not-After: tomorrow\n", "Not-Ever: 2026-03-04T05:06:07Z\n", "words\n"] {
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
            Term { key: old.public(), from: None, until: Some(end) },
            Term { key: new.public(), from: Some(moment("2026-03-03T00:00:00Z")), until: None },
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
}
