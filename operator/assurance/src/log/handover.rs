//! Handing a log over to another key. A note names the next key and the event after which it signs, and both
//! keys have signed the note: the one that signed until then, so that whoever pinned it can follow, and the next
//! one, so that nobody hands over to a key that is not theirs. The note is an event of the log itself.
//!
//! *Architecture invariant:* a key signs for its term only. What it signs of a longer log is refused.

use super::{
    Checkpoint,
    checkpoint::CheckpointError,
    note::{self, NoteError, Signer, Verifier},
};

/// Kind of the events that hand over.
pub const HANDOVER: &str = "handover";
/// First line of the note.
const HEADER: &str = "factory.gov.kg/log-handover/v1";

/// What a note of a hand-over says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Which log it is.
    pub origin: String,
    /// Number of the last event that the former key signs for; the hand-over itself is the next.
    pub after: u64,
    /// The key that signs from then on.
    pub next: Verifier,
}

/// A hand-over that is none.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// The note does not hold.
    #[error("hand-over: {0}")]
    Note(#[from] NoteError),
    /// A part of it is not what it must be.
    #[error("hand-over: {field}: `{found}`, must be {rule}")]
    Field {
        /// Which part.
        field: &'static str,
        /// As it stands there.
        found: String,
        /// What it must be.
        rule: &'static str,
    },
}

impl Handover {
    /// The note, signed by the key that hands over and by the `next` one.
    pub fn signed(origin: &str, after: u64, former: &Signer, next: &Signer) -> Result<String, NoteError> {
        let text = format!("{HEADER}\n{origin}\n{after}\n{}\n", next.verifier());
        note::countersign(&note::sign(&text, former)?, next)
    }

    /// What the note says, if `former` has signed it and the key that it names as well.
    pub fn open(note: &str, former: &Verifier) -> Result<Self, HandoverError> {
        let found = Self::read(note::open(note, std::slice::from_ref(former))?.text)?;
        let wrong = |field, found: &str, rule| HandoverError::Field { field, found: found.to_owned(), rule };
        if note::open(note, std::slice::from_ref(&found.next)).is_err() {
            return Err(wrong("next key", &found.next.to_string(), "one that has signed the note as well"));
        }
        if found.origin != former.name() || found.next.name() != former.name() {
            return Err(wrong("origin", &found.origin, "the log of both keys"));
        }
        if found.next == *former {
            return Err(wrong("next key", &found.next.to_string(), "another key"));
        }
        Ok(found)
    }

    /// What `note` says, without a look at its signatures: for a reader who has the log's hash over it.
    pub fn unchecked(note: &str) -> Result<Self, HandoverError> {
        Self::read(note.rsplit_once("\n\n").map_or(note, |(text, _)| text))
    }

    fn read(text: &str) -> Result<Self, HandoverError> {
        let wrong = |field, found: &str, rule| HandoverError::Field { field, found: found.to_owned(), rule };
        let lines: Vec<&str> = text.lines().collect();
        let [header, origin, after, next] = lines[..] else {
            return Err(wrong("text", &lines.len().to_string(), "four lines"));
        };
        if header != HEADER {
            return Err(wrong("first line", header, HEADER));
        }
        let number = after.parse::<u64>().ok().filter(|number| number.to_string() == after);
        let number = number.ok_or_else(|| wrong("after", after, "a decimal number"))?;
        Ok(Self { origin: origin.to_owned(), after: number, next: next.parse()? })
    }
}

/// A key, and the sizes of the log that it signs for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The key.
    pub key: Verifier,
    /// Its first size.
    pub from: u64,
    /// Its last one; none while it signs.
    pub until: Option<u64>,
}

/// The keys of a log one after the other, from a pinned one on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms(Vec<Term>);

impl Terms {
    /// A `pinned` key, of whose end nothing is known.
    #[must_use]
    pub fn of(pinned: Verifier) -> Self {
        Self(vec![Term { key: pinned, from: 0, until: None }])
    }

    /// Follows the hand-overs among `notes`, the oldest first; answers how many were new. Those before the pinned
    /// key, and what other keys say, are passed over.
    pub fn follow(&mut self, notes: &[String]) -> Result<usize, HandoverError> {
        let mut new = 0;
        for note in notes {
            let Some(last) = self.0.last_mut() else { break };
            // The next key has signed the note as well by which it came; that one is not its own hand-over.
            if Self::is_to(note, &last.key) {
                continue;
            }
            let handover = match Handover::open(note, &last.key) {
                Err(HandoverError::Note(NoteError::Unsigned(_))) => continue,
                opened => opened?,
            };
            if handover.after < last.from {
                let (field, found) = ("after", handover.after.to_string());
                return Err(HandoverError::Field { field, found, rule: "after the hand-over before it" });
            }
            last.until = Some(handover.after);
            self.0.push(Term { key: handover.next, from: handover.after + 1, until: None });
            new += 1;
        }
        Ok(new)
    }

    fn is_to(note: &str, key: &Verifier) -> bool {
        Handover::unchecked(note).is_ok_and(|handover| handover.next == *key)
    }

    /// The keys with their terms, the pinned one first.
    #[must_use]
    pub fn all(&self) -> &[Term] {
        &self.0
    }

    /// The checkpoint in `text`, with the key that signed it: one of these, within its term.
    pub fn open(&self, text: &str) -> Result<(Checkpoint, &Verifier), CheckpointError> {
        let mut unsigned = Vec::new();
        for Term { key, from, until } in &self.0 {
            let checkpoint = match Checkpoint::open(text, key) {
                Err(CheckpointError::Note(NoteError::Unsigned(key))) => {
                    unsigned.push(key);
                    continue;
                }
                opened => opened?,
            };
            if checkpoint.size >= *from && until.is_none_or(|until| checkpoint.size <= until) {
                return Ok((checkpoint, key));
            }
            let (size, from) = (checkpoint.size, *from);
            return Err(CheckpointError::Term { size, key: key.to_string(), from, until: until.unwrap_or(u64::MAX) });
        }
        Err(NoteError::Unsigned(unsigned.join(", ")).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Hash;

    const ORIGIN: &str = "register.test/log";

    fn key(secret: u8) -> Signer {
        Signer::new(ORIGIN, [secret; 32]).unwrap()
    }

    fn checkpoint(size: u64, by: &Signer) -> String {
        Checkpoint { origin: ORIGIN.to_owned(), size, root: Hash::empty() }.signed(by).unwrap()
    }

    #[test]
    fn who_pinned_an_early_key_follows_to_the_last_one_and_each_signs_for_its_term() {
        let (one, two, three) = (key(1), key(2), key(3));
        let notes = [Handover::signed(ORIGIN, 10, &one, &two), Handover::signed(ORIGIN, 20, &two, &three)];
        let notes = notes.map(Result::unwrap);
        let mut terms = Terms::of(one.verifier());
        assert_eq!(terms.follow(&notes).unwrap(), 2);
        for (size, signer) in [(0, &one), (10, &one), (11, &two), (20, &two), (21, &three), (99, &three)] {
            let text = checkpoint(size, signer);
            let (opened, key) = terms.open(&text).unwrap();
            assert_eq!((opened.size, key), (size, &signer.verifier()));
        }
        for (size, signer) in [(11, &one), (10, &two), (21, &two), (20, &three)] {
            let error = terms.open(&checkpoint(size, signer)).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("checkpoint of {size} events: its key {}", signer.verifier())),
                "{error}"
            );
        }
        // Pinned later, earlier notes say nothing; twice, nothing new.
        let mut later = Terms::of(two.verifier());
        assert_eq!((later.follow(&notes).unwrap(), later.follow(&notes).unwrap()), (1, 0));
        assert!(later.open(&checkpoint(5, &one)).is_err());
    }

    #[test]
    fn nobody_but_the_key_that_signs_hands_over_and_not_to_a_key_of_others() {
        let (one, two, stranger) = (key(1), key(2), key(9));
        let mut terms = Terms::of(one.verifier());
        let forged = Handover::signed(ORIGIN, 10, &stranger, &two).unwrap();
        assert_eq!(terms.follow(&[forged]).unwrap(), 0);
        let good = Handover::signed(ORIGIN, 10, &one, &two).unwrap();
        // Without the signature of the next key.
        let alone = note::only(&good, &one.verifier()).unwrap();
        assert!(terms.follow(&[alone]).is_err());
        for bad in [good.replace("\n10\n", "\n11\n"), Handover::signed("other/log", 10, &one, &two).unwrap()] {
            assert!(terms.clone().follow(std::slice::from_ref(&bad)).is_err(), "{bad}");
        }
        let itself = Handover::signed(ORIGIN, 10, &one, &one).unwrap();
        assert!(Handover::open(&itself, &one.verifier()).unwrap_err().to_string().contains("another key"));
        assert_eq!(terms.follow(&[itself]).unwrap(), 0);
        let backwards = [good, Handover::signed(ORIGIN, 9, &two, &stranger).unwrap()];
        assert!(terms.follow(&backwards).unwrap_err().to_string().contains("after: `9`"));
    }
}
