//! Reads of standing delegations, for everyone, and of those that a submission may fall within.

use factory_assurance::{
    delegation::{Delegation, Revocation, terms::When},
    dsse::Envelope,
    wire::{Delegated, DelegationStanding, StandingDelegation},
};

use crate::{
    log::event::{DelegationGiven, EntryMade, Event, UnderDelegation},
    store::{Store, StoreError, both::on, read::unexpected, writing::row_number},
};

/// Most delegations in a list.
const MOST: i64 = 1000;

type Row = (String, i64, Option<i64>, i64);

/// The columns of [`Row`].
const COLUMNS: &str = "SELECT this.id, this.seq, this.revocation,
     (SELECT COUNT(*) FROM delegation_uses AS used WHERE used.delegation = this.id) FROM delegations AS this";

impl Store {
    /// The delegation with this id.
    pub async fn delegation(&self, id: &str) -> Result<Option<StandingDelegation>, StoreError> {
        let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE this.id = $1"));
        let row: Option<Row> = on!(self.readers, db => sqlx::query_as(query).bind(id).fetch_optional(db).await)?;
        match row {
            Some(row) => self.standing(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Delegations, the newest first, before event `before`.
    pub async fn delegations(&self, before: Option<u64>, most: u32) -> Result<Vec<StandingDelegation>, StoreError> {
        let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE this.seq < $1 ORDER BY this.seq DESC LIMIT $2"));
        let rows: Vec<Row> = on!(self.readers, db => {
            sqlx::query_as(query)
                .bind(before.map_or(i64::MAX, row_number))
                .bind(i64::from(most).min(MOST))
                .fetch_all(db)
                .await
        })?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            all.push(self.standing(row).await?);
        }
        Ok(all)
    }

    /// Delegations for this service that are in force now, the oldest first.
    pub async fn delegations_for(&self, participant: &str, service: &str) -> Result<Vec<DelegationGiven>, StoreError> {
        let now = format!("{:.3}", self.now());
        let rows: Vec<i64> = on!(self.readers, db => {
            sqlx::query_scalar(
                "SELECT seq FROM delegations WHERE participant = $1 AND (service IS NULL OR service = $2)
                   AND revocation IS NULL AND begins <= $3 AND $3 < ends ORDER BY seq LIMIT $4",
            )
            .bind(participant)
            .bind(service)
            .bind(&now)
            .bind(MOST)
            .fetch_all(db)
            .await
        })?;
        let mut all = Vec::with_capacity(rows.len());
        for seq in rows {
            match self.event(seq).await? {
                (_, Event::Delegation(given)) => all.push(given),
                (_, other) => return Err(unexpected(seq, &other)),
            }
        }
        Ok(all)
    }

    /// What stands in the place of a confirmation of the entry number `entry`; none where a person confirmed it.
    pub(in crate::store) async fn delegated(&self, entry: i64) -> Result<Option<Delegated>, StoreError> {
        let (at, under) = match self.event(entry).await? {
            (_, Event::Entry(made)) => match *made {
                EntryMade { under: Some(under), confirmed_at, .. } => (confirmed_at, under),
                _ => return Ok(None),
            },
            (_, other) => return Err(unexpected(entry, &other)),
        };
        let UnderDelegation { delegation: id, base } = under;
        let query = "SELECT seq FROM delegations WHERE id = $1";
        let seq: i64 = on!(self.readers, db => sqlx::query_scalar(query).bind(&id).fetch_one(db).await)?;
        match self.event(seq).await? {
            (_, Event::Delegation(given)) => Ok(Some(Delegated { id, delegation: given.delegation, base, at })),
            (_, other) => Err(unexpected(seq, &other)),
        }
    }

    async fn standing(&self, (id, seq, revocation, uses): Row) -> Result<StandingDelegation, StoreError> {
        let (given_at, signed, sealed_by) = match self.event(seq).await? {
            (time, Event::Delegation(given)) => (time, given.delegation, given.sealed_by),
            (_, other) => return Err(unexpected(seq, &other)),
        };
        let delegated = read::<Delegation>(&signed)?.predicate;
        let (revoked_at, reason) = match revocation {
            None => (None, String::new()),
            Some(seq) => match self.event(seq).await? {
                (time, Event::Revocation(made)) => (Some(time), read::<Revocation>(&made.revocation)?.predicate.reason),
                (_, other) => return Err(unexpected(seq, &other)),
            },
        };
        let standing = match delegated.terms.when(self.now()) {
            _ if revoked_at.is_some() => DelegationStanding::Revoked,
            When::Before => DelegationStanding::Coming,
            When::Within => DelegationStanding::Standing,
            When::After => DelegationStanding::Ended,
        };
        Ok(StandingDelegation {
            id,
            event: seq.unsigned_abs(),
            terms: delegated.terms,
            given_by: delegated.verifier.office.unwrap_or_default(),
            sealed_by,
            given_at,
            standing,
            revoked_at,
            reason,
            uses: uses.unsigned_abs(),
            signed,
        })
    }
}

/// What was signed: verified when it was taken, and held by the log's hash since.
fn read<T: serde::de::DeserializeOwned>(signed: &Envelope) -> Result<T, StoreError> {
    signed.unchecked().map_err(|error| StoreError::Row(error.to_string()))
}
