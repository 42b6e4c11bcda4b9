//! Participants of the ecosystem (14), as far as the log knows them: whoever has an entry, and whom the regulator
//! granted access.

use factory_crds::state_service::{Owner, register_data::OwnerRole};

use super::{Entry, Said, Store, StoreError, both::on, membership::Standing, read::unexpected};
use crate::log::event::Event;

/// Entries of one participant that are read for its names and parts.
const MOST: i64 = 200;

/// A participant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Participant {
    /// Name: the namespace of its manifests.
    pub participant: String,
    /// As its entries in force name it, each name once, the newest first: name and number of registration.
    pub names: Vec<(String, String)>,
    /// Its parts in those entries (17.1), in the order of the item.
    pub roles: Vec<OwnerRole>,
    /// Who reports for it, by whose delegation (63.2), each once.
    pub reported_by: Vec<String>,
    /// State services in force.
    pub services: u32,
    /// Other objects in force.
    pub objects: u32,
    /// Organisation, its number of registration, and when access was granted (RFC 3339); none where the register knows
    /// of no request.
    pub access: Option<(String, String, String)>,
}

impl Store {
    /// Participants after `after` in the order of their names, at most `most` of them; and whether there are more.
    pub async fn known_participants(&self, after: &str, most: u32) -> Result<(Vec<Participant>, bool), StoreError> {
        let mut names: Vec<String> = on!(self.readers, db => {
            sqlx::query_scalar(
                "SELECT participant FROM (SELECT participant FROM entries
                     UNION SELECT participant FROM access_requests WHERE state = $1) AS known
                 WHERE participant > $2 ORDER BY participant LIMIT $3",
            )
            .bind(Standing::Granted.row())
            .bind(after)
            .bind(i64::from(most) + 1)
            .fetch_all(db)
            .await
        })?;
        let more = super::cut(&mut names, most);
        let mut known = Vec::with_capacity(names.len());
        for participant in names {
            known.push(self.known(participant).await?);
        }
        Ok((known, more))
    }

    async fn known(&self, participant: String) -> Result<Participant, StoreError> {
        let seqs: Vec<i64> = on!(self.readers, db => {
            sqlx::query_scalar(
                "SELECT seq FROM entries AS this WHERE participant = $1
                   AND NOT EXISTS (SELECT 1 FROM entries AS later WHERE later.participant = this.participant
                       AND later.service = this.service AND later.seq > this.seq)
                   AND NOT EXISTS (SELECT 1 FROM withdrawals WHERE withdrawals.entry = this.seq)
                 ORDER BY seq DESC LIMIT $2",
            )
            .bind(&participant)
            .bind(MOST)
            .fetch_all(db)
            .await
        })?;
        let access = self.granted(&participant).await?;
        let mut known = Participant { participant, access, ..Participant::default() };
        for seq in seqs {
            known.add(self.entry(seq.unsigned_abs()).await?);
        }
        let order = [OwnerRole::Owner, OwnerRole::Processor, OwnerRole::Supplier];
        known.roles = order.into_iter().filter(|role| known.roles.contains(role)).collect();
        Ok(known)
    }

    /// For which organisation access was granted last, and when.
    async fn granted(&self, participant: &str) -> Result<Option<(String, String, String)>, StoreError> {
        let row: Option<(i64, String)> = on!(self.readers, db => {
            sqlx::query_as(
                "SELECT this.seq, events.time FROM access_requests AS this JOIN events ON events.seq = this.decided
                 WHERE this.participant = $1 AND this.state = $2 ORDER BY this.decided DESC LIMIT 1",
            )
            .bind(participant)
            .bind(Standing::Granted.row())
            .fetch_optional(db)
            .await
        })?;
        let Some((seq, since)) = row else { return Ok(None) };
        match self.event(seq).await? {
            (_, Event::AccessRequest(asked)) => Ok(Some((asked.organisation, asked.registration_number, since))),
            (_, other) => Err(unexpected(seq, &other)),
        }
    }
}

impl Participant {
    /// Adds what an entry says of it.
    fn add(&mut self, entry: Entry) {
        let (owner, reported_by) = match entry.said {
            Said::Tested(made) => {
                self.services += 1;
                (made.record.data.owner, Some(made.record.reported_by))
            }
            Said::Object(made) => {
                self.objects += 1;
                (made.object.register.owner, None)
            }
        };
        let Owner { name, registration_number, role } = owner;
        if !self.roles.contains(&role) {
            self.roles.push(role);
        }
        once(&mut self.names, (name, registration_number));
        if let Some(by) = reported_by {
            once(&mut self.reported_by, by);
        }
    }
}

fn once<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}
