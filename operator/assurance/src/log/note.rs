//! Signed notes (C2SP `signed-note`) with Ed25519, and the dated co-signatures of witnesses (C2SP
//! `tlog-cosignature`): a text, an empty line, and a line for each signature.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{
    Signature, SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, spki::der::pem::LineEnding},
};
use sha2::{Digest as _, Sha256};

use crate::signing::{self, Ed25519};

/// What begins the line of a signature.
const DASH: &str = "— ";
/// Longest note that is read, in bytes.
const LONGEST: usize = 64 * 1024;
/// Bytes of a key's id.
const ID: usize = 4;

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The note, as whoever wrote it.
    Author,
    /// The note at a time, as a witness.
    Witness,
}

impl Kind {
    /// The number that the specification gives it.
    const fn number(self) -> u8 {
        match self {
            Self::Author => 1,
            Self::Witness => 4,
        }
    }

    fn of(number: u8) -> Option<Self> {
        [Self::Author, Self::Witness].into_iter().find(|kind| kind.number() == number)
    }
}

/// A named private key, wherever it is held.
#[derive(Clone)]
pub struct Signer {
    name: String,
    key: Arc<Ed25519>,
}

/// A pinned, named public key. Written down as C2SP has it: `name+<id>+<base64>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    kind: Kind,
    key: VerifyingKey,
}

/// A note whose signatures were held against pinned keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// The text that was signed.
    pub text: &'a str,
    /// Names of the pinned keys that signed it.
    pub signed_by: Vec<&'a str>,
}

/// What is wrong with a note or a key.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// It is no note.
    #[error("this is no signed note: {0}")]
    Form(&'static str),
    /// None of the pinned keys has signed it.
    #[error("no pinned key has signed it; pinned: {0}")]
    Unsigned(String),
    /// A signature names a pinned key and does not fit it.
    #[error("the signature that names {0} does not fit that key")]
    Forged(String),
    /// A name that a key cannot have.
    #[error("key name `{0}`: must not be empty nor hold spaces, control characters or a plus sign")]
    Name(String),
    /// No key in this text.
    #[error("key: {0}")]
    Key(String),
    /// The key is elsewhere, and did not sign.
    #[error("the key {key} did not sign: {reason}")]
    Unable {
        /// Its public half.
        key: String,
        /// Why not.
        reason: String,
    },
}

fn checked(name: &str) -> Result<String, NoteError> {
    let wrong = name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+');
    if wrong { Err(NoteError::Name(name.to_owned())) } else { Ok(name.to_owned()) }
}

impl Signer {
    /// The key `name` from 32 secret random bytes.
    pub fn new(name: &str, secret: [u8; 32]) -> Result<Self, NoteError> {
        Self::held(name, Arc::new(SigningKey::from_bytes(&secret)))
    }

    /// The key `name` that `key` holds: in a device, for example.
    pub fn held(name: &str, key: Arc<Ed25519>) -> Result<Self, NoteError> {
        Ok(Self { name: checked(name)?, key })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key `name` from a PKCS#8 PEM.
    pub fn from_pem(name: &str, pem: &str) -> Result<Self, NoteError> {
        let key = SigningKey::from_pkcs8_pem(pem);
        let key = key.map_err(|error| NoteError::Key(format!("no PKCS#8 PEM of an Ed25519 key: {error}")))?;
        Self::held(name, Arc::new(key))
    }

    /// Its public half, as that of a note's author.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier { name: self.name.clone(), kind: Kind::Author, key: self.key.verifying_key() }
    }

    /// Its public half, as that of a witness.
    #[must_use]
    pub fn witness(&self) -> Verifier {
        Verifier { kind: Kind::Witness, ..self.verifier() }
    }

    /// The 64 bytes of a signature under `text`.
    fn sign(&self, text: &str) -> Result<[u8; 64], NoteError> {
        let unable = |error| NoteError::Unable { key: self.verifier().to_string(), reason: signing::reason(&error) };
        Ok(self.key.try_sign(text.as_bytes()).map_err(unable)?.to_bytes())
    }

    fn line(&self, verifier: &Verifier, signature: &[u8]) -> String {
        let bytes = [verifier.id().as_slice(), signature].concat();
        format!("{DASH}{} {}\n", self.name, STANDARD.encode(bytes))
    }
}

/// Its public half: the private one never reaches a log.
impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.verifier())
    }
}

impl Verifier {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn bytes(&self) -> Vec<u8> {
        [&[self.kind.number()], self.key.as_bytes().as_slice()].concat()
    }

    fn id(&self) -> [u8; ID] {
        let digest = Sha256::new().chain_update(&self.name).chain_update("\n").chain_update(self.bytes()).finalize();
        let mut id = [0; ID];
        id.copy_from_slice(&digest[..ID]);
        id
    }

    /// Whether `signature` (without the key's id) is one of this key under `text`.
    fn fits(&self, text: &str, signature: &[u8]) -> bool {
        let (signed, signature) = match self.kind {
            Kind::Author => (text.to_owned(), signature),
            Kind::Witness => {
                let Some((time, signature)) = signature.split_first_chunk::<8>() else { return false };
                (dated(u64::from_be_bytes(*time), text), signature)
            }
        };
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        self.key.verify_strict(signed.as_bytes(), &signature).is_ok()
    }
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = crate::canonical::hex(&self.id());
        write!(f, "{}+{id}+{}", self.name, STANDARD.encode(self.bytes()))
    }
}

impl std::str::FromStr for Verifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let wrong = || NoteError::Key(format!("`{text}` is not of the form name+id+base64 of an Ed25519 key"));
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else { return Err(wrong()) };
        let bytes = STANDARD.decode(key).map_err(|_| wrong())?;
        let (kind, bytes) = bytes.split_first().ok_or_else(wrong)?;
        let kind = Kind::of(*kind).ok_or_else(wrong)?;
        let key = bytes.try_into().ok().and_then(|bytes| VerifyingKey::from_bytes(bytes).ok()).ok_or_else(wrong)?;
        let read = Self { name: checked(name)?, kind, key };
        // The id is a checksum of name and key.
        if read.to_string() == text { Ok(read) } else { Err(wrong()) }
    }
}

/// The PKCS#8 PEM of the key that is made of these 32 secret random bytes.
pub fn pem(secret: [u8; 32]) -> Result<String, NoteError> {
    let pem = SigningKey::from_bytes(&secret).to_pkcs8_pem(LineEnding::LF);
    Ok(pem.map_err(|error| NoteError::Key(error.to_string()))?.to_string())
}

/// What a witness signs.
fn dated(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// The note that says `text`, signed as its author.
pub fn sign(text: &str, signer: &Signer) -> Result<String, NoteError> {
    Ok(format!("{text}\n{}", signer.line(&signer.verifier(), &signer.sign(text)?)))
}

/// `note` with the signature of another author.
pub fn countersign(note: &str, signer: &Signer) -> Result<String, NoteError> {
    let (text, _) = parts(note)?;
    Ok(format!("{note}{}", signer.line(&signer.verifier(), &signer.sign(text)?)))
}

/// `note` with the co-signature of a witness who saw it at `time` (seconds since 1970).
pub fn cosign(note: &str, signer: &Signer, time: u64) -> Result<String, NoteError> {
    let (text, _) = parts(note)?;
    let bytes = [time.to_be_bytes().as_slice(), &signer.sign(&dated(time, text))?].concat();
    Ok(format!("{note}{}", signer.line(&signer.witness(), &bytes)))
}

/// The text of `note` if one of the `pinned` keys has signed it, and none of them is misused in it.
/// Signatures of other keys are left alone.
pub fn open<'a>(note: &'a str, pinned: &'a [Verifier]) -> Result<Opened<'a>, NoteError> {
    let (text, signatures) = parts(note)?;
    let mut signed_by = Vec::new();
    for line in signatures.lines() {
        let (name, encoded) = line
            .strip_prefix(DASH)
            .and_then(|rest| rest.split_once(' '))
            .ok_or(NoteError::Form("the line of a signature is `— name base64`"))?;
        let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Form("a signature is no base64"))?;
        let (id, signature) = bytes.split_first_chunk::<ID>().ok_or(NoteError::Form("a signature is too short"))?;
        for key in pinned.iter().filter(|key| key.name == name && key.id() == *id) {
            if !key.fits(text, signature) {
                return Err(NoteError::Forged(key.to_string()));
            }
            signed_by.push(key.name());
        }
    }
    if signed_by.is_empty() {
        let names: Vec<_> = pinned.iter().map(Verifier::to_string).collect();
        return Err(NoteError::Unsigned(names.join(", ")));
    }
    Ok(Opened { text, signed_by })
}

/// `note` with the signatures of `key` alone: lines of strangers could say anything.
pub fn only(note: &str, key: &Verifier) -> Result<String, NoteError> {
    let text = open(note, std::slice::from_ref(key))?.text;
    let (_, signatures) = parts(note)?;
    let own = |line: &&str| open(&format!("{text}\n{line}\n"), std::slice::from_ref(key)).is_ok();
    let line = signatures.lines().find(own).unwrap_or_default();
    Ok(format!("{text}\n{line}\n"))
}

/// Text and signatures of a note.
fn parts(note: &str) -> Result<(&str, &str), NoteError> {
    if note.len() > LONGEST {
        return Err(NoteError::Form("it is too long"));
    }
    if note.contains(|c: char| c.is_control() && c != '\n') {
        return Err(NoteError::Form("it holds control characters"));
    }
    let end = note.rfind("\n\n").ok_or(NoteError::Form("there is no empty line before signatures"))?;
    let (text, signatures) = (&note[..=end], &note[end + 2..]);
    if signatures.is_empty() || !signatures.ends_with('\n') {
        return Err(NoteError::Form("it does not end with the line of a signature"));
    }
    Ok((text, signatures))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(name: &str, secret: u8) -> Signer {
        Signer::new(name, [secret; 32]).unwrap()
    }

    #[test]
    fn a_note_of_another_implementation_opens() {
        // The example in the documentation of golang.org/x/mod/sumdb/note.
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let text =
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let line = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let pinned: Verifier = key.parse().unwrap();
        assert_eq!(pinned.to_string(), key);
        let note = format!("{text}\n{line}");
        assert_eq!(open(&note, &[pinned]).unwrap(), Opened { text, signed_by: vec!["PeterNeumann"] });
    }

    #[test]
    fn author_and_witness_sign_the_same_note_and_neither_passes_for_the_other() {
        let (author, witness) = (signer("log", 1), signer("witness", 2));
        let note = cosign(&sign("one\ntwo\n", &author).unwrap(), &witness, 1_700_000_000).unwrap();
        let pinned = [author.verifier(), witness.witness()];
        assert_eq!(open(&note, &pinned).unwrap().signed_by, ["log", "witness"]);
        // Keys that are pinned as something else, or not at all.
        for strangers in
            [[author.witness()], [witness.verifier()], [signer("log", 3).verifier()], [signer("other", 1).verifier()]]
        {
            assert!(matches!(open(&note, &strangers), Err(NoteError::Unsigned(_))), "{strangers:?}");
        }
    }

    #[test]
    fn lines_of_strangers_can_be_left_out() {
        let (author, witness) = (signer("log", 1), signer("witness", 2));
        let signed = sign("one\n", &author).unwrap();
        let forged = cosign(&signed, &signer("witness", 3), 1).unwrap().replace("witness ", "log ");
        let more = cosign(&forged, &witness, 2).unwrap();
        assert_eq!(only(&more, &author.verifier()).unwrap(), signed);
        assert!(only(&more, &signer("other", 1).verifier()).is_err());
    }

    #[test]
    fn whatever_is_changed_in_a_note_is_found() {
        let (author, witness) = (signer("log", 1), signer("witness", 2));
        let note = cosign(&sign("one\ntwo\n", &author).unwrap(), &witness, 1_700_000_000).unwrap();
        let pinned = [author.verifier(), witness.witness()];
        for (at, _) in note.char_indices() {
            let mut changed = note.clone();
            let old = changed.remove(at);
            changed.insert(at, if old == 'A' { 'B' } else { 'A' });
            // Either the note does not open, or one of its two signatures is gone.
            let signed = open(&changed, &pinned).map(|opened| opened.signed_by.len());
            assert!(signed.is_err() || matches!(signed, Ok(1)), "{at}: {signed:?} {changed}");
            if at < note.find("\n\n").unwrap() {
                assert!(signed.is_err(), "{at}: {changed}");
            }
        }
    }

    #[test]
    fn what_is_no_note_or_no_key_is_refused() {
        let pinned = [signer("log", 1).verifier()];
        for note in [
            "",
            "text",
            "text\n\n",
            "text\n\n- log AAAA\n",
            "text\n\n— log AAAA",
            "text\n\n— log ?\n",
            "a\r\n\n— log AAAAAAAA\n",
        ] {
            assert!(matches!(open(note, &pinned), Err(NoteError::Form(_))), "{note:?}");
        }
        assert!(open(&"x".repeat(LONGEST + 1), &pinned).is_err());
        let good = pinned[0].to_string();
        for key in ["", "log", "log+1+2", &good.replace("log", "gol"), &good[..good.len() - 4], "a b+00000000+AAAA"] {
            assert!(key.parse::<Verifier>().is_err(), "{key}");
        }
        for name in ["", "a b", "a+b", "a\nb"] {
            assert!(matches!(Signer::new(name, [1; 32]), Err(NoteError::Name(_))), "{name:?}");
        }
    }

    #[test]
    fn a_key_survives_being_written_down() {
        let key = signer("log", 1);
        let again = Signer::from_pem("log", &pem([1; 32]).unwrap()).unwrap();
        assert_eq!(again.verifier(), key.verifier());
        assert!(Signer::from_pem("log", "no key").is_err());
    }
}
