//! `factory-register migrate`: the log of one database into another, of either kind, beside a register that
//! serves the first. Run again, it goes on after what is there; run once more with the register stopped, both
//! are the same log, and every proof that was given holds in the second.

use futures::TryStreamExt as _;

use super::{
    Location, StoreError, audit,
    both::{Pool, Rows},
    opened,
    plaintexts::Plaintext,
    reading,
    taking::{Kept, Taken, Taking, TakingError},
    tree,
    writing::row_number,
};
use crate::log::Walk;
use factory_assurance::log::tree::Edge;

/// Events in one transaction: what was copied stays copied when the copy is interrupted.
const AT_ONCE: u64 = 1000;

/// Copies what `from` has and `to` lacks.
pub async fn migrate(from: &Location, to: &Location) -> Result<Taken, TakingError> {
    let source = reading(from).await?;
    let (writer, readers) = opened(to).await?;
    let copied = copy(&source, &writer, (from, to)).await;
    for pool in [source, writer, readers] {
        pool.close().await;
    }
    copied
}

async fn copy(source: &Pool, writer: &Pool, (from, to): (&Location, &Location)) -> Result<Taken, TakingError> {
    let mut snapshot = source.snapshot().await?;
    let rows = &mut snapshot.executor();
    let mut kept = Kept::all(rows).await?;
    let checkpoints = kept.len() as u64;
    let mut taking = Taking::begin(writer).await?;
    let before = taking.seq();
    let beyond = kept.split_off(kept.partition_point(|kept| kept.size <= row_number(before)));
    if !is_beginning(rows, &taking, &kept).await? {
        return Err(TakingError::Parted { seq: before, from: from.clone(), to: to.clone() });
    }
    // Those that were signed since the last copy as well.
    for kept in &kept {
        taking.checkpoint(kept).await?;
    }
    let mut beyond = beyond.into_iter().peekable();
    let mut events = audit::events(rows, row_number(before));
    while let Some(row) = events.try_next().await? {
        let (link, this, bytes) = row.parts();
        taking.event(&link, &this, &bytes).await?;
        while let Some(kept) = beyond.next_if(|kept| kept.size.unsigned_abs() == taking.seq()) {
            kept.hold(taking.edge())?;
            taking.checkpoint(&kept).await?;
        }
        if taking.seq().is_multiple_of(AT_ONCE) {
            taking.commit().await?;
            taking = Taking::begin(writer).await?;
        }
    }
    if let Some(longer) = beyond.next() {
        let found = format!("the log has {} events", taking.seq());
        return Err(TakingError::Checkpoint { size: longer.size, found });
    }
    drop(events);
    for plaintext in Plaintext::all(rows).await? {
        taking.plaintext(&plaintext).await?;
    }
    taking.hold_plaintexts().await?;
    let edge = taking.edge().clone();
    taking.commit().await?;
    // As it is read there from now on.
    tree::hold(&mut writer.acquire().await?.executor(), &edge).await?;
    Ok(Taken { events: edge.size(), new: edge.size() - before, checkpoints, root: edge.root().to_string() })
}

/// Whether the log that `taking` has is the beginning of the one in `rows`; the checkpoints `kept` of that
/// beginning are proven as well.
async fn is_beginning(rows: &mut Rows<'_>, taking: &Taking, kept: &[Kept]) -> Result<bool, TakingError> {
    let (mut walk, mut edge, mut kept) = (Walk::default(), Edge::default(), kept.iter().peekable());
    let mut places = audit::places(rows);
    loop {
        while let Some(kept) = kept.next_if(|kept| kept.size.unsigned_abs() == edge.size()) {
            kept.hold(&edge)?;
        }
        if walk.seq() == taking.seq() {
            return Ok(walk.head() == taking.head() && edge == *taking.edge());
        }
        let Some(row) = places.try_next().await? else { return Ok(false) };
        let (link, this, _) = row.parts();
        walk.step(&link, &this, None)?;
        edge.push(link.leaf_of(&this).hash().map_err(StoreError::from)?);
    }
}
