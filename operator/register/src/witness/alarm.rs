//! What a witness cries out: each kind of contradiction, in one line that names what differs.

use factory_assurance::log::{
    Hash, checkpoint::CheckpointError, handover::HandoverError, proof::ProofError, served::ServedError,
};

/// A contradiction between what a register shows and what it has signed or shown before.
#[derive(Debug, thiserror::Error)]
pub enum Alarm {
    /// The checkpoint does not hold under the pinned key.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The log became shorter.
    #[error("the log had {known} events and now has {found}: the end was cut off, or an old copy was put back")]
    Shorter {
        /// Events that were co-signed.
        known: u64,
        /// Events now.
        found: u64,
    },
    /// Two logs of one length.
    #[error("of {size} events two logs were signed, with the roots {known} and {found}: the log was forked")]
    Forked {
        /// Their length.
        size: u64,
        /// Root that was co-signed.
        known: Hash,
        /// Root now.
        found: Hash,
    },
    /// The longer log does not begin with the shorter one.
    #[error("the log of {to} events does not begin with the {from} that were co-signed: {source}")]
    Rewritten {
        /// Events that were co-signed.
        from: u64,
        /// Events now.
        to: u64,
        /// Cause.
        source: ProofError,
    },
    /// The log was not handed over as it is said.
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// The key that signs is not the one that the log was handed over to, as its events say.
    #[error("event {event} of the log does not hand it over to {key}, which signs it")]
    NotHandedOver {
        /// Number of the event.
        event: u64,
        /// The key that signs.
        key: String,
    },
    /// An event that must be there is not shown.
    #[error("event {0} of {1} is not shown")]
    Missing(u64, u64),
    /// An event contradicts itself.
    #[error(transparent)]
    Event(#[from] ServedError),
    /// An event is not the one that was shown before.
    #[error("event {0} is not the one that was shown before: its contents or its place were changed")]
    Changed(u64),
    /// The events are not those of the checkpoint.
    #[error("the {size} events that are shown give the root {found}; the checkpoint says {signed}")]
    Root {
        /// How many.
        size: u64,
        /// Root over what is shown.
        found: Hash,
        /// Root of the checkpoint.
        signed: Hash,
    },
    /// The index shows another entry than the log has.
    #[error("the public index shows {shown} for {service}; the log says {logged}")]
    Index {
        /// `participant/service`.
        service: String,
        /// As the index shows it.
        shown: String,
        /// As the log has it.
        logged: String,
    },
    /// A view shows something else than the log has, or than it showed before.
    #[error("the {view} show {shown} for {of}; it must be {logged}")]
    View {
        /// Which view.
        view: &'static str,
        /// Which thing in it.
        of: String,
        /// As it shows that.
        shown: String,
        /// As the log has it, or as it was shown before.
        logged: String,
    },
    /// A standard is issued in the regulator's name without the regulator.
    #[error("event {event} issues {standard}, and no key of the regulator's has signed that: {reason}")]
    NotIssued {
        /// Number of the event.
        event: u64,
        /// `<name>@<version>`.
        standard: String,
        /// What of it does not hold.
        reason: String,
    },
    /// More changed in what is shown than the log has events for.
    #[error("{changes} changes are shown, the last one in the {view} of {of}; the log has {events} events for them")]
    Unfounded {
        /// The view with the last of them.
        view: &'static str,
        /// Its service.
        of: String,
        /// How many.
        changes: u64,
        /// Events since the last whole look that could have made them.
        events: u64,
    },
    /// The register itself says that it cannot show its log.
    #[error("the register cannot show its log, {path}: {detail}")]
    Unable {
        /// What was asked for.
        path: String,
        /// Its words.
        detail: String,
    },
    /// An earlier alarm stands.
    #[error("an alarm stands in {file}: {text}; whoever has looked into it removes that file")]
    Stands {
        /// Where it was written.
        file: String,
        /// What it says.
        text: String,
    },
}
