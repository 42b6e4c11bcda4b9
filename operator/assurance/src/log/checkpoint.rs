//! A checkpoint (C2SP `tlog-checkpoint`): what the log was at a moment, in three lines that are signed
//! as a note.

use super::{
    Hash,
    note::{self, NoteError, Signer, Verifier},
};

/// Size and root of a log at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is: a name like an address without a scheme.
    pub origin: String,
    /// Number of events.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

/// A text that is no checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The note does not hold.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note is of another log.
    #[error("origin: `{found}`, expected `{expected}`")]
    Origin {
        /// As it stands there.
        found: String,
        /// As pinned.
        expected: String,
    },
    /// The key had not begun to sign, or had handed over.
    #[error("checkpoint of {size} events: its key {key} signs for {from} to {until} events only")]
    Term {
        /// Size of the checkpoint.
        size: u64,
        /// The key that signed it.
        key: String,
        /// First size that it signs for.
        from: u64,
        /// Last one.
        until: u64,
    },
    /// A line is not what it must be.
    #[error("checkpoint, line {line}: `{found}`, must be {rule}")]
    Line {
        /// Which one, from 1.
        line: usize,
        /// As it stands there.
        found: String,
        /// What it must be.
        rule: &'static str,
    },
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// The signed note, with the signature of the log itself.
    pub fn signed(&self, signer: &Signer) -> Result<String, NoteError> {
        note::sign(&self.text(), signer)
    }

    /// The checkpoint in `text`, signed by the log: its `key` has the log's origin as its name.
    pub fn open(text: &str, key: &Verifier) -> Result<Self, CheckpointError> {
        let body = note::open(text, std::slice::from_ref(key))?.text;
        let found = Self::read(body)?;
        if found.origin == key.name() {
            Ok(found)
        } else {
            Err(CheckpointError::Origin { found: found.origin, expected: key.name().to_owned() })
        }
    }

    /// The checkpoint that `body` says. Further lines are extensions and are left alone.
    fn read(body: &str) -> Result<Self, CheckpointError> {
        let mut lines = body.lines();
        let mut next = |line, rule| {
            let found = lines.next().unwrap_or_default();
            let wrong = CheckpointError::Line { line, found: found.to_owned(), rule };
            if found.is_empty() { Err(wrong) } else { Ok((found, wrong)) }
        };
        let (origin, _) = next(1, "the origin")?;
        let (size, wrong) = next(2, "the size, a decimal number without leading zeros")?;
        let size = size.parse::<u64>().ok().filter(|number| number.to_string() == size).ok_or(wrong)?;
        let (root, wrong) = next(3, "the root, base64 of 32 bytes")?;
        let root = root.parse().map_err(|_| wrong)?;
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "register.test/log".to_owned(), size: 42, root: Hash::empty() }
    }

    #[test]
    fn a_signed_checkpoint_says_what_was_signed() {
        let key = Signer::new("register.test/log", [7; 32]).unwrap();
        let note = checkpoint().signed(&key).unwrap();
        assert!(
            note.starts_with("register.test/log\n42\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— "),
            "{note}"
        );
        assert_eq!(Checkpoint::open(&note, &key.verifier()).unwrap(), checkpoint());
    }

    #[test]
    fn another_origin_key_or_text_is_refused() {
        let key = Signer::new("register.test/log", [7; 32]).unwrap();
        let other = Signer::new("register.test/log", [8; 32]).unwrap();
        let note = checkpoint().signed(&key).unwrap();
        assert!(Checkpoint::open(&note, &other.verifier()).is_err());
        assert!(Checkpoint::open(&note.replace("42", "41"), &key.verifier()).is_err());
        let foreign = Checkpoint { origin: "elsewhere.test/log".to_owned(), ..checkpoint() }.signed(&key).unwrap();
        let error = Checkpoint::open(&foreign, &key.verifier()).unwrap_err().to_string();
        assert_eq!(error, "origin: `elsewhere.test/log`, expected `register.test/log`");
        for (body, line) in [
            ("", 1),
            ("register.test/log\n", 2),
            ("register.test/log\n042\nx\n", 2),
            ("register.test/log\n-1\nx\n", 2),
            ("register.test/log\n42\nx\n", 3),
        ] {
            match Checkpoint::read(body) {
                Err(CheckpointError::Line { line: found, .. }) => assert_eq!(found, line, "{body}"),
                other => panic!("{body}: {other:?}"),
            }
        }
    }
}
