//! Item 17: which of the nine groups of data are there. Item 21's clock waits for the missing ones.

use factory_crds::state_service::{Owner, ProtectionContact, RegisterData};

use super::{IntakeError, is_sha256};

/// Numbers of the groups of item 17 that hold no data. A blank text is no data.
#[must_use]
pub fn missing(data: &RegisterData) -> Vec<u8> {
    let RegisterData {
        owner: Owner { name, registration_number, role: _ },
        users,
        used_in,
        interacts_with,
        methods_of_use,
        results_of_use,
        protection,
        availability,
        formats,
    } = data;
    let people = !protection.is_empty()
        && protection.iter().all(|ProtectionContact { position, name, email, phone }| {
            [position, name, email, phone].into_iter().all(|text| filled(text))
        });
    let indicators = availability.max_downtime_per_year.millis() > 0
        && availability.recovery_time.millis() > 0
        && availability.simultaneous_users > 0;
    let groups = [
        filled(name) && filled(registration_number),
        all_filled(users),
        all_filled(used_in),
        all_filled(interacts_with),
        all_filled(methods_of_use),
        all_filled(results_of_use),
        people,
        indicators,
        all_filled(&formats.data) && all_filled(&formats.interfaces),
    ];
    (1..).zip(groups).filter(|(_, complete)| !complete).map(|(number, _)| number).collect()
}

/// Checks that no contact of a person stands in the open: the log never forgets (invariant 10).
pub(super) fn contacts_are_commitments(data: &RegisterData) -> Result<(), IntakeError> {
    for (index, ProtectionContact { position: _, name, email, phone }) in data.protection.iter().enumerate() {
        for (field, contact) in [("name", name), ("email", email), ("phone", phone)] {
            if !contact.strip_prefix("sha256:").is_some_and(is_sha256) {
                return Err(IntakeError::Contact { index, field });
            }
        }
    }
    Ok(())
}

fn filled(text: &str) -> bool {
    !text.trim().is_empty()
}

fn all_filled(texts: &[String]) -> bool {
    !texts.is_empty() && texts.iter().all(|text| filled(text))
}

#[cfg(test)]
mod tests {
    use factory_crds::{
        Span,
        state_service::{Availability, Formats},
    };

    use super::*;

    fn commitment() -> String {
        format!("sha256:{}", "ab".repeat(32))
    }

    fn complete() -> RegisterData {
        let some = || vec!["something".to_owned()];
        RegisterData {
            owner: Owner { name: "Agency".to_owned(), registration_number: "1".to_owned(), ..Owner::default() },
            users: some(),
            used_in: some(),
            interacts_with: vec!["none".to_owned()],
            methods_of_use: some(),
            results_of_use: some(),
            protection: vec![ProtectionContact {
                position: "head of protection".to_owned(),
                name: commitment(),
                email: commitment(),
                phone: commitment(),
            }],
            availability: Availability {
                max_downtime_per_year: Span::seconds(8),
                recovery_time: Span::seconds(30),
                simultaneous_users: 1,
            },
            formats: Formats { data: some(), interfaces: some() },
        }
    }

    #[test]
    fn each_group_is_missed_by_its_number() {
        type Harm = fn(&mut RegisterData);
        assert_eq!(missing(&complete()), Vec::<u8>::new());
        assert_eq!(missing(&RegisterData::default()), (1..=9).collect::<Vec<u8>>());
        let harms: [(u8, Harm); 14] = [
            (1, |data| data.owner.name = " ".to_owned()),
            (1, |data| data.owner.registration_number.clear()),
            (2, |data| data.users.clear()),
            (2, |data| data.users.push("\t".to_owned())),
            (3, |data| data.used_in.clear()),
            (4, |data| data.interacts_with.clear()),
            (5, |data| data.methods_of_use.clear()),
            (6, |data| data.results_of_use.clear()),
            (7, |data| data.protection.clear()),
            (7, |data| data.protection[0].phone.clear()),
            (8, |data| data.availability.recovery_time = Span::default()),
            (8, |data| data.availability.simultaneous_users = 0),
            (9, |data| data.formats.data.clear()),
            (9, |data| data.formats.interfaces.clear()),
        ];
        for (number, harm) in harms {
            let mut data = complete();
            harm(&mut data);
            assert_eq!(missing(&data), [number]);
        }
    }

    #[test]
    fn a_contact_in_the_open_is_refused_by_its_field() {
        assert!(contacts_are_commitments(&complete()).is_ok());
        for open in ["security@agency.gov.kg", "", "sha256:", "sha256:zz", &"ab".repeat(32)] {
            let mut data = complete();
            open.clone_into(&mut data.protection[0].email);
            let error = contacts_are_commitments(&data).unwrap_err().to_string();
            assert!(error.contains("record.data.protection[0].email"), "{error}");
        }
    }
}
