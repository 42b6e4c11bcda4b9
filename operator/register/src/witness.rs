//! The witness: a second party that keeps what a register has signed and shown, and says aloud when it
//! shows something else. It reads nothing but the public API, with storage and a key of its own, and is
//! run by somebody who runs neither the factory nor the register.
//!
//! Each look is [`look::look`]: the signed checkpoint, the proof that the log only grew, every new event
//! against the checkpoint, and from time to time every old one and the public views again: entries with their ends
//! ([`index`]), delegations, issued standards and statistics against the log, all else against what was shown before
//! ([`views`]).
//!
//! *Architecture invariant:* it co-signs only what it has read to the end and found to go on from
//! everything that it has co-signed before. An alarm ends it, and a person begins it again.

pub mod alarm;
mod asked;
mod delegations;
mod index;
mod kept;
mod look;
mod standards;
mod state;
mod statistics;
mod tail;
mod views;

use std::time::Duration;

use jiff::Timestamp;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::Instant,
};

use crate::{arguments, keys::KeysError, signer::SignerError};

pub use alarm::Alarm;
pub use asked::AskError;
pub use look::{Seen, Witness};
pub use state::StateError;

/// Exit code of an alarm.
pub const ALARM: u8 = 3;

/// Why a look came to no end.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// History was changed, or is not shown. Never passes by itself.
    #[error(transparent)]
    Alarm(Box<Alarm>),
    /// The register could not be asked. May pass by itself.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// What the witness knows cannot be read or kept.
    #[error(transparent)]
    State(#[from] StateError),
    /// It has no key.
    #[error("witness key: {0}")]
    Key(#[from] SignerError),
    /// The regulator's keys cannot be used.
    #[error("keys of the regulator: {0}")]
    Regulator(#[from] KeysError),
    /// A signal cannot be awaited.
    #[error("signal: {0}")]
    Signal(#[source] std::io::Error),
}

impl From<Alarm> for WitnessError {
    fn from(alarm: Alarm) -> Self {
        Self::Alarm(Box::new(alarm))
    }
}

/// Looks once, or again and again until SIGTERM or SIGINT.
pub async fn run(options: arguments::Witness) -> Result<(), WitnessError> {
    let (every, reread, once) = (options.every.duration(), options.reread.duration(), options.once);
    let mut witness = Witness::begin(options)?;
    tracing::info!(key = %witness.verifier(), known = witness.known(), "co-signatures hold under this key");
    if once {
        return tell(witness.look(true).await).map(drop);
    }
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate()).map_err(WitnessError::Signal)?,
        signal(SignalKind::interrupt()).map_err(WitnessError::Signal)?,
    );
    let mut everything_due = Instant::now();
    let mut whole = Instant::now();
    loop {
        let everything = Instant::now() >= everything_due;
        let seen = tokio::select! {
            seen = witness.look(everything) => tell(seen),
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        };
        match seen {
            Ok(_) if everything => {
                whole = Instant::now();
                everything_due = whole + reread;
            }
            Ok(_) => {}
            // Who does not want to be seen could stay silent for ever.
            Err(WitnessError::Ask(error)) if whole.elapsed() > reread.max(every) * 3 => {
                tracing::error!(%error, hours = whole.elapsed().as_secs() / 3600, "the log was not seen whole for long");
            }
            Err(WitnessError::Ask(error)) => tracing::warn!(%error, "the register could not be asked; tried again"),
            Err(other) => return Err(other),
        }
        tokio::select! {
            () = tokio::time::sleep(every.max(Duration::from_secs(1))) => {}
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        }
    }
}

fn tell(seen: Result<Seen, WitnessError>) -> Result<Seen, WitnessError> {
    if let Ok(Seen { size, new, reread, entries }) = &seen {
        tracing::info!(size, new, reread, entries, "the log goes on from what was seen before; co-signed");
    }
    seen
}

/// Seconds since 1970.
fn now() -> u64 {
    Timestamp::now().as_second().unsigned_abs()
}
