//! The register in numbers: counts over its views, for everyone.

use std::collections::BTreeMap;

use factory_assurance::wire::Procedure;

use super::{Store, StoreError, both::on, read::state_name};
use crate::pages::day;

/// Counts of entries and withdrawals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Services whose newest entry is in force.
    pub in_force: u64,
    /// Participants with such a service.
    pub participants: u64,
    /// Entries and withdrawals of each month, `YYYY-MM` by the clock of Bishkek.
    pub months: BTreeMap<String, (u64, u64)>,
    /// Releases in force by `<name>@<version>` of the standard that judged them.
    pub standards: Vec<(String, u64)>,
    /// For each of the newest entries, when its submission came and when it was made (RFC 3339).
    pub terms: Vec<(String, String)>,
}

/// Entries whose term is counted.
const TERMS: i64 = 10_000;

impl Store {
    /// Counts everything.
    pub async fn statistics(&self) -> Result<Counts, StoreError> {
        let registered = state_name(Procedure::Registered);
        let (in_force, participants): (i64, i64) = on!(self.readers, db => {
            sqlx::query_as(
                "SELECT COUNT(*), COUNT(DISTINCT participant) FROM
                     (SELECT DISTINCT participant, service FROM submissions WHERE state = $1) AS in_force",
            )
            .bind(registered)
            .fetch_one(db)
            .await
        })?;
        let standard = self.standard_of_summary();
        let query = sqlx::AssertSqlSafe(format!(
            "SELECT {standard} AS standard, COUNT(*) FROM submissions WHERE state = $1 GROUP BY {standard} ORDER BY 2 DESC, 1"
        ));
        let standards: Vec<(String, i64)> =
            on!(self.readers, db => sqlx::query_as(query).bind(registered).fetch_all(db).await)?;
        let terms = on!(self.readers, db => {
            sqlx::query_as(
                "SELECT events.time, entered.time FROM submissions AS this JOIN events ON events.seq = this.seq
                 JOIN events AS entered ON entered.seq = this.entry ORDER BY this.entry DESC LIMIT $1",
            )
            .bind(TERMS)
            .fetch_all(db)
            .await
        })?;
        Ok(Counts {
            in_force: in_force.unsigned_abs(),
            participants: participants.unsigned_abs(),
            months: self.months().await?,
            standards: standards.into_iter().map(|(standard, count)| (standard, count.unsigned_abs())).collect(),
            terms,
        })
    }

    /// Bishkek's clock is whole hours ahead, so hours of the log are counted and put into its months.
    async fn months(&self) -> Result<BTreeMap<String, (u64, u64)>, StoreError> {
        let mut months: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (table, entries) in [("entries", true), ("withdrawals", false)] {
            let query = sqlx::AssertSqlSafe(format!(
                "SELECT substr(events.time, 1, 13) AS hour, COUNT(*) FROM {table} AS this
                 JOIN events ON events.seq = this.seq GROUP BY 1"
            ));
            let hours: Vec<(String, i64)> = on!(self.readers, db => sqlx::query_as(query).fetch_all(db).await)?;
            for (hour, count) in hours {
                let month = day(&format!("{hour}:00:00Z")).chars().take(7).collect();
                let counted = months.entry(month).or_default();
                *(if entries { &mut counted.0 } else { &mut counted.1 }) += count.unsigned_abs();
            }
        }
        Ok(months)
    }
}
