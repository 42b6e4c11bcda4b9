//! English.

use super::Words;

pub(super) const WORDS: Words = Words {
    intro: "Everything that this entry stands on is in one file: the dossier, what the regulator signed, and the proof that the entry is in the log. It can be checked without asking anyone, with the public keys of the factory, the regulator and the log:",
    file: "What the entry stands on, as a file",
    sealed_by: "Sealed by",
    by_a_server: "by a server and not by a person",
};
