//! Indicators of launched services by month, as a source of the administrator's had them (56.6).

use super::{
    Store, StoreError, WriteError,
    both::{Rows, changed, on},
    views::{View, one},
    writing::{Writing, row_number},
};
use crate::log::event::{Event, IndicatorMeasured, Sealed, ServiceMeasured};

/// The view.
pub(super) const VIEW: View = (
    "measured",
    &["period", "standard", "indicator", "participant", "service", "submission", "millionths", "seq"],
    &["period", "standard", "indicator", "participant", "service"],
);

/// A value that is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// `<name>@<version>` of the standard that defines the indicator.
    pub standard: String,
    /// Name of the indicator.
    pub indicator: String,
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// Submission by which it was entered.
    pub submission: String,
    /// In millionths of the indicator's unit.
    pub millionths: u64,
    /// Number of the event that says so.
    pub event: u64,
    /// When that was written, RFC 3339.
    pub at: String,
}

type Row = (String, String, String, String, String, i64, i64, String);

impl Store {
    /// What is known of a month, in the order of standard, indicator and service.
    pub async fn measured(&self, period: &str) -> Result<Vec<Measured>, StoreError> {
        let query =
            "SELECT standard, indicator, participant, service, submission, millionths, measured.seq, events.time
             FROM measured JOIN events ON events.seq = measured.seq WHERE period = $1
             ORDER BY standard, indicator, participant, service";
        let rows: Vec<Row> = on!(self.readers, db => sqlx::query_as(query).bind(period).fetch_all(db).await)?;
        let read = |(standard, indicator, participant, service, submission, millionths, seq, at): Row| Measured {
            standard,
            indicator,
            participant,
            service,
            submission,
            millionths: millionths.unsigned_abs(),
            event: seq.unsigned_abs(),
            at,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Writes what was measured over a month, for `actor`; whether anything of it was new. What is known stays.
    pub async fn measure(&self, actor: &str, mut made: IndicatorMeasured) -> Result<bool, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        let query = "SELECT participant, service FROM measured WHERE period = $1 AND standard = $2 AND indicator = $3";
        let known: Vec<(String, String)> = on!(writing.transaction, db => {
            sqlx::query_as(query).bind(&made.period).bind(&made.standard).bind(&made.indicator).fetch_all(db).await
        })?;
        made.services
            .retain(|service| !known.iter().any(|(of, name)| (of, name) == (&service.participant, &service.service)));
        if made.services.is_empty() {
            return Ok(false);
        }
        writing.append(&Sealed::of(Event::Measured(Box::new(made)))?).await?;
        writing.commit().await?;
        Ok(true)
    }
}

/// The rows that follow from the event.
pub(super) async fn made(rows: &mut Rows<'_>, seq: i64, made: &IndicatorMeasured) -> Result<(), StoreError> {
    let IndicatorMeasured { period, standard, indicator, services, .. } = made;
    for ServiceMeasured { participant, service, submission, millionths } in services {
        one(changed!(
            rows,
            sqlx::query(
                "INSERT INTO measured (period, standard, indicator, participant, service, submission, millionths, seq)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(period)
            .bind(standard)
            .bind(indicator)
            .bind(participant)
            .bind(service)
            .bind(submission)
            .bind(row_number(*millionths))
            .bind(seq)
        )?)?;
    }
    Ok(())
}
