//! What the form of an owner sends: texts, one a field, or one a line. Nothing in it is judged but what cannot be
//! said as an [`Object`].

use factory_assurance::object::{Basis, Evidence, Object, ObjectKind};
use factory_crds::{
    Text,
    state_service::{Availability, Formats, Owner, ProtectionContact, RegisterData, register_data::OwnerRole},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use crate::intake::IntakeError;

/// The fields. One that a browser left out is empty.
#[allow(missing_docs, reason = "the names are those of the document that they become")]
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ObjectForm {
    /// Token for the register; it never comes back to the page.
    pub token: String,
    /// Number of the form: the idempotency key.
    pub form: String,
    pub participant: String,
    pub name: String,
    pub kind: String,
    pub basis: String,
    pub explanation: String,
    pub title_ky: String,
    pub title_ru: String,
    pub title_en: String,
    pub host: String,
    pub owner_name: String,
    pub owner_number: String,
    pub owner_role: String,
    pub users: String,
    pub used_in: String,
    pub interacts_with: String,
    pub methods: String,
    pub results: String,
    pub person_position: String,
    pub person_name: String,
    pub person_email: String,
    pub person_phone: String,
    pub downtime: String,
    pub recovery: String,
    pub simultaneous: String,
    pub data_formats: String,
    pub interfaces: String,
    /// One document a line: digest, address, title.
    pub evidence: String,
}

impl ObjectForm {
    /// The object that is meant. The first field that cannot be read is named.
    pub fn object(&self) -> Result<Object, IntakeError> {
        let line = |text: &str| text.trim().to_owned();
        let availability = Availability {
            max_downtime_per_year: read(
                "register.availability.maxDowntimePerYear",
                "must be a time as 8h or 30m",
                &self.downtime,
            )?,
            recovery_time: read("register.availability.recoveryTime", "must be a time as 30s or 5m", &self.recovery)?,
            simultaneous_users: self.simultaneous.trim().parse().map_err(|_| {
                wrong("register.availability.simultaneousUsers", "must be a whole number", &self.simultaneous)
            })?,
        };
        let role: OwnerRole = read("register.owner.role", "must be owner, processor or supplier", &self.owner_role)?;
        let kind: ObjectKind = read("kind", "must be one of those in the list", &self.kind)?;
        let basis: Basis = read("basis", "must be one of those in the list", &self.basis)?;
        let register = RegisterData {
            owner: Owner { name: line(&self.owner_name), registration_number: line(&self.owner_number), role },
            users: lines(&self.users),
            used_in: lines(&self.used_in),
            interacts_with: lines(&self.interacts_with),
            methods_of_use: lines(&self.methods),
            results_of_use: lines(&self.results),
            protection: vec![ProtectionContact {
                position: line(&self.person_position),
                name: line(&self.person_name),
                email: line(&self.person_email),
                phone: line(&self.person_phone),
            }],
            availability,
            formats: Formats { data: lines(&self.data_formats), interfaces: lines(&self.interfaces) },
        };
        Ok(Object {
            participant: line(&self.participant),
            name: line(&self.name),
            kind,
            basis,
            explanation: line(&self.explanation),
            titles: Text { ky: line(&self.title_ky), ru: line(&self.title_ru), en: line(&self.title_en) },
            host: line(&self.host),
            register,
            evidence: lines(&self.evidence).iter().map(|document| evidence(document)).collect::<Result<_, _>>()?,
        })
    }
}

/// Lines that say something.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn evidence(line: &str) -> Result<Evidence, IntakeError> {
    let mut parts = line.splitn(3, ' ').map(str::trim);
    let (Some(digest), Some(url), Some(title)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong("evidence", "must be digest, address and title in each line", line));
    };
    Ok(Evidence { title: title.to_owned(), url: url.to_owned(), digest: digest.to_owned() })
}

/// A text as the document's type reads it.
fn read<T: DeserializeOwned>(field: &str, rule: &'static str, text: &str) -> Result<T, IntakeError> {
    serde_json::from_value(json!(text.trim())).map_err(|_| wrong(field, rule, text))
}

fn wrong(field: &str, rule: &'static str, found: &str) -> IntakeError {
    let found = found.chars().take(100).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    IntakeError::Field { field: field.to_owned(), rule, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> ObjectForm {
        let form = json!({
            "kind": "Resource", "basis": "NoStateService", "owner_role": "owner", "users": " Bodies \r\n\r\n People",
            "downtime": "8h", "recovery": " 30s ", "simultaneous": "100",
            "evidence": "sha256:ab https://gov.kg/a.pdf Act of  acceptance\r\n",
        });
        serde_json::from_value(form).unwrap()
    }

    type Harm = fn(&mut ObjectForm);

    #[test]
    fn lines_become_lists_and_what_cannot_be_read_is_named() {
        let object = filled().object().unwrap();
        assert_eq!(object.register.users, ["Bodies", "People"]);
        assert_eq!(
            (&*object.evidence[0].title, &*object.evidence[0].url),
            ("Act of  acceptance", "https://gov.kg/a.pdf")
        );
        let harms: [(&str, Harm); 5] = [
            ("kind: ", |form| form.kind = "Thing".to_owned()),
            ("basis: ", |form| form.basis.clear()),
            ("register.availability.recoveryTime: ", |form| form.recovery = "soon".to_owned()),
            ("register.availability.simultaneousUsers: ", |form| form.simultaneous = "-1".to_owned()),
            ("evidence: ", |form| form.evidence = "sha256:ab https://gov.kg".to_owned()),
        ];
        for (field, harm) in harms {
            let mut form = filled();
            harm(&mut form);
            let error = form.object().unwrap_err().to_string();
            assert!(error.starts_with(field), "{error}");
        }
    }
}
