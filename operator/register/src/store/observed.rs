//! What was observed of launched services, day by day.

use super::{
    Store, StoreError, WriteError,
    both::{Rows, changed, on},
    views::{View, one},
    writing::Writing,
};
use crate::{
    log::event::{DayObserved, Event, Sealed},
    observed::{Day, Minutes},
};

/// The view.
pub(super) const VIEW: View = (
    "observed",
    &["day", "participant", "service", "measured", "up", "longest_down", "seq"],
    &["day", "participant", "service"],
);

impl Store {
    /// Participant and name of each service that is in force, and when it was entered first (RFC 3339).
    pub async fn launched(&self) -> Result<Vec<(String, String, String)>, StoreError> {
        let query = "SELECT entries.participant, entries.service, MIN(events.time) FROM entries
             JOIN events ON events.seq = entries.seq
             GROUP BY entries.participant, entries.service
             HAVING MAX(entries.seq) NOT IN (SELECT entry FROM withdrawals)
             ORDER BY entries.participant, entries.service";
        Ok(on!(self.readers, db => sqlx::query_as(query).fetch_all(db).await)?)
    }

    /// Participant and name of each service of which something is known on this day.
    pub async fn observed_on(&self, day: &str) -> Result<Vec<(String, String)>, StoreError> {
        let query = "SELECT participant, service FROM observed WHERE day = $1";
        Ok(on!(self.readers, db => sqlx::query_as(query).bind(day).fetch_all(db).await)?)
    }

    /// What is known of a service from this day on.
    pub async fn observed(&self, participant: &str, service: &str, from: &str) -> Result<Vec<Day>, StoreError> {
        let query = "SELECT day, measured, up, longest_down, seq FROM observed
             WHERE participant = $1 AND service = $2 AND day >= $3 ORDER BY day";
        let rows: Vec<(String, i64, i64, i64, i64)> = on!(self.readers, db => {
            sqlx::query_as(query).bind(participant).bind(service).bind(from).fetch_all(db).await
        })?;
        let minutes = |number: i64| u32::try_from(number).map_err(|error| StoreError::Row(error.to_string()));
        rows.into_iter()
            .map(|(day, measured, up, longest_down, seq)| {
                let counted =
                    Minutes { measured: minutes(measured)?, up: minutes(up)?, longest_down: minutes(longest_down)? };
                Ok(Day { day, minutes: Some(counted), event: Some(seq.unsigned_abs()) })
            })
            .collect()
    }

    /// Writes what was observed on a day, for `actor`; whether anything of it was new. What is known stays.
    pub async fn observe(&self, actor: &str, mut made: DayObserved) -> Result<bool, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        let query = "SELECT participant, service FROM observed WHERE day = $1";
        let known: Vec<(String, String)> =
            on!(writing.transaction, db => sqlx::query_as(query).bind(&made.day).fetch_all(db).await)
                .map_err(StoreError::from)?;
        made.services
            .retain(|service| !known.iter().any(|(of, name)| (of, name) == (&service.participant, &service.service)));
        if made.services.is_empty() {
            return Ok(false);
        }
        writing.append(&Sealed::of(Event::Observed(Box::new(made))).map_err(StoreError::from)?).await?;
        writing.commit().await?;
        Ok(true)
    }
}

/// The rows that follow from the event.
pub(super) async fn made(rows: &mut Rows<'_>, seq: i64, made: &DayObserved) -> Result<(), StoreError> {
    for service in &made.services {
        one(changed!(
            rows,
            sqlx::query(
                "INSERT INTO observed (day, participant, service, measured, up, longest_down, seq)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(&made.day)
            .bind(&service.participant)
            .bind(&service.service)
            .bind(i64::from(service.minutes.measured))
            .bind(i64::from(service.minutes.up))
            .bind(i64::from(service.minutes.longest_down))
            .bind(seq)
        )?)?;
    }
    Ok(())
}
