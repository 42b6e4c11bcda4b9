//! Reads of objects: for the regulator those that wait and all others, for an owner its own. Each contact is held
//! against its commitment before it is shown.

use factory_assurance::{object::Object, wire::Procedure};
use factory_crds::state_service::ProtectionContact;

use crate::{
    log::event::Event,
    store::{
        Store, StoreError,
        both::on,
        plaintexts::Plaintext,
        read::{parse_state, state_name, unexpected},
        writing::row_number,
    },
};

/// Most objects in a list.
const MOST: i64 = 1000;

/// An object that was submitted.
#[derive(Clone, Debug)]
pub struct Held {
    /// Number of the event by which it came.
    pub seq: u64,
    /// Id of the submission.
    pub id: String,
    /// What was submitted; contacts are commitments.
    pub object: Object,
    /// User name of whoever submitted it.
    pub submitted_by: String,
    /// When it came, RFC 3339.
    pub received: String,
    /// Where it stands.
    pub state: Procedure,
    /// Reason of a return or of its end; empty otherwise.
    pub reason: String,
}

/// Someone responsible for protection (17.7). What was forgotten is none.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Position, which is public.
    pub position: String,
    /// Name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
}

type Row = (i64, String, String, String);

impl Store {
    /// The object with this id.
    pub async fn object(&self, id: &str) -> Result<Option<Held>, StoreError> {
        let row: Option<Row> = on!(self.readers, db => {
            sqlx::query_as("SELECT seq, id, state, reason FROM objects WHERE id = $1").bind(id).fetch_optional(db).await
        })?;
        match row {
            Some(row) => self.held(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Objects, the newest first, before event `before`; of one `participant` unless it is empty.
    pub async fn objects(&self, participant: &str, before: Option<u64>, most: u32) -> Result<Vec<Held>, StoreError> {
        let rows: Vec<Row> = on!(self.readers, db => {
            sqlx::query_as(
                "SELECT seq, id, state, reason FROM objects WHERE ($1 = '' OR participant = $1) AND seq < $2
                 ORDER BY seq DESC LIMIT $3",
            )
            .bind(participant)
            .bind(before.map_or(i64::MAX, row_number))
            .bind(i64::from(most).min(MOST))
            .fetch_all(db)
            .await
        })?;
        self.all_held(rows).await
    }

    /// Objects that wait for the regulator, the oldest first; of one `participant` unless it is empty.
    pub async fn waiting_objects(&self, participant: &str) -> Result<Vec<Held>, StoreError> {
        let rows: Vec<Row> = on!(self.readers, db => {
            sqlx::query_as("SELECT seq, id, state, reason FROM objects WHERE state = $1 AND ($2 = '' OR participant = $2)
                 ORDER BY seq LIMIT $3")
                .bind(state_name(Procedure::Submitted))
                .bind(participant)
                .bind(MOST)
                .fetch_all(db)
                .await
        })?;
        self.all_held(rows).await
    }

    /// The people of an object with their contacts.
    pub async fn people(&self, object: &Object) -> Result<Vec<Person>, StoreError> {
        let mut people = Vec::with_capacity(object.register.protection.len());
        for ProtectionContact { position, name, email, phone } in &object.register.protection {
            let position = position.clone();
            let (name, email, phone) = (self.opened(name).await?, self.opened(email).await?, self.opened(phone).await?);
            people.push(Person { position, name, email, phone });
        }
        Ok(people)
    }

    /// The text that was committed to, unless it was forgotten.
    pub(in crate::store) async fn opened(&self, commitment: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(String, String)> = on!(self.readers, db => {
            sqlx::query_as("SELECT salt, text FROM plaintexts WHERE commitment = $1").bind(commitment).fetch_optional(db).await
        })?;
        row.map(|(salt, text)| Plaintext::opened(commitment, &salt, text)).transpose()
    }

    async fn all_held(&self, rows: Vec<Row>) -> Result<Vec<Held>, StoreError> {
        let mut held = Vec::with_capacity(rows.len());
        for row in rows {
            held.push(self.held(row).await?);
        }
        Ok(held)
    }

    async fn held(&self, (seq, id, state, reason): Row) -> Result<Held, StoreError> {
        let act = self.act(seq).await?;
        let Event::Object(taken) = act.event else { return Err(unexpected(seq, &act.event)) };
        let (submitted_by, received, state) = (act.actor, act.time, parse_state(&state)?);
        Ok(Held { seq: act.seq, id, object: taken.object, submitted_by, received, state, reason })
    }
}
