//! `factory-register backup` and `restore`: the log as lines of JSON, from which either database is made
//! again, whole. Views and tree are not in it: they follow from the events.
//!
//! The first line says what the file is, then come the events in order, each checkpoint after the last event
//! that it covers, then what people wrote (67), and a last line with what all of them come to: without it, the file was cut off.

use std::io::{BufRead, Write};

use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use super::{
    Location, StoreError, audit, opened,
    plaintexts::{self, Plaintext},
    reading,
    taking::{Kept, Taken, Taking, TakingError},
};
use crate::log::{Link, Walk};
use factory_assurance::log::tree::Edge;

/// The only version there is.
const FORMAT: u32 = 1;

/// A line of a backup.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Line {
    /// The first one.
    FactoryRegisterBackup {
        format: u32,
    },
    Event {
        seq: u64,
        time: String,
        kind: String,
        actor: String,
        sha256: String,
        prev: String,
        this: String,
        /// As the log holds them: canonical JSON, byte by byte.
        contents: String,
    },
    Checkpoint(Kept),
    /// What a person wrote and nobody has forgotten yet.
    Plaintext(Plaintext),
    /// The last one.
    End {
        events: u64,
        checkpoints: u64,
        root: String,
    },
}

/// Writes the log of the database at `location`, as it is at one moment, to `out`, which `file` names.
/// Beside a register that serves: nothing waits for it. What does not hold is not written on: a damaged log
/// gives no backup. Blocks where `out` does.
pub async fn backup(location: &Location, out: &mut dyn Write, file: &str) -> Result<Taken, TakingError> {
    let database = reading(location).await?;
    let mut snapshot = database.snapshot().await?;
    let rows = &mut snapshot.executor();
    let mut write = |line: Line| {
        let failed = |source| TakingError::File { file: file.to_owned(), source };
        serde_json::to_writer(&mut *out, &line).map_err(|error| failed(error.into()))?;
        out.write_all(b"\n").map_err(failed)
    };
    write(Line::FactoryRegisterBackup { format: FORMAT })?;
    let mut kept = Kept::all(rows).await?.into_iter().peekable();
    let (mut walk, mut edge, mut checkpoints) = (Walk::default(), Edge::default(), 0);
    let mut events = audit::events(rows, i64::MIN);
    loop {
        while let Some(next) = kept.next_if(|next| next.size.unsigned_abs() == edge.size()) {
            next.hold(&edge)?;
            write(Line::Checkpoint(next))?;
            checkpoints += 1;
        }
        let Some(row) = events.try_next().await? else { break };
        let (link, this, bytes) = row.parts();
        walk.step(&link, &this, Some(&bytes))?;
        edge.push(link.leaf_of(&this).hash().map_err(StoreError::from)?);
        let contents = String::from_utf8(bytes).map_err(|error| StoreError::Row(error.to_string()))?;
        let Link { seq, time, kind, actor, sha256, prev } = link;
        write(Line::Event { seq, time, kind, actor, sha256, prev, this, contents })?;
    }
    if let Some(longer) = kept.next() {
        let found = format!("the log has {} events", edge.size());
        return Err(TakingError::Checkpoint { size: longer.size, found });
    }
    drop(events);
    plaintexts::hold(rows).await?;
    for plaintext in Plaintext::all(rows).await? {
        write(Line::Plaintext(plaintext))?;
    }
    let root = edge.root().to_string();
    write(Line::End { events: edge.size(), checkpoints, root: root.clone() })?;
    out.flush().map_err(|source| TakingError::File { file: file.to_owned(), source })?;
    // Its connection goes back first: to close is to wait for all of them.
    drop(snapshot);
    database.close().await;
    Ok(Taken { events: edge.size(), new: edge.size(), checkpoints, root })
}

/// Makes the log that `file` holds again in the empty database at `location`: all of it or nothing. Every
/// hash, every checkpoint and the root are proven on the way. Blocks where `file` does.
pub async fn restore(file: &mut dyn BufRead, name: &str, location: &Location) -> Result<Taken, TakingError> {
    let (writer, readers) = opened(location).await?;
    let restored = restored(file, name, location, Taking::begin(&writer).await?).await;
    writer.close().await;
    readers.close().await;
    restored
}

async fn restored(
    file: &mut dyn BufRead,
    name: &str,
    location: &Location,
    mut taking: Taking,
) -> Result<Taken, TakingError> {
    if taking.seq() > 0 {
        return Err(TakingError::NotEmpty { location: location.clone(), events: taking.seq() });
    }
    let (mut number, mut checkpoints, mut text) = (0, 0, String::new());
    loop {
        text.clear();
        let read = file.read_line(&mut text).map_err(|source| TakingError::File { file: name.to_owned(), source })?;
        if read == 0 || !text.ends_with('\n') {
            return Err(TakingError::Cut { line: number, event: taking.seq() });
        }
        number += 1;
        let wrong = |found: String| TakingError::Line { line: number, found };
        let line: Line = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        match line {
            Line::FactoryRegisterBackup { format } if number == 1 => {
                if format != FORMAT {
                    return Err(wrong(format!("format: {format}, must be {FORMAT}")));
                }
            }
            _ if number == 1 => return Err(wrong("this is no backup of a register".to_owned())),
            Line::FactoryRegisterBackup { .. } => return Err(wrong("another backup begins".to_owned())),
            Line::Event { seq, time, kind, actor, sha256, prev, this, contents } => {
                let link = Link { seq, time, kind, actor, sha256, prev };
                taking.event(&link, &this, contents.as_bytes()).await?;
            }
            Line::Checkpoint(kept) => {
                kept.hold(taking.edge())?;
                taking.checkpoint(&kept).await?;
                checkpoints += 1;
            }
            Line::Plaintext(plaintext) => taking.plaintext(&plaintext).await?,
            Line::End { events, checkpoints: signed, root } => {
                let (has, gives) = (taking.edge().size(), taking.edge().root().to_string());
                if (events, signed, root.as_str()) != (has, checkpoints, gives.as_str()) {
                    return Err(wrong(format!(
                        "it tells of {events} events, {signed} checkpoints and the root {root}, but the lines before it give {has}, {checkpoints} and {gives}"
                    )));
                }
                if !file.fill_buf().map_err(|source| TakingError::File { file: name.to_owned(), source })?.is_empty() {
                    return Err(wrong("more stands behind the last line".to_owned()));
                }
                taking.hold_plaintexts().await?;
                taking.commit().await?;
                return Ok(Taken { events, new: events, checkpoints, root });
            }
        }
    }
}
