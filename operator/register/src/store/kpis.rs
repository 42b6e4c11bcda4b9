//! What the register has of each submission of a month, for the indicators that are computed from it (56.6).

use std::collections::HashMap;

use factory_assurance::wire::Procedure;

use super::{Store, StoreError, both::on, read::parse_state};
use crate::log::event::{Event, ReturnMade, Summary};

/// Most submissions that are looked at for one month.
pub const MOST: u32 = 5_000;

/// A submission with what indicators are computed from.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Id of the submission.
    pub id: String,
    /// Number of its event.
    pub seq: u64,
    /// Id of the announcement before it.
    pub announcement: String,
    /// What the register computed from its dossier.
    pub summary: Summary,
    /// Where it stands.
    pub state: Procedure,
    /// When it came, RFC 3339.
    pub received: String,
    /// Number and time of its entry's event, where there is one.
    pub entry: Option<(u64, String)>,
    /// Number and time of the event that decided it: a confirmation, a return, or an entry under a delegation.
    pub decided: Option<(u64, String)>,
}

/// The same as the database has it: reading the summaries costs time, and is not for an async thread.
#[derive(Debug, sqlx::FromRow)]
pub struct Raw {
    id: String,
    seq: i64,
    announcement: String,
    summary: String,
    state: String,
    received: String,
    entry: Option<i64>,
    entered: Option<String>,
    confirmation: Option<i64>,
    confirmed: Option<String>,
    /// Number and time of its return.
    #[sqlx(skip)]
    returned: Option<(u64, String)>,
}

impl Store {
    /// Submissions that came from `from` on and before `until` (UTC, as the log writes times), the newest
    /// first; and whether these are all.
    pub async fn facts(&self, from: &str, until: &str) -> Result<(Vec<Raw>, bool), StoreError> {
        let query = "SELECT this.id, this.seq, this.announcement, this.summary, this.state, events.time AS received,
                 this.entry, entered.time AS entered, this.confirmation, confirmed.time AS confirmed
             FROM submissions AS this JOIN events ON events.seq = this.seq
             LEFT JOIN events AS entered ON entered.seq = this.entry
             LEFT JOIN events AS confirmed ON confirmed.seq = this.confirmation
             WHERE events.time >= $1 AND events.time < $2 ORDER BY this.seq DESC LIMIT $3";
        let most = i64::from(MOST);
        let mut rows: Vec<Raw> = on!(self.readers, db => {
            sqlx::query_as(query).bind(from).bind(until).bind(most + 1).fetch_all(db).await
        })?;
        let all = rows.len() <= MOST as usize;
        rows.truncate(MOST as usize);
        let mut returns = self.returns(from).await?;
        for row in &mut rows {
            row.returned = returns.remove(&row.id);
        }
        Ok((rows, all))
    }

    /// Number and time of each return from `from` on, by the submission.
    async fn returns(&self, from: &str) -> Result<HashMap<String, (u64, String)>, StoreError> {
        let query = "SELECT seq, time, bytes FROM events WHERE kind = 'return' AND time >= $1 ORDER BY seq";
        let rows: Vec<(i64, String, Vec<u8>)> =
            on!(self.readers, db => sqlx::query_as(query).bind(from).fetch_all(db).await)?;
        let mut returns = HashMap::new();
        for (seq, time, bytes) in rows {
            if let Event::Return(ReturnMade { submission, .. }) = Event::read("return", &bytes)? {
                returns.insert(submission, (seq.unsigned_abs(), time));
            }
        }
        Ok(returns)
    }

    /// The standard, `<name>@<version>`, in the column `summary` of submissions, as an expression of the database.
    pub(super) const fn standard_of_summary(&self) -> &'static str {
        // PostgreSQL reads no document in which a zero character stands, and a service under test may have said one.
        self.readers.either(
            "json_extract(summary, '$.standard')",
            "(replace(summary, '\\u0000', '\\ufffd')::jsonb ->> 'standard')",
        )
    }

    /// Ids of the announcements before the newest submission of each standard by which anything was judged, at
    /// most `most`.
    pub async fn newest_announcements(&self, most: u32) -> Result<Vec<String>, StoreError> {
        let standard = self.standard_of_summary();
        let query = sqlx::AssertSqlSafe(format!(
            "SELECT announcement FROM submissions WHERE seq IN
                 (SELECT MAX(seq) FROM submissions GROUP BY {standard}) ORDER BY seq DESC LIMIT $1"
        ));
        Ok(on!(self.readers, db => sqlx::query_scalar(query).bind(i64::from(most)).fetch_all(db).await)?)
    }
}

impl Raw {
    /// What it says.
    pub fn read(self) -> Result<Fact, StoreError> {
        let summary = serde_json::from_str(&self.summary).map_err(|error| StoreError::Row(error.to_string()))?;
        let entry = self.entry.map(i64::unsigned_abs).zip(self.entered);
        let confirmed = self.confirmation.map(i64::unsigned_abs).zip(self.confirmed);
        Ok(Fact {
            decided: confirmed.or(self.returned).or_else(|| entry.clone()),
            id: self.id,
            seq: self.seq.unsigned_abs(),
            announcement: self.announcement,
            summary,
            state: parse_state(&self.state)?,
            received: self.received,
            entry,
        })
    }
}
