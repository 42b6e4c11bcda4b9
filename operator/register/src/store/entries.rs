//! Reads of the public register: the entry of a service, its history, and the index. An entry that
//! was withdrawn stays in all of them and says so (20 to 22).

use factory_assurance::wire::Withdrawal;
use factory_crds::Text;

use super::{Store, StoreError, both::on, read::unexpected, writing::row_number};
use crate::log::event::{EntryMade, Event, ObjectEntered};

/// Entries in the history of one service.
const HISTORY: i64 = 100;

/// A public entry with its place in the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Number of its event.
    pub seq: u64,
    /// When it came into being, RFC 3339.
    pub time: String,
    /// What it says.
    pub said: Said,
    /// Its withdrawal or exclusion, if it was in force then.
    pub withdrawn: Option<Withdrawal>,
}

/// What an entry says.
#[derive(Clone, Debug)]
pub enum Said {
    /// Of a service that the factory tested.
    Tested(Box<EntryMade>),
    /// Of an object that needed no test by the factory.
    Object(Box<ObjectEntered>),
}

impl Said {
    /// Title in three languages.
    #[must_use]
    pub const fn titles(&self) -> &Text {
        match self {
            Self::Tested(made) => &made.record.titles,
            Self::Object(made) => &made.object.titles,
        }
    }
}

/// One change of the register: a service was entered, withdrawn, or excluded.
#[derive(Clone, Debug)]
pub struct Change {
    /// Number of its event.
    pub seq: u64,
    /// The entry that was made, or withdrawn.
    pub entry: Entry,
    /// The withdrawal, if that is the change.
    pub withdrawal: Option<Withdrawal>,
}

impl Change {
    /// When, RFC 3339.
    #[must_use]
    pub fn time(&self) -> &str {
        self.withdrawal.as_ref().map_or(&self.entry.time, |withdrawal| &withdrawal.at)
    }
}

/// A page of the public index.
#[derive(Clone, Debug)]
pub struct EntryList {
    /// The newest entry of each service, newest first.
    pub entries: Vec<Entry>,
    /// Whether there are older ones.
    pub more: bool,
}

impl Store {
    /// Every entry of a service, the newest first.
    pub async fn entries_of(&self, participant: &str, service: &str) -> Result<Vec<Entry>, StoreError> {
        self.newest(participant, service, HISTORY).await
    }

    /// The newest entry of a service: the one in force, unless it was withdrawn.
    pub async fn entry_of(&self, participant: &str, service: &str) -> Result<Option<Entry>, StoreError> {
        Ok(self.newest(participant, service, 1).await?.pop())
    }

    async fn newest(&self, participant: &str, service: &str, most: i64) -> Result<Vec<Entry>, StoreError> {
        let seqs: Vec<i64> = on!(self.readers, db => {
            sqlx::query_scalar(
                "SELECT seq FROM entries WHERE participant = $1 AND service = $2 ORDER BY seq DESC LIMIT $3",
            )
            .bind(participant)
            .bind(service)
            .bind(most)
            .fetch_all(db)
            .await
        })?;
        self.entries(&seqs).await
    }

    /// The newest entries of services that contain every word of `search`, newest first, older than
    /// `before`; what stood there when the log had `as_of` events, or stands there now.
    pub async fn index(
        &self,
        search: &str,
        before: Option<u64>,
        as_of: Option<u64>,
        most: u32,
    ) -> Result<EntryList, StoreError> {
        let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
        let words = serde_json::to_string(&words).map_err(|error| StoreError::Row(error.to_string()))?;
        let lacks_a_word = self.readers.either(
            "SELECT 1 FROM json_each($2) AS word WHERE instr(this.search, word.value) = 0",
            "SELECT 1 FROM jsonb_array_elements_text($2::jsonb) AS word (value) WHERE strpos(this.search, word.value) = 0",
        );
        let query = sqlx::AssertSqlSafe(format!(
            "SELECT seq FROM entries AS this WHERE seq < $1 AND seq <= $4
               AND NOT EXISTS (SELECT 1 FROM entries AS later
                   WHERE later.participant = this.participant AND later.service = this.service AND later.seq > this.seq AND later.seq <= $4)
               AND NOT EXISTS ({lacks_a_word})
             ORDER BY seq DESC LIMIT $3"
        ));
        let mut seqs: Vec<i64> = on!(self.readers, db => {
            sqlx::query_scalar(query)
                .bind(before.map_or(i64::MAX, row_number))
                .bind(words)
                .bind(i64::from(most) + 1)
                .bind(as_of.map_or(i64::MAX, row_number))
                .fetch_all(db)
                .await
        })?;
        let more = super::cut(&mut seqs, most);
        let mut entries = self.entries(&seqs).await?;
        let later = |withdrawn: &mut Withdrawal| as_of.is_some_and(|size| withdrawn.event > size);
        for entry in &mut entries {
            entry.withdrawn.take_if(later);
        }
        Ok(EntryList { entries, more })
    }

    /// What became of the entries, newest first, at most `most` changes older than `before`; and whether
    /// there are older ones.
    pub async fn public_changes(&self, before: Option<u64>, most: u32) -> Result<(Vec<Change>, bool), StoreError> {
        let mut rows: Vec<(i64, i64)> = on!(self.readers, db => {
            sqlx::query_as(
                "SELECT seq, entry FROM (
                     SELECT seq, seq AS entry FROM entries UNION ALL
                     SELECT seq, entry FROM withdrawals) AS changes
                 WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
            )
            .bind(before.map_or(i64::MAX, row_number))
            .bind(i64::from(most) + 1)
            .fetch_all(db)
            .await
        })?;
        let more = super::cut(&mut rows, most);
        let mut changes = Vec::with_capacity(rows.len());
        for (seq, entry) in rows {
            let entry = self.entry(entry.unsigned_abs()).await?;
            let withdrawal = entry.withdrawn.clone().filter(|withdrawal| withdrawal.event == seq.unsigned_abs());
            changes.push(Change { seq: seq.unsigned_abs(), entry, withdrawal });
        }
        Ok((changes, more))
    }

    /// The entry with this number.
    pub async fn entry(&self, seq: u64) -> Result<Entry, StoreError> {
        let seq = row_number(seq);
        let (time, said) = match self.event(seq).await? {
            (time, Event::Entry(made)) => (time, Said::Tested(made)),
            (time, Event::ObjectEntry(made)) => (time, Said::Object(made)),
            (_, other) => return Err(unexpected(seq, &other)),
        };
        Ok(Entry { seq: seq.unsigned_abs(), time, said, withdrawn: self.withdrawal_of(seq).await? })
    }

    async fn entries(&self, seqs: &[i64]) -> Result<Vec<Entry>, StoreError> {
        let mut entries = Vec::with_capacity(seqs.len());
        for seq in seqs {
            entries.push(self.entry(seq.unsigned_abs()).await?);
        }
        Ok(entries)
    }

    async fn withdrawal_of(&self, entry: i64) -> Result<Option<Withdrawal>, StoreError> {
        let row: Option<(i64, String, String, Option<String>)> = on!(self.readers, db => {
            sqlx::query_as(
                "SELECT withdrawals.seq, events.time, withdrawals.reason, withdrawals.item FROM withdrawals
                 JOIN events ON events.seq = withdrawals.seq WHERE withdrawals.entry = $1",
            )
            .bind(entry)
            .fetch_optional(db)
            .await
        })?;
        Ok(row.map(|(seq, at, reason, item)| Withdrawal { at, reason, event: seq.unsigned_abs(), item }))
    }
}
