//! Documents that pass between the programs: what the operator hands to a lab pod, what the pod
//! says when it ends, and the bodies of the register's API. Readers refuse unknown fields, so that
//! a misspelt one is an error and no silence.

mod delegation;
mod instruction;
mod standard;
mod withdrawal;

use std::collections::BTreeMap;

use factory_crds::state_service::Speech;
use serde::{Deserialize, Serialize};

pub use delegation::{Delegated, DelegationRequest, DelegationStanding, RevocationRequest, StandingDelegation};
pub use instruction::{
    BindingInstruction, InstructionRequest, InstructionState, LONGEST_BASIS, LONGEST_FINDING, LineError, line,
};
pub use standard::{IssuanceRequest, IssuedStandard, SignedStandard};
pub use withdrawal::steers;
pub use withdrawal::{
    ExclusionRequest, LONGEST_REASON, NewestEntry, ReasonError, Withdrawal, WithdrawalRequest, item, reason,
};

use crate::{bundle::Bundle, dossier::Subject, dsse::Envelope, plan::Plan, standard::Standard, verdict::Verdict};

/// What a lab pod reads from the file named by `--run`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// Id of the announcement.
    pub announcement: String,
    /// Its nonce, which seeds the run and returns in the evidence.
    pub nonce: String,
    /// Namespace of the candidate. Component `web` is asked at `http://web.<namespace>.svc:<port>`.
    pub namespace: String,
    /// Port of each component.
    pub ports: BTreeMap<String, u16>,
    /// Host name under which users ask the service: requests to its entry component carry it, so that none can be told
    /// from a user's by that.
    pub host: String,
    /// Port of each database, by its binding's name: nothing is asked of it, but a fault may mean the traffic with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub databases: BTreeMap<String, u16>,
    /// What is spoken there, of components that do not speak HTTP/1.1 without TLS.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub speech: BTreeMap<String, Speech>,
    /// Repository, with its registry, into which the raw results are pushed by digest.
    pub results: String,
    /// The registry speaks plain HTTP.
    pub plain_http: bool,
    /// The generators that share the load, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<Company>,
    /// Where the last confirmed release is, if the plan compares with one and it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Beside>,
    /// The announced plan.
    pub plan: Plan,
}

/// Where the last confirmed release is, which a comparison asks by turns with the candidate: what [`Run`] says of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Beside {
    /// Its namespace.
    pub namespace: String,
    /// Component that is asked where a request names none.
    pub entry: String,
    /// Port of each component.
    pub ports: BTreeMap<String, u16>,
    /// Host name under which users ask the service.
    pub host: String,
    /// What is spoken there, of components that do not speak HTTP/1.1 without TLS.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub speech: BTreeMap<String, Speech>,
}

/// Generators that share a load, each a pod of one Indexed Job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Company {
    /// How many there are, from 2 on.
    pub of: u32,
    /// Host name of the one with index 0, which leads.
    pub leader: String,
    /// The port on which it waits for the others.
    pub port: u16,
}

/// What a lab pod writes into its termination message (at most 4096 bytes).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunEnd {
    /// `repository@sha256:…` of the OCI artifact with the raw results.
    pub results: String,
    /// `sha256:…` of the evidence document itself (the artifact's only layer).
    pub evidence: String,
    /// What the lab signs of it: a [`crate::measurement::Measurement`].
    pub measurement: Envelope,
}

/// Body of `POST /api/v1/announcements`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Announcement {
    /// Whose run it is.
    pub subject: Subject,
    /// Its bundle.
    pub bundle: Bundle,
    /// The standard that will judge it.
    pub standard: Standard,
    /// What will be done.
    pub plan: Plan,
    /// Version of the rules by which the verdict will be computed.
    pub rules: String,
    /// `sha256:…` of what the entry shall say (`record` of the dossier, canonical JSON): what is promised there is
    /// promised before anything is measured.
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = "^sha256:[0-9a-f]{64}$")))]
    pub record: String,
    /// Leader epoch of the operator that writes; the register refuses a lower one than it has seen.
    pub epoch: u64,
}

/// Answer to an announcement; the same for a repeated one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Announced {
    /// Id of the announcement.
    pub id: String,
    /// 32 random bytes in hexadecimal, drawn by the register.
    pub nonce: String,
    /// Which attempt at this bundle this is, from 1.
    pub attempt: u32,
}

/// Body of `POST /api/v1/submissions`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Submission {
    /// The dossier, signed.
    pub dossier: Envelope,
    /// Leader epoch of the operator that writes.
    pub epoch: u64,
}

/// A submission as the register answers it, to the factory, its owner and the regulator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubmissionState {
    /// Id of the submission.
    pub id: String,
    /// Whose it is.
    pub subject: Subject,
    /// Digest of the bundle.
    pub bundle: String,
    /// `sha256:…` of the dossier's payload.
    pub dossier: String,
    /// What the register computed.
    pub verdict: Verdict,
    /// Where the procedure stands.
    pub state: Procedure,
    /// Reason of a return or a withdrawal; empty otherwise.
    pub reason: String,
    /// The regulator's signed confirmation.
    pub confirmation: Option<Envelope>,
    /// In its place: the delegation under which it was entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated: Option<Delegated>,
    /// Path of the public entry, from `/`, once it exists.
    pub entry: Option<String>,
    /// Groups of item 17 that are still incomplete, by number; the clock of item 21 waits for them.
    pub missing: Vec<u8>,
}

/// Where a submission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum Procedure {
    /// With the regulator. A failed dossier stays here: there is nothing to confirm.
    Submitted,
    /// Sent back with a reason (63.3).
    Returned,
    /// Confirmed; the entry waits for complete data.
    Confirmed,
    /// Confirmed, and the public entry exists (21).
    Registered,
    /// A confirmation was revoked.
    Revoked,
    /// Its owner withdrew the service, or the regulator excluded it (21), and with it everything that was
    /// confirmed until then. This is an end: the service comes back by another submission only.
    Withdrawn,
}

/// Body of `POST /api/v1/submissions/{id}/confirmation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmationRequest {
    /// A [`crate::confirmation`] statement, signed with the regulator's key.
    pub confirmation: Envelope,
}

/// Plain text of several lines for readers of schemas: no letter that [`disturbs`] but the ends of lines and
/// tabulators, and one at least that is no space.
#[cfg(feature = "openapi")]
const PLAIN: &str = concat!(
    r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*",
    r"[^\s\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]",
    r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$",
);

/// Body of `POST /api/v1/submissions/{id}/return`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReturnRequest {
    /// What the owner must mend, in words.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = 4000), regex(pattern = PLAIN)))]
    pub reason: String,
}

/// Kind of the problem that the register's database contradicts itself: no later try mends it.
pub const DAMAGED: &str = "urn:factory.gov.kg:register:damaged";

/// Kind of the problem that a run is announced under a standard that the regulator has not issued, or not for today: the
/// same announcement succeeds once it has.
pub const NOT_ISSUED: &str = "urn:factory.gov.kg:register:standard-not-issued";
/// Kind of the refusal of an announcement whose plan compares with another release than the one confirmed last.
pub const OTHER_REFERENCE: &str = "urn:factory.gov.kg:register:other-reference";
/// Kind of the refusal of an announcement whose plan builds on other repetitions of earlier runs than those in the log.
pub const OTHER_HISTORY: &str = "urn:factory.gov.kg:register:other-history";

/// Problem details (RFC 9457) with which every refusal is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `about:blank`, or a URN that names the rule.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status' phrase.
    pub title: String,
    /// Status code.
    pub status: u16,
    /// Field, value and rule, in one line.
    pub detail: String,
}

/// Whether `letter` could make a text of a stranger read as something else: it moves the cursor, or turns the
/// direction of what follows.
#[must_use]
pub fn disturbs(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The host of `address` if it is one under `.localhost`: those are this machine (RFC 6761, 6.3), as
/// browsers know and resolvers often do not.
#[must_use]
pub fn local_host(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.split(':').next()?;
    host.ends_with(".localhost").then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_under_localhost_are_this_machine() {
        assert_eq!(local_host("http://register.localhost:8080"), Some("register.localhost"));
        assert_eq!(local_host("http://register.localhost/entries"), Some("register.localhost"));
        for other in
            ["https://register.gov.kg", "http://localhost.gov.kg", "http://gov.kg/x.localhost", "register.localhost"]
        {
            assert_eq!(local_host(other), None, "{other}");
        }
    }
}
