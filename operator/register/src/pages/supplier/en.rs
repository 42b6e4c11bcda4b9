//! English.

use super::Words;

pub(super) const WORDS: Words = Words {
    title: "For suppliers",
    intro: "What stands about the services of your participant: submissions, binding instructions, and claims of users to answer. Whoever may change its manifests speaks for it.",
    token: "Token for the audience factory-register",
    participant: "Participant",
    show: "Show",
    refused: "Nothing was done",
    needs_https: "A token is sent over HTTPS alone.",
    submissions: "Submissions",
    no_submissions: "Nothing was submitted.",
    received: "Received",
    state: "State",
    missing: "No data for item",
    no_instructions: "There are no instructions.",
    no_claims: "Nothing was passed on to you.",
    answer: "Answer, 1 to 4000 characters; where the claim is published, everyone reads it",
    answer_now: "Answer",
    answered: "The answer is written.",
};
