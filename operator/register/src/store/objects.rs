//! Writes of objects of item 7 that the factory did not build: what owners submit, what the regulator decides, and
//! the entry that follows. They stand in a table of their own, so nothing that reads submissions, and no permit,
//! sees them. Contacts of people are kept beside the log, which has commitments to them.

mod read;

use factory_assurance::{canonical, dsse::Envelope, object::Object, wire::Procedure};
use factory_crds::state_service::ProtectionContact;

use super::{
    Store, StoreError, WriteError, Written,
    announce::new_id,
    both::on,
    plaintexts::Plaintext,
    read::{parse_state, state_name},
    writing::Writing,
};
use crate::log::event::{
    ContactsForgotten, Event, ObjectConfirmed, ObjectEntered, ObjectReturned, ObjectTaken, Sealed,
};

pub use read::{Held, Person};

/// Why nothing was done with an object.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// No object has this id.
    #[error("no object was submitted under the id `{0}`")]
    Unknown(String),
    /// The factory tests it.
    #[error(
        "name: {0}/{1} is tested by the factory, so it is entered by a release and in no other way (items 57, 63.2)"
    )]
    Tested(String, String),
    /// Another submission waits.
    #[error("name: {0}/{1} waits for the regulator already; what was submitted is decided first")]
    Waits(String, String),
    /// It was decided.
    #[error("object {id} is {state:?} already: what was decided stays")]
    Decided {
        /// Id of the submission.
        id: String,
        /// Where it stands.
        state: Procedure,
    },
}

impl Store {
    /// Writes what an owner submits, for `actor`, under `key`; answers its id. The same under the same key is the
    /// same. Contacts in `object` are open; the log commits to them.
    pub async fn submit_object(
        &self,
        actor: &str,
        key: &str,
        mut object: Object,
    ) -> Result<Written<String>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        if let Some(before) = repeated(&mut writing, key, &object).await? {
            return Ok(Written::Before(before));
        }
        may_be_submitted(&mut writing, &object).await?;
        let mut contacts = Vec::new();
        for contact in open_contacts(&mut object) {
            let plaintext = Plaintext::of(std::mem::take(contact))?;
            contact.clone_from(&plaintext.commitment);
            contacts.push(plaintext);
        }
        let id = new_id()?;
        let taken = ObjectTaken { id: id.clone(), key: key.to_owned(), object };
        writing.append(&Sealed::of(Event::Object(Box::new(taken)))?).await?;
        for contact in contacts {
            contact.keep(&mut writing.transaction.executor()).await?;
        }
        writing.commit().await?;
        Ok(Written::Now(id))
    }

    /// Sends an object back for `actor` with a `reason`. The same return again changes nothing.
    pub async fn return_object(&self, actor: &str, id: &str, reason: &str) -> Result<Written<()>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        match standing(&mut writing, id).await? {
            (Procedure::Submitted, _) => {}
            (Procedure::Returned, before) if before == reason => return Ok(Written::Before(())),
            (state, _) => return Err(ObjectError::Decided { id: id.to_owned(), state }.into()),
        }
        let made = ObjectReturned { object: id.to_owned(), reason: reason.to_owned() };
        writing.append(&Sealed::of(Event::ObjectReturn(made))?).await?;
        writing.commit().await?;
        Ok(Written::Now(()))
    }

    /// Confirms an object for `actor` with a verified inclusion and makes its `entry`, in one transaction.
    pub async fn confirm_object(
        &self,
        actor: &str,
        inclusion: Envelope,
        entry: ObjectEntered,
    ) -> Result<Written<()>, WriteError> {
        let id = entry.submission.clone();
        let mut writing = Writing::begin(self, actor).await?;
        match standing(&mut writing, &id).await?.0 {
            Procedure::Submitted => {}
            Procedure::Registered => return Ok(Written::Before(())),
            state => return Err(ObjectError::Decided { id, state }.into()),
        }
        // A release may have been submitted under its name since.
        must_not_be_tested(&mut writing, &entry.object).await?;
        let confirmed = ObjectConfirmed { object: id, inclusion };
        writing.append(&Sealed::of(Event::ObjectConfirmation(confirmed))?).await?;
        writing.append(&Sealed::of(Event::ObjectEntry(Box::new(entry)))?).await?;
        writing.commit().await?;
        Ok(Written::Now(()))
    }

    /// Forgets the contacts that came with submission `id`: salts and texts are removed, the commitments in the log
    /// stay and tell nothing.
    pub async fn forget_contacts(&self, actor: &str, id: &str, reason: &str) -> Result<Written<()>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        let kept: i64 = on!(writing.transaction, db => {
            sqlx::query_scalar("SELECT COUNT(*) FROM contacts WHERE source = $1 AND forgotten IS NULL")
                .bind(id)
                .fetch_one(db)
                .await
        })?;
        if kept == 0 {
            return Ok(Written::Before(()));
        }
        let made = ContactsForgotten { of: id.to_owned(), reason: reason.to_owned() };
        writing.append(&Sealed::of(Event::ContactsForgotten(made))?).await?;
        writing.commit().await?;
        // It is committed: that some of its room is still to be swept is no reason to tell otherwise.
        if let Err(error) = self.sweep().await {
            tracing::warn!(%error, submission = id, "forgotten, and the room is not given back yet");
        }
        Ok(Written::Now(()))
    }
}

/// Digest of what was submitted, without contacts: by it the same submission is known again.
pub(super) fn sketch(object: &Object) -> Result<String, StoreError> {
    let mut object = object.clone();
    open_contacts(&mut object).for_each(String::clear);
    Ok(canonical::digest(&object)?)
}

/// Names and contacts of the people of item 17.7.
fn open_contacts(object: &mut Object) -> impl Iterator<Item = &mut String> {
    let people = object.register.protection.iter_mut();
    people.flat_map(|ProtectionContact { position: _, name, email, phone }| [name, email, phone])
}

/// The submission that this repeats; an error where it contradicts one.
async fn repeated(writing: &mut Writing<'_>, key: &str, object: &Object) -> Result<Option<String>, WriteError> {
    let before: Option<(String, String, Vec<u8>)> = on!(writing.transaction, db => {
        sqlx::query_as(
            "SELECT objects.id, objects.sketch, events.bytes FROM objects JOIN events ON events.seq = objects.seq
             WHERE objects.participant = $1 AND objects.key = $2",
        )
        .bind(&object.participant)
        .bind(key)
        .fetch_optional(db)
        .await
    })?;
    let Some((id, before, bytes)) = before else { return Ok(None) };
    let contradicts = || WriteError::Key(key.to_owned());
    if before != sketch(object)? {
        return Err(contradicts());
    }
    let Event::Object(mut taken) = Event::read("object", &bytes).map_err(StoreError::from)? else {
        return Err(contradicts());
    };
    let mut object = object.clone();
    for (commitment, contact) in open_contacts(&mut taken.object).zip(open_contacts(&mut object)) {
        let held: Option<String> = on!(writing.transaction, db => {
            sqlx::query_scalar("SELECT text FROM plaintexts WHERE commitment = $1").bind(&*commitment).fetch_optional(db).await
        })?;
        // What was forgotten contradicts nothing.
        if held.is_some_and(|held| held != *contact) {
            return Err(contradicts());
        }
    }
    Ok(Some(id))
}

async fn may_be_submitted(writing: &mut Writing<'_>, object: &Object) -> Result<(), WriteError> {
    must_not_be_tested(writing, object).await?;
    let waiting: i64 = on!(writing.transaction, db => {
        sqlx::query_scalar("SELECT COUNT(*) FROM objects WHERE participant = $1 AND name = $2 AND state = $3")
            .bind(&object.participant)
            .bind(&object.name)
            .bind(state_name(Procedure::Submitted))
            .fetch_one(db)
            .await
    })?;
    if waiting > 0 {
        return Err(ObjectError::Waits(object.participant.clone(), object.name.clone()).into());
    }
    Ok(())
}

/// Refuses a name under which the factory has tested something: that is entered by a release and in no other way.
async fn must_not_be_tested(writing: &mut Writing<'_>, object: &Object) -> Result<(), WriteError> {
    let tested: i64 = on!(writing.transaction, db => {
        sqlx::query_scalar("SELECT COUNT(*) FROM submissions WHERE participant = $1 AND service = $2")
            .bind(&object.participant)
            .bind(&object.name)
            .fetch_one(db)
            .await
    })?;
    if tested > 0 {
        return Err(ObjectError::Tested(object.participant.clone(), object.name.clone()).into());
    }
    Ok(())
}

async fn standing(writing: &mut Writing<'_>, id: &str) -> Result<(Procedure, String), WriteError> {
    let row: Option<(String, String)> = on!(writing.transaction, db => {
        sqlx::query_as("SELECT state, reason FROM objects WHERE id = $1").bind(id).fetch_optional(db).await
    })?;
    let (state, reason) = row.ok_or_else(|| ObjectError::Unknown(id.to_owned()))?;
    Ok((parse_state(&state)?, reason))
}
