//! The rows that runs build on: one query reads those of all risks of a plan, and one statement writes those of a dossier,
//! since nobody else writes meanwhile.

use std::collections::HashMap;

use factory_assurance::{plan::history::Kept, risk::Repetition};

use super::Wanted;
use crate::{
    log::event::Summary,
    store::{
        StoreError,
        both::{Rows, changed, on},
        writing::row_number,
    },
};

/// Risk, number of the dossier's event, digest of the dossier, recovery, lost service.
type Row = (String, i64, String, Option<i64>, i64);

/// The newest repetitions of each risk that is wanted, the oldest of them first; the risks as they are wanted.
pub(super) async fn newest(rows: &mut Rows<'_>, wanted: &Wanted) -> Result<Vec<(String, Vec<Kept>)>, StoreError> {
    let Wanted { participant, service, risks, most } = wanted;
    let listed = rows.either("json_each($3) AS this", "jsonb_array_elements_text($3::jsonb) AS this (value)");
    // Of each risk nothing older is read than the dossier with the last of them that counts.
    let query = sqlx::AssertSqlSafe(format!(
        "WITH wanted AS MATERIALIZED (
             SELECT this.value AS risk, COALESCE(
                 (SELECT kept.seq FROM repetitions AS kept
                  WHERE kept.participant = $1 AND kept.service = $2 AND kept.risk = this.value
                  ORDER BY kept.seq DESC, kept.place DESC LIMIT 1 OFFSET $4), 0) AS since
             FROM {listed})
         SELECT found.risk, found.seq, found.dossier, found.recovery_ms, found.lost_ms
         FROM wanted CROSS JOIN repetitions AS found
         WHERE found.participant = $1 AND found.service = $2 AND found.risk = wanted.risk AND found.seq >= wanted.since
         ORDER BY found.seq, found.place"
    ));
    let found: Vec<Row> = on!(rows, db => {
        sqlx::query_as(query)
            .bind(participant)
            .bind(service)
            .bind(json(risks)?)
            .bind(i64::from(most.saturating_sub(1)))
            .fetch_all(db)
            .await
    })?;
    let mut kept: HashMap<String, Vec<Kept>> = HashMap::new();
    for (risk, seq, dossier, recovery_ms, lost_ms) in found {
        let (recovery_ms, lost_ms) = (recovery_ms.map(i64::unsigned_abs), lost_ms.unsigned_abs());
        kept.entry(risk).or_default().push(Kept { place: seq.unsigned_abs(), dossier, recovery_ms, lost_ms });
    }
    let of = |risk: &String| {
        let mut kept = kept.remove(risk).unwrap_or_default();
        // One dossier may have several of a risk, and the oldest that counts may be among them.
        kept.drain(..kept.len().saturating_sub(*most as usize));
        (risk.clone(), kept)
    };
    Ok(risks.iter().map(of).collect())
}

/// Writes the rows that follow from the dossier number `seq`.
pub(in crate::store) async fn taken(
    rows: &mut Rows<'_>,
    seq: i64,
    summary: &Summary,
    repetitions: &[Repetition],
) -> Result<(), StoreError> {
    if repetitions.is_empty() {
        return Ok(());
    }
    let figures = |one: &Repetition| (one.risk.clone(), one.recovery_ms.map(row_number), row_number(one.lost_ms));
    let figures: Vec<(String, Option<i64>, i64)> = repetitions.iter().map(figures).collect();
    let query = rows.either(
        "INSERT INTO repetitions (participant, service, seq, dossier, place, risk, recovery_ms, lost_ms)
         SELECT $1, $2, $3, $4, this.key,
             json_extract(this.value, '$[0]'), json_extract(this.value, '$[1]'), json_extract(this.value, '$[2]')
         FROM json_each($5) AS this",
        "INSERT INTO repetitions (participant, service, seq, dossier, place, risk, recovery_ms, lost_ms)
         SELECT $1, $2, $3, $4, this.key - 1, this.value ->> 0, (this.value ->> 1)::bigint, (this.value ->> 2)::bigint
         FROM jsonb_array_elements($5::jsonb) WITH ORDINALITY AS this (value, key)",
    );
    let written = changed!(
        rows,
        sqlx::query(query)
            .bind(&summary.subject.participant)
            .bind(&summary.subject.service)
            .bind(seq)
            .bind(&summary.dossier)
            .bind(json(&figures)?)
    )?;
    if written == repetitions.len() as u64 {
        return Ok(());
    }
    Err(StoreError::Row(format!("a dossier should add {} repetitions and added {written}", repetitions.len())))
}

fn json(list: &(impl serde::Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(list).map_err(|error| StoreError::Row(error.to_string()))
}

#[cfg(test)]
mod tests {
    use factory_assurance::sample;

    use super::*;
    use crate::store::sqlite;

    fn repetition(risk: &str, lost_ms: u64) -> Repetition {
        let recovery_ms = lost_ms.is_multiple_of(2).then_some(lost_ms);
        Repetition { phase: risk.to_owned(), risk: risk.to_owned(), recovery_ms, lost_ms }
    }

    fn summary(service: &str, seq: i64) -> Summary {
        let mut result = sample::passing();
        service.clone_into(&mut result.subject.service);
        Summary {
            subject: result.subject,
            bundle: String::new(),
            standard: String::new(),
            dossier: format!("sha256:{seq}"),
            attempt: 1,
            verdict: result.verdict,
            missing: Vec::new(),
        }
    }

    /// Lost service of each repetition that was found, by risk.
    async fn found(rows: &mut Rows<'_>, risks: &[&str], most: u32) -> Vec<(String, Vec<u64>)> {
        let participant = sample::passing().subject.participant;
        let risks = risks.iter().map(|risk| (*risk).to_owned()).collect();
        let wanted = Wanted { participant, service: "ours".to_owned(), risks, most };
        let kept = newest(rows, &wanted).await.unwrap();
        for one in kept.iter().flat_map(|(_, kept)| kept) {
            assert_eq!(one.dossier, format!("sha256:{}", one.place));
            assert_eq!(one.recovery_ms, one.lost_ms.is_multiple_of(2).then_some(one.lost_ms));
        }
        kept.into_iter().map(|(risk, kept)| (risk, kept.iter().map(|one| one.lost_ms).collect())).collect()
    }

    #[tokio::test]
    async fn of_each_risk_the_newest_are_found_in_the_order_of_the_log_and_of_their_dossier() {
        let scratch = sqlite::scratch().await.unwrap();
        let mut writing = scratch.write().await.unwrap();
        let rows = &mut writing.executor();
        // Two phases of a risk in each run, and another risk in some.
        let runs: [(i64, &str, &[(&str, u64)]); 5] = [
            (3, "ours", &[("often", 1), ("seldom", 2), ("often", 3)]),
            (5, "ours", &[("often", 4), ("often", 5)]),
            (6, "another", &[("often", 90), ("seldom", 91)]),
            (7, "ours", &[]),
            (8, "ours", &[("often", u64::MAX), ("seldom", 8)]),
        ];
        for (seq, service, all) in runs {
            let all: Vec<Repetition> = all.iter().map(|(risk, lost_ms)| repetition(risk, *lost_ms)).collect();
            taken(rows, seq, &summary(service, seq), &all).await.unwrap();
        }
        let large = i64::MAX.unsigned_abs();
        let all: [(u32, &[u64], &[u64]); 6] = [
            (0, &[], &[]),
            (1, &[large], &[8]),
            (2, &[5, large], &[2, 8]),
            (3, &[4, 5, large], &[2, 8]),
            (4, &[3, 4, 5, large], &[2, 8]),
            (30, &[1, 3, 4, 5, large], &[2, 8]),
        ];
        for (most, often, seldom) in all {
            let want = [("seldom", seldom), ("never", &[][..]), ("often", often)];
            let want: Vec<_> = want.iter().map(|(risk, lost)| ((*risk).to_owned(), lost.to_vec())).collect();
            assert_eq!(found(rows, &["seldom", "never", "often"], most).await, want, "{most}");
        }
        assert_eq!(found(rows, &[], 30).await, []);
        let twice = taken(rows, 8, &summary("ours", 8), &[repetition("often", 1)]).await;
        assert!(matches!(twice, Err(StoreError::Database(_))), "{twice:?}");
    }
}
