//! What a witness knows, in a folder of its own: the leaf of every event that it has seen, the newest
//! checkpoint with its co-signature, all earlier ones, what was shown of events that are not public, and an alarm if
//! there was one. Each file is whole
//! at every moment, whatever ends the program, and one process has the folder at a time.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use factory_assurance::log::{
    Checkpoint, Hash,
    checkpoint::CheckpointError,
    handover::Terms,
    note::{NoteError, Signer, Verifier, cosign},
};

use serde::de::DeserializeOwned;

use super::{alarm::Alarm, kept::Kept};

/// Why what is known cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The checkpoint that was kept is none of this log.
    #[error("{path}: {source}", path = path.display())]
    Checkpoint {
        /// Which file.
        path: PathBuf,
        /// Cause.
        source: CheckpointError,
    },
    /// The hand-overs that were kept do not hold, or what was shown cannot be read.
    #[error("{path}: {reason}", path = path.display())]
    Kept {
        /// Which file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Another process has the folder.
    #[error("{path}: another witness is at work in this folder", path = .0.display())]
    InUse(PathBuf),
    /// The checkpoint cannot be co-signed.
    #[error("co-signature: {0}")]
    Cosign(#[from] NoteError),
    /// Fewer leaves than the checkpoint says.
    #[error("{path}: {found} leaves, and the checkpoint beside it is of {expected} events", path = path.display())]
    Leaves {
        /// Which file.
        path: PathBuf,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: u64,
    },
}

/// Name of the file with the notes by which the log was handed over.
const HANDOVERS: &str = "handovers";
/// Name of the file with what was shown of events that are not public.
const SHOWN: &str = "shown";
/// Bytes of a leaf in its file: the hash, and whether the event was shown.
const RECORD: usize = 33;

/// An event that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenEvent {
    /// Its leaf.
    pub leaf: Hash,
    /// Whether its contents were public.
    pub public: bool,
}

impl SeenEvent {
    fn read(record: &[u8]) -> Option<Self> {
        let (public, leaf) = record.split_last()?;
        Some(Self { leaf: Hash::try_from(leaf).ok()?, public: *public == 1 })
    }

    fn write(self) -> impl Iterator<Item = u8> {
        self.leaf.as_bytes().to_owned().into_iter().chain([u8::from(self.public)])
    }
}

/// The folder, and what is in it.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    /// Held as long as this process lives.
    _lock: File,
    /// The newest checkpoint that was co-signed.
    pub checkpoint: Option<Checkpoint>,
    /// The keys of the log, from the pinned one on.
    pub terms: Terms,
    /// Each event, in order.
    pub events: Vec<SeenEvent>,
    /// What was shown of those that are not public.
    pub shown: Kept,
}

impl State {
    /// What is known of the log that signs with `log`. An alarm that stands is an error of its own.
    pub fn read(folder: &Path, log: &Verifier) -> Result<Result<Self, Alarm>, StateError> {
        fs::create_dir_all(folder.join("checkpoints")).map_err(at(folder))?;
        let name = folder.join("lock");
        let lock = File::create(&name).map_err(at(&name))?;
        lock.try_lock().map_err(|_| StateError::InUse(folder.to_owned()))?;
        let alarm = folder.join("alarm");
        if let Some(text) = if_there(&alarm)? {
            let text = String::from_utf8_lossy(&text).trim().to_owned();
            return Ok(Err(Alarm::Stands { file: alarm.display().to_string(), text }));
        }
        let (newest, leaves) = (folder.join("checkpoint"), folder.join("leaves"));
        let kept = folder.join(HANDOVERS);
        let notes: Vec<String> = document(&kept)?;
        let mut terms = Terms::of(log.clone());
        terms.follow(&notes).map_err(|error| StateError::Kept { path: kept, reason: error.to_string() })?;
        let shown: Kept = document(&folder.join(SHOWN))?;
        let checkpoint = if_there(&newest)?
            .map(|note| terms.open(&String::from_utf8_lossy(&note)).map(|(checkpoint, _)| checkpoint))
            .transpose()
            .map_err(|source| StateError::Checkpoint { path: newest, source })?;
        let size = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
        let bytes = if_there(&leaves)?.unwrap_or_default();
        // Those after the checkpoint were written by a look that came to no end.
        let kept: Vec<SeenEvent> = bytes
            .chunks_exact(RECORD)
            .filter_map(SeenEvent::read)
            .take(usize::try_from(size).unwrap_or(usize::MAX))
            .collect();
        if kept.len() as u64 != size {
            return Err(StateError::Leaves { path: leaves, found: kept.len(), expected: size });
        }
        Ok(Ok(Self { folder: folder.to_owned(), _lock: lock, checkpoint, terms, events: kept, shown }))
    }

    /// Keeps the `notes` by which the keys are `terms` now.
    pub fn follow(&mut self, terms: Terms, notes: &[String]) -> Result<(), StateError> {
        let text = serde_json::to_string(notes).unwrap_or_default();
        replace(&self.folder.join(HANDOVERS), text.as_bytes())?;
        self.terms = terms;
        Ok(())
    }

    /// Keeps what is shown now.
    pub fn showed(&mut self, shown: Kept) -> Result<(), StateError> {
        let path = self.folder.join(SHOWN);
        let text = serde_json::to_vec(&shown)
            .map_err(|error| StateError::Kept { path: path.clone(), reason: error.to_string() })?;
        replace(&path, &text)?;
        self.shown = shown;
        Ok(())
    }

    /// Keeps `checkpoint`, whose signed text is `note`, with the `new` events that it brings, co-signed at
    /// `time`.
    pub fn keep(
        &mut self,
        checkpoint: Checkpoint,
        note: &str,
        new: &[SeenEvent],
        (signer, time): (&Signer, u64),
    ) -> Result<(), StateError> {
        let cosigned = cosign(note, signer, time)?;
        if !new.is_empty() {
            let all: Vec<u8> = new.iter().flat_map(|event| event.write()).collect();
            self.append(&all)?;
        }
        let name = format!("checkpoints/{:020}", checkpoint.size);
        replace(&self.folder.join(name), cosigned.as_bytes())?;
        replace(&self.folder.join("checkpoint"), cosigned.as_bytes())?;
        self.events.extend_from_slice(new);
        self.checkpoint = Some(checkpoint);
        Ok(())
    }

    /// Writes an alarm down, with the checkpoint that was shown: it and the one that was kept are the
    /// evidence.
    pub fn raise(&self, alarm: &Alarm, shown: Option<&str>) -> Result<(), StateError> {
        let shown = shown.unwrap_or("none\n");
        replace(&self.folder.join("alarm"), format!("{alarm}\n\nshown checkpoint:\n{shown}").as_bytes())
    }

    /// Appends behind the leaves of the checkpoint, over whatever a look without an end has left there.
    fn append(&self, bytes: &[u8]) -> Result<(), StateError> {
        let path = self.folder.join("leaves");
        let write = || {
            let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
            file.set_len(self.events.len() as u64 * RECORD as u64)?;
            io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(at(&path))
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StateError + use<> {
    let path = path.to_owned();
    move |source| StateError::File { path, source }
}

fn if_there(path: &Path) -> Result<Option<Vec<u8>>, StateError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(path)(error)),
    }
}

/// What the file at `path` has in it; the default where it is not there.
fn document<T: DeserializeOwned + Default>(path: &Path) -> Result<T, StateError> {
    let Some(bytes) = if_there(path)? else { return Ok(T::default()) };
    serde_json::from_slice(&bytes)
        .map_err(|error| StateError::Kept { path: path.to_owned(), reason: error.to_string() })
}

/// Puts `bytes` in the place of `path`, which is on the disk afterwards.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    let draft = path.with_extension("new");
    let write = || {
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(at(path))
}
