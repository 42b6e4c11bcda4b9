//! A register's small log with an entry in it, and everybody's keys: where tests of an entry's grounds start from.

use std::error::Error;

use serde_json::{Value, json};

use super::{passing, rebuilt, terms};
use crate::{
    canonical,
    confirmation::{self, Confirmed},
    delegation::{self, Terms},
    dossier::TestResult,
    dsse::{Envelope, PrivateKey, sign},
    grounds::{Grounds, Under},
    log::{
        Checkpoint, Hash, Included, Link,
        link::ORIGIN,
        note::Signer,
        proof::{Inclusion, inclusion_ranges},
        served::{DELEGATION, DELEGATION_USE, ENTRY, EventProof, PublicEvent, REVOCATION},
        tree::Edge,
    },
};

/// When the sample was confirmed.
pub const CONFIRMED: &str = "2026-03-04T05:06:07.000Z";
const DELEGATED: &str = "2026-03-04T06:00:00.000Z";
const REGULATOR: &str = "Regulator";

/// Everybody's keys.
pub struct Office {
    /// Signs the log.
    pub log: Signer,
    /// Confirms and delegates.
    pub regulator: PrivateKey,
    /// Signs dossiers.
    pub factory: PrivateKey,
}

/// How a rebuilt release came to be entered under a delegation.
pub struct Story {
    /// What was delegated.
    pub terms: Terms,
    /// Who signed that.
    pub delegates: PrivateKey,
    /// When the release was entered (RFC 3339).
    pub entered: String,
    /// Whether the delegation was revoked, and whether that was before the release was entered.
    pub revoked: Option<Revoked>,
}

/// When a delegation was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// Before it was used.
    Before,
    /// After it was used.
    After,
}

/// What a test has, or why it has none.
type Made<T> = Result<T, Box<dyn Error>>;

/// The events of a log, in their order.
#[derive(Default)]
struct Log {
    events: Vec<PublicEvent>,
    leaves: Vec<Hash>,
}

impl Office {
    /// With new keys.
    pub fn new() -> Made<Self> {
        let log = Signer::new("register.test/log", [7; 32])?;
        Ok(Self { log, regulator: PrivateKey::generate(), factory: PrivateKey::generate() })
    }

    /// A story in which everything is in order.
    #[must_use]
    pub fn story(&self) -> Story {
        let entered = "2026-04-01T00:00:00.000Z".to_owned();
        Story { terms: terms(), delegates: self.regulator.clone(), entered, revoked: None }
    }

    /// What the entry of the sample stands on, confirmed with `key`.
    pub fn confirmed(&self, key: &PrivateKey) -> Made<Grounds> {
        self.shown(key, |_| {})
    }

    /// The same by a register that has changed the entry before it wrote it.
    pub fn shown(&self, key: &PrivateKey, change: impl FnOnce(&mut Value)) -> Made<Grounds> {
        let (dossier, confirmation, mut entry) = self.base(key)?;
        change(&mut entry);
        let mut log = Log::default();
        let entry = log.append(CONFIRMED, ENTRY, entry)?;
        Ok(Grounds { entry: log.proof(entry, &self.log)?, dossier, confirmation, delegated: None })
    }

    /// What the entry of the rebuilt sample stands on, by this `story`.
    pub fn told(&self, story: &Story) -> Made<Grounds> {
        let (base, confirmation, base_entry) = self.base(&self.regulator)?;
        let digest = story.terms.digest()?;
        let id = digest.trim_start_matches("sha256:");
        let given = sign(&delegation::statement(&story.terms, REGULATOR, DELEGATED)?, &story.delegates)?;
        let mut log = Log::default();
        let base_entry = log.append(CONFIRMED, ENTRY, base_entry)?;
        let delegation = log.append(DELEGATED, DELEGATION, json!({"id": id, "delegation": given}))?;
        let ended = sign(&delegation::revocation(&digest, REGULATOR, &story.entered, "Over."), &self.regulator)?;
        let ended = json!({"delegation": id, "revocation": ended});
        let mut revocation = None;
        if story.revoked == Some(Revoked::Before) {
            revocation = Some(log.append(DELEGATED, REVOCATION, ended.clone())?);
        }
        let used = json!({"delegation": id, "submission": "submission-2", "base": "submission-1"});
        let used = log.append(&story.entered, DELEGATION_USE, used)?;
        let result = rebuilt(passing());
        let dossier = sign(&result.clone().into_statement()?, &self.factory)?;
        let mut entry = entry("submission-2", &result, &dossier, &story.entered)?;
        entry["under"] = json!({"delegation": id, "base": "submission-1"});
        let entry = log.append(&story.entered, ENTRY, entry)?;
        if story.revoked == Some(Revoked::After) {
            revocation = Some(log.append(&story.entered, REVOCATION, ended)?);
        }
        let under = Under {
            delegation: log.included(delegation),
            used: log.included(used),
            revocation: revocation.map(|index| log.included(index)),
            base_entry: log.included(base_entry),
            base,
        };
        Ok(Grounds { entry: log.proof(entry, &self.log)?, dossier, confirmation, delegated: Some(under) })
    }

    /// Dossier of the sample, its confirmation with `key`, and its entry.
    fn base(&self, key: &PrivateKey) -> Made<(Envelope, Envelope, Value)> {
        let result = passing();
        let dossier = sign(&result.clone().into_statement()?, &self.factory)?;
        let confirmed = Confirmed {
            resource: &result.subject.resource(),
            bundle: &result.bundle.digest()?,
            dossier: &dossier.payload_digest()?,
            standard: &result.standard.named(),
        };
        let confirmation = sign(&confirmation::statement(&confirmed, REGULATOR, CONFIRMED), key)?;
        let entry = entry("submission-1", &result, &dossier, CONFIRMED)?;
        Ok((dossier, confirmation, entry))
    }
}

/// The event of an entry, as the register writes it.
fn entry(submission: &str, result: &TestResult, dossier: &Envelope, at: &str) -> Made<Value> {
    Ok(json!({
        "submission": submission,
        "summary": {
            "subject": result.subject,
            "bundle": result.bundle.digest()?,
            "standard": result.standard.named(),
            "dossier": dossier.payload_digest()?,
            "attempt": result.announcement.attempt,
            "verdict": result.verdict,
            "missing": [],
        },
        "record": result.record,
        "confirmedBy": REGULATOR,
        "confirmedAt": at,
    }))
}

impl Log {
    /// Adds an event; its index, from 0.
    fn append(&mut self, time: &str, kind: &str, event: Value) -> Made<usize> {
        let index = self.events.len();
        let link = Link {
            seq: index as u64 + 1,
            time: time.to_owned(),
            kind: kind.to_owned(),
            actor: "somebody".to_owned(),
            sha256: canonical::digest(&event)?,
            prev: ORIGIN.to_owned(),
        };
        let place = link.leaf()?;
        self.leaves.push(place.hash()?);
        self.events.push(PublicEvent { place, event });
        Ok(index)
    }

    fn included(&self, index: usize) -> Included {
        let (size, index_in_tree) = (self.leaves.len() as u64, index as u64);
        let hashes = inclusion_ranges(index_in_tree, size).into_iter().map(|range| {
            let within = |leaf: &(usize, &Hash)| range.contains(&(leaf.0 as u64));
            root(self.leaves.iter().enumerate().filter(within).map(|(_, leaf)| *leaf))
        });
        let inclusion = Inclusion { index: index_in_tree, size, hashes: hashes.collect() };
        Included { public: self.events[index].clone(), inclusion }
    }

    fn proof(&self, index: usize, key: &Signer) -> Made<EventProof> {
        let (root, size) = (root(self.leaves.iter().copied()), self.leaves.len() as u64);
        let checkpoint = Checkpoint { origin: key.name().to_owned(), size, root }.signed(key)?;
        let Included { public, inclusion } = self.included(index);
        Ok(EventProof { public, inclusion, checkpoint, handovers: Vec::new() })
    }
}

fn root(leaves: impl Iterator<Item = Hash>) -> Hash {
    let mut edge = Edge::default();
    for leaf in leaves {
        edge.push(leaf);
    }
    edge.root()
}
