//! What the register remembers: one type for each kind of event, from announcement to withdrawal.
//!
//! The canonical bytes of these types are what the log keeps for ever. A field may be added only as
//! an `Option` that is left out when absent; none may be renamed or removed.

mod claim;
mod delegation;
mod membership;
mod object;
mod observed;
mod standard;

use factory_assurance::{
    bundle::Bundle,
    canonical::{self, NotCanonical},
    dossier::{Record, Subject},
    dsse::Envelope,
    log::{
        handover::HANDOVER,
        served::{DELEGATION, DELEGATION_USE, REVOCATION, STANDARD_ISSUED},
    },
    plan::Plan,
    risk::Repetition,
    standard::Standard,
    verdict::Verdict,
};
use factory_crds::resilience_standard::FaultKind;
use serde::{Deserialize, Serialize};

pub use claim::{ClaimAnswered, ClaimDecided, ClaimDecision, ClaimForgotten, ClaimKind, ClaimMade};
pub use delegation::{DelegationGiven, DelegationRevoked, DelegationUsed, UnderDelegation};
pub use membership::{AccessGranted, AccessRefused, AccessRequested, AccessTaken};
pub use object::{ContactsForgotten, ObjectConfirmed, ObjectEntered, ObjectReturned, ObjectTaken};
pub use observed::{DayObserved, IndicatorMeasured, ServiceMeasured, ServiceObserved};
pub use standard::StandardIssued;

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A factory user wrote with a higher epoch than before.
    Epoch(EpochRaised),
    /// A run was announced (before its first fault).
    Announcement(Box<AnnouncementMade>),
    /// A dossier was taken.
    Submission(Box<SubmissionTaken>),
    /// The regulator confirmed a dossier (63.3).
    Confirmation(ConfirmationGiven),
    /// The regulator sent a dossier back.
    Return(ReturnMade),
    /// The public entry came into being (21).
    Entry(Box<EntryMade>),
    /// The owner withdrew a service (21).
    Withdrawal(WithdrawalMade),
    /// Another key signs the log from here on.
    Handover(HandoverMade),
    /// The regulator issued a binding instruction (56.7).
    Instruction(InstructionIssued),
    /// A confirmed release carried an instruction out.
    InstructionClosed(InstructionClosed),
    /// The regulator withdrew an instruction.
    InstructionWithdrawn(InstructionWithdrawn),
    /// The regulator excluded a service (21).
    Exclusion(ExclusionMade),
    /// A user sent a claim or a response (67).
    Claim(ClaimMade),
    /// The regulator considered it.
    ClaimDecision(ClaimDecided),
    /// Its supplier answered it.
    ClaimAnswer(ClaimAnswered),
    /// What a person wrote was forgotten.
    Forgetting(ClaimForgotten),
    /// Launched services were observed on a day.
    Observed(Box<DayObserved>),
    /// An indicator was measured of launched services over a month (56.6).
    Measured(Box<IndicatorMeasured>),
    /// An owner submitted an object that the factory did not build (7).
    Object(Box<ObjectTaken>),
    /// The regulator sent it back.
    ObjectReturn(ObjectReturned),
    /// The regulator confirmed it.
    ObjectConfirmation(ObjectConfirmed),
    /// Its public entry came into being (21).
    ObjectEntry(Box<ObjectEntered>),
    /// Contacts of people were forgotten.
    ContactsForgotten(ContactsForgotten),
    /// Somebody asked for access to the register (23).
    AccessRequest(AccessRequested),
    /// The regulator granted access.
    AccessGranted(AccessGranted),
    /// The regulator refused access.
    AccessRefused(AccessRefused),
    /// The regulator took access that it had granted.
    AccessTaken(AccessTaken),
    /// The regulator delegated a class of changes.
    Delegation(DelegationGiven),
    /// The regulator revoked a delegation.
    Revocation(DelegationRevoked),
    /// A submission was found to fall within a delegation.
    DelegationUse(DelegationUsed),
    /// The regulator issued a version of a standard (56.6, 56.7).
    StandardIssued(StandardIssued),
}

/// The leader epoch of a factory user rose: writes with a lower one are refused from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EpochRaised {
    /// The new epoch.
    pub epoch: u64,
}

/// An announcement with what the register drew for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnouncementMade {
    /// Id of the announcement.
    pub id: String,
    /// Idempotency key under which it came.
    pub key: String,
    /// 32 random bytes in hexadecimal.
    pub nonce: String,
    /// Which attempt at the bundle it is, from 1.
    pub attempt: u32,
    /// What was asked for.
    pub run: AnnouncedPlan,
}

/// What will be done to which bundle, and what will judge it: an announcement without the epoch of
/// whoever brought it, so that the same request from the next leader is the same announcement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnouncedPlan {
    /// Whose run it is.
    pub subject: Subject,
    /// Its bundle.
    pub bundle: Bundle,
    /// The standard that will judge it.
    pub standard: Standard,
    /// What will be done.
    pub plan: Plan,
    /// Version of the rules of the verdict.
    pub rules: String,
    /// `sha256:…` of what the entry shall say.
    pub record: String,
}

/// A dossier as it came, with what the register computed from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubmissionTaken {
    /// Id of the submission.
    pub id: String,
    /// Idempotency key under which it came.
    pub key: String,
    /// Announcement that its run belongs to.
    pub announcement: String,
    /// What the register computed.
    pub summary: Summary,
    /// The signed dossier, whole.
    pub dossier: Envelope,
    /// Repetitions of faults in it that later runs build on, where its standard has such count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repetitions: Vec<Repetition>,
}

/// What the register computed from a dossier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Summary {
    /// Whose attempt it was.
    pub subject: Subject,
    /// `sha256:…` of the bundle.
    pub bundle: String,
    /// `<name>@<version>` of the standard.
    pub standard: String,
    /// `sha256:…` of the dossier's payload.
    pub dossier: String,
    /// Which attempt at the bundle it was.
    pub attempt: u32,
    /// The verdict, recomputed from the evidence.
    pub verdict: Verdict,
    /// Groups of item 17 without data, by number.
    pub missing: Vec<u8>,
}

/// The regulator's confirmation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmationGiven {
    /// Id of the submission.
    pub submission: String,
    /// The confirmation, signed with the regulator's key.
    pub confirmation: Envelope,
}

/// The regulator's return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReturnMade {
    /// Id of the submission.
    pub submission: String,
    /// What the owner must mend, in words.
    pub reason: String,
}

/// A public entry, complete in itself: what the page and the public API show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntryMade {
    /// Id of the submission that it came from.
    pub submission: String,
    /// What the register computed from the dossier.
    pub summary: Summary,
    /// Item 17, titles, instructions for use.
    pub record: Record,
    /// Who confirmed, as the signed confirmation says; who delegated, as the signed delegation says.
    pub confirmed_by: String,
    /// When, as the signed confirmation says; when it was found to fall within the delegation (RFC 3339).
    pub confirmed_at: String,
    /// The delegation in place of a confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<UnderDelegation>,
    /// The organisation whose seal signed that, on a server, where no person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<String>,
}

/// The log handed over to another key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HandoverMade {
    /// The note that both keys have signed.
    pub note: String,
}

/// The owner's withdrawal of a service. Who and when stand in the event's place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithdrawalMade {
    /// Idempotency key under which it came.
    pub key: String,
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// Number of the entry that was in force.
    pub entry: u64,
    /// Why, in the owner's words.
    pub reason: String,
}

/// A binding instruction. Who and when stand in the event's place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstructionIssued {
    /// Id of the instruction.
    pub id: String,
    /// Idempotency key under which it came.
    pub key: String,
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// What was found.
    pub finding: String,
    /// On which act and measurement it rests.
    pub basis: String,
    /// Last day on which it is carried out in time, `YYYY-MM-DD`.
    pub due: String,
    /// Fault that a release must survive to close it.
    pub experiment: FaultKind,
}

/// An instruction was carried out: written with the confirmation that it follows from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstructionClosed {
    /// Id of the instruction.
    pub instruction: String,
    /// Id of the confirmed submission whose evidence satisfies it.
    pub submission: String,
}

/// The regulator's withdrawal of an instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstructionWithdrawn {
    /// Id of the instruction.
    pub instruction: String,
    /// Why, in the regulator's words.
    pub reason: String,
}

/// The regulator's exclusion of a service from the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExclusionMade {
    /// Idempotency key under which it came.
    pub key: String,
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// Number of the entry that was in force.
    pub entry: u64,
    /// On what ground, in the regulator's words.
    pub reason: String,
    /// Item of law that it rests on.
    pub item: String,
}

/// An event that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// A kind that this version does not know.
    #[error("kind `{0}` is not known to this version")]
    Kind(String),
    /// Bytes that are not of that kind.
    #[error("an event of kind `{kind}` cannot be read: {source}")]
    Bytes {
        /// The kind.
        kind: String,
        /// Cause.
        source: serde_json::Error,
    },
}

impl Event {
    /// The kind, as the log names it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Epoch(_) => "epoch",
            Self::Announcement(_) => "announcement",
            Self::Submission(_) => "submission",
            Self::Confirmation(_) => "confirmation",
            Self::Return(_) => "return",
            Self::Entry(_) => "entry",
            Self::Withdrawal(_) => "withdrawal",
            Self::Handover(_) => HANDOVER,
            Self::Instruction(_) => "instruction",
            Self::InstructionClosed(_) => "instruction-closed",
            Self::InstructionWithdrawn(_) => "instruction-withdrawn",
            Self::Exclusion(_) => "exclusion",
            Self::Claim(_) => "claim",
            Self::ClaimDecision(_) => "claim-decision",
            Self::ClaimAnswer(_) => "claim-answer",
            Self::Forgetting(_) => "forgetting",
            Self::Observed(_) => "observed",
            Self::Measured(_) => "measured",
            Self::Object(_) => "object",
            Self::ObjectReturn(_) => "object-return",
            Self::ObjectConfirmation(_) => "object-confirmation",
            Self::ObjectEntry(_) => "object-entry",
            Self::ContactsForgotten(_) => "contacts-forgotten",
            Self::AccessRequest(_) => "access-request",
            Self::AccessGranted(_) => "access-granted",
            Self::AccessRefused(_) => "access-refused",
            Self::AccessTaken(_) => "access-taken",
            Self::Delegation(_) => DELEGATION,
            Self::Revocation(_) => REVOCATION,
            Self::DelegationUse(_) => DELEGATION_USE,
            Self::StandardIssued(_) => STANDARD_ISSUED,
        }
    }

    /// The canonical bytes, without the kind.
    pub fn bytes(&self) -> Result<Vec<u8>, NotCanonical> {
        canonical::bytes_of_any(self.body())
    }

    /// What happened, without the kind.
    fn body(&self) -> &dyn canonical::Document {
        match self {
            Self::Epoch(body) => body,
            Self::Announcement(body) => body,
            Self::Submission(body) => body,
            Self::Confirmation(body) => body,
            Self::Return(body) => body,
            Self::Entry(body) => body,
            Self::Withdrawal(body) => body,
            Self::Handover(body) => body,
            Self::Instruction(body) => body,
            Self::InstructionClosed(body) => body,
            Self::InstructionWithdrawn(body) => body,
            Self::Exclusion(body) => body,
            Self::Claim(body) => body,
            Self::ClaimDecision(body) => body,
            Self::ClaimAnswer(body) => body,
            Self::Forgetting(body) => body,
            Self::Observed(body) => body,
            Self::Measured(body) => body,
            Self::Object(body) => body,
            Self::ObjectReturn(body) => body,
            Self::ObjectConfirmation(body) => body,
            Self::ObjectEntry(body) => body,
            Self::ContactsForgotten(body) => body,
            Self::AccessRequest(body) => body,
            Self::AccessGranted(body) => body,
            Self::AccessRefused(body) => body,
            Self::AccessTaken(body) => body,
            Self::Delegation(body) => body,
            Self::Revocation(body) => body,
            Self::DelegationUse(body) => body,
            Self::StandardIssued(body) => body,
        }
    }

    /// The event of `kind` that `bytes` hold.
    pub fn read(kind: &str, bytes: &[u8]) -> Result<Self, EventError> {
        let read = match kind {
            "epoch" => serde_json::from_slice(bytes).map(Self::Epoch),
            "announcement" => serde_json::from_slice(bytes).map(Self::Announcement),
            "submission" => serde_json::from_slice(bytes).map(Self::Submission),
            "confirmation" => serde_json::from_slice(bytes).map(Self::Confirmation),
            "return" => serde_json::from_slice(bytes).map(Self::Return),
            "entry" => serde_json::from_slice(bytes).map(Self::Entry),
            "withdrawal" => serde_json::from_slice(bytes).map(Self::Withdrawal),
            HANDOVER => serde_json::from_slice(bytes).map(Self::Handover),
            "instruction" => serde_json::from_slice(bytes).map(Self::Instruction),
            "instruction-closed" => serde_json::from_slice(bytes).map(Self::InstructionClosed),
            "instruction-withdrawn" => serde_json::from_slice(bytes).map(Self::InstructionWithdrawn),
            "exclusion" => serde_json::from_slice(bytes).map(Self::Exclusion),
            "claim" => serde_json::from_slice(bytes).map(Self::Claim),
            "claim-decision" => serde_json::from_slice(bytes).map(Self::ClaimDecision),
            "claim-answer" => serde_json::from_slice(bytes).map(Self::ClaimAnswer),
            "forgetting" => serde_json::from_slice(bytes).map(Self::Forgetting),
            "observed" => serde_json::from_slice(bytes).map(Self::Observed),
            "measured" => serde_json::from_slice(bytes).map(Self::Measured),
            "object" => serde_json::from_slice(bytes).map(Self::Object),
            "object-return" => serde_json::from_slice(bytes).map(Self::ObjectReturn),
            "object-confirmation" => serde_json::from_slice(bytes).map(Self::ObjectConfirmation),
            "object-entry" => serde_json::from_slice(bytes).map(Self::ObjectEntry),
            "contacts-forgotten" => serde_json::from_slice(bytes).map(Self::ContactsForgotten),
            "access-request" => serde_json::from_slice(bytes).map(Self::AccessRequest),
            "access-granted" => serde_json::from_slice(bytes).map(Self::AccessGranted),
            "access-refused" => serde_json::from_slice(bytes).map(Self::AccessRefused),
            "access-taken" => serde_json::from_slice(bytes).map(Self::AccessTaken),
            DELEGATION => serde_json::from_slice(bytes).map(Self::Delegation),
            REVOCATION => serde_json::from_slice(bytes).map(Self::Revocation),
            DELEGATION_USE => serde_json::from_slice(bytes).map(Self::DelegationUse),
            STANDARD_ISSUED => serde_json::from_slice(bytes).map(Self::StandardIssued),
            other => return Err(EventError::Kind(other.to_owned())),
        };
        read.map_err(|source| EventError::Bytes { kind: kind.to_owned(), source })
    }
}

/// An event with its canonical bytes and their digest, ready to be appended. Sealing a large event
/// costs time and is done before the database is locked.
#[derive(Clone, Debug)]
pub struct Sealed {
    event: Event,
    bytes: Vec<u8>,
    sha256: String,
}

impl Sealed {
    /// Seals `event`.
    pub fn of(event: Event) -> Result<Self, NotCanonical> {
        let bytes = event.bytes()?;
        let sha256 = canonical::sha256(&bytes);
        Ok(Self { event, bytes, sha256 })
    }

    /// The event.
    #[must_use]
    pub const fn event(&self) -> &Event {
        &self.event
    }

    /// Its canonical bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `sha256:…` of the bytes.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}
