//! One look at a register: from its signed checkpoint to a co-signature, or to an alarm.

use std::time::Duration;

use factory_assurance::log::{
    Checkpoint,
    checkpoint::CheckpointError,
    handover::Terms,
    note::{self, NoteError, Signer, Verifier},
    proof::Consistency,
    served::{Events, LogKeys},
    tree::Edge,
};
use tokio::time::timeout;

use super::{
    WitnessError,
    alarm::Alarm,
    asked::Asked,
    index::Logged,
    kept::Kept,
    now,
    state::{SeenEvent, State},
    views::Views,
};
use crate::{arguments, keys::Keys, signer};

/// Name of the file with the witness's own key.
const KEY: &str = "witness.pem";

/// Most events that are new at one look: a log that has more would fill this machine.
const MOST_NEW: usize = 50_000_000;
/// A look that takes longer has no end.
const DEADLINE: Duration = Duration::from_hours(6);
/// Where the keys of the log are told.
const KEYS: &str = "/api/v1/log/keys";
/// Where the log as it is now is signed.
const CHECKPOINT: &str = "/api/v1/log/checkpoint";

/// A witness of one register.
#[derive(Debug)]
pub struct Witness {
    register: Asked,
    /// Keys with which standards are issued, where they were given.
    regulator: Option<Keys>,
    signer: Signer,
    state: State,
}

/// What a look saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Events of the log.
    pub size: u64,
    /// Those that were new.
    pub new: u64,
    /// Old ones that were read again.
    pub reread: u64,
    /// Entries of the public index that were held against the log.
    pub entries: u64,
}

impl Witness {
    /// A witness that goes on from what is in its folder.
    pub fn begin(options: arguments::Witness) -> Result<Self, WitnessError> {
        let state = State::read(&options.state, &options.log_key)??;
        let signer = signer::load_or_make(&options.name, &options.state.join(KEY))?;
        let register = Asked::at(&options.register, options.ca)?;
        let regulator = options.regulator_keys.map(Keys::new);
        Ok(Self { register, regulator, signer, state })
    }

    /// The key of its co-signatures.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        self.signer.witness()
    }

    /// Events that it has co-signed.
    #[must_use]
    pub fn known(&self) -> u64 {
        self.state.events.len() as u64
    }

    /// Looks at what is new, or at `everything`. An alarm is written down before it is answered.
    pub async fn look(&mut self, everything: bool) -> Result<Seen, WitnessError> {
        let mut shown = None;
        let seen = match timeout(DEADLINE, self.see(everything, &mut shown)).await {
            Ok(seen) => seen,
            Err(_) => Err(self.register.strange(CHECKPOINT, format!("a look had no end in {DEADLINE:?}")).into()),
        };
        if let Err(WitnessError::Alarm(alarm)) = &seen
            && let Err(error) = self.state.raise(alarm, shown.as_deref())
        {
            // The alarm itself must not be lost for want of a disk.
            tracing::error!(%error, shown, "the alarm could not be written down");
        }
        seen
    }

    async fn see(&mut self, everything: bool, shown: &mut Option<String>) -> Result<Seen, WitnessError> {
        let text = shown.insert(self.register.text(CHECKPOINT).await?);
        let before = self.state.terms.all().len();
        let (terms, notes) = self.followed(text).await?;
        let (checkpoint, key) = match terms.open(text) {
            // What is no note at all is no evidence: anyone on the way could have answered so.
            Err(CheckpointError::Note(error @ NoteError::Form(_))) => {
                return Err(self.register.strange(CHECKPOINT, error.to_string()).into());
            }
            opened => opened.map_err(Alarm::from)?,
        };
        let note = note::only(text, key).map_err(|error| Alarm::from(CheckpointError::from(error)))?;
        let known = self.known();
        if let Some(kept) = &self.state.checkpoint {
            self.goes_on(kept, &checkpoint).await?;
        }
        let from = if everything { 0 } else { known };
        let (new, logged) = self.read(from, &checkpoint).await?;
        logged.hold_keys(&terms, before, key)?;
        let size = checkpoint.size;
        let (mut entries, mut shown) = (0, None);
        if everything {
            entries = logged.hold(&self.register, size).await?;
            shown = Some(self.views(&logged, &new, size).await?);
        }
        if let Some(notes) = notes {
            self.state.follow(terms, &notes)?;
        }
        self.state.keep(checkpoint, &note, &new, (&self.signer, now()))?;
        if let Some(shown) = shown {
            self.state.showed(shown)?;
        }
        Ok(Seen { size, new: size - known, reread: known - from, entries })
    }

    /// Holds the views of each service that do not follow from public events against what they showed before.
    async fn views(&self, logged: &Logged, new: &[SeenEvent], size: u64) -> Result<Kept, WitnessError> {
        let public = |event: u64| {
            let mut all = self.state.events.iter().chain(new);
            event.checked_sub(1).and_then(|index| all.nth(usize::try_from(index).ok()?)).is_some_and(|seen| seen.public)
        };
        let mut views = Views::at(size, &self.register, &self.state.shown, &public);
        for service in logged.services() {
            views.hold(service).await?;
        }
        views.end().await
    }

    /// The keys by which `text` is to be opened: those that are known, and where none of them has signed it, those
    /// that the log was handed over to since, with the notes that say so.
    async fn followed(&self, text: &str) -> Result<(Terms, Option<Vec<String>>), WitnessError> {
        let mut terms = self.state.terms.clone();
        if !matches!(terms.open(text), Err(CheckpointError::Note(NoteError::Unsigned(_)))) {
            return Ok((terms, None));
        }
        let Some(LogKeys { handovers, .. }) = self.register.find(KEYS).await? else {
            // One that has never heard of hand-overs has made none.
            return Ok((terms, None));
        };
        terms.follow(&handovers).map_err(Alarm::from)?;
        Ok((terms, Some(handovers)))
    }

    /// Whether `found` goes on from the checkpoint that was `kept`.
    async fn goes_on(&self, kept: &Checkpoint, found: &Checkpoint) -> Result<(), WitnessError> {
        if found.size < kept.size {
            return Err(Alarm::Shorter { known: kept.size, found: found.size }.into());
        }
        if found.size == kept.size {
            let same = found.root == kept.root;
            let forked = Alarm::Forked { size: kept.size, known: kept.root, found: found.root };
            return if same { Ok(()) } else { Err(forked.into()) };
        }
        let path = format!("/api/v1/log/consistency?from={}&to={}", kept.size, found.size);
        let proof: Consistency = self.register.json(&path).await?;
        // The proof is for what was asked, whatever the answer says.
        Consistency { from: kept.size, to: found.size, ..proof }
            .verify(&kept.root, &found.root)
            .map_err(|source| Alarm::Rewritten { from: kept.size, to: found.size, source }.into())
    }

    /// Reads the events from number `from + 1` to the end of `checkpoint`; answers those that are new.
    async fn read(&self, from: u64, checkpoint: &Checkpoint) -> Result<(Vec<SeenEvent>, Logged), WitnessError> {
        let mut edge = Edge::default();
        let before = usize::try_from(from).unwrap_or(usize::MAX);
        for event in self.state.events.iter().take(before) {
            edge.push(event.leaf);
        }
        let regulator = self.regulator.as_ref().map(Keys::load).transpose()?.unwrap_or_default();
        let (mut new, mut logged) = (Vec::new(), Logged::of(regulator));
        while edge.size() < checkpoint.size {
            let path = format!("/api/v1/log/events?from={}", edge.size() + 1);
            let part: Events = self.register.json(&path).await?;
            if part.events.is_empty() {
                return Err(Alarm::Missing(edge.size() + 1, checkpoint.size).into());
            }
            for event in part.events {
                let seq = edge.size() + 1;
                if seq > checkpoint.size {
                    break;
                }
                let leaf = event.held(seq).map_err(Alarm::from)?;
                let shown = SeenEvent { leaf, public: event.public.is_some() };
                match self.state.events.get(usize::try_from(seq - 1).unwrap_or(usize::MAX)) {
                    Some(seen) if *seen != shown => return Err(Alarm::Changed(seq).into()),
                    Some(_) => {}
                    None if new.len() < MOST_NEW => new.push(shown),
                    None => {
                        return Err(self.register.strange(&path, format!("more than {MOST_NEW} new events")).into());
                    }
                }
                edge.push(leaf);
                logged.take(event.public.as_ref())?;
            }
        }
        let (size, found, signed) = (checkpoint.size, edge.root(), checkpoint.root);
        if found == signed { Ok((new, logged)) } else { Err(Alarm::Root { size, found, signed }.into()) }
    }
}
