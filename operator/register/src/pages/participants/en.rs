//! English.

use super::Words;

pub(super) const WORDS: Words = Words {
    title: "Participants",
    intro: "Owners, processors and suppliers with an entry in the register, and organisations to which the regulator granted access, in the order of their names.",
    none: "There are no participants yet.",
    participant: "Participant",
    name: "Name and registration number",
    services: "State services in force",
    objects: "Other objects in force",
    access_since: "Access granted on",
    next: "Further participants",
};
