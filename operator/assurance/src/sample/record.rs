//! What the entry of the sample would say: every group of item 17, instructions of items 64 and 65.

use factory_crds::{
    Text,
    state_service::{
        Formats, Instructions, Owner, Procedure, ProtectionContact, RegisterData, instructions::DataOperation,
        register_data::OwnerRole,
    },
};

use crate::dossier::Record;

pub fn record() -> Record {
    Record {
        titles: text(
            "Катталган дарек жөнүндө маалымкат",
            "Справка о зарегистрированном адресе",
            "Certificate of registered address",
        ),
        class: "basic".to_owned(),
        decision: "No. 12-p of 2026-02-03".to_owned(),
        reported_by: "Factory of State Services, delegated by the Social Registry".to_owned(),
        host: "registered-address.localhost".to_owned(),
        data: data(),
        instructions: instructions(),
    }
}

fn data() -> RegisterData {
    RegisterData {
        owner: Owner {
            name: "Social Registry".to_owned(),
            registration_number: "123456-3301-GU".to_owned(),
            role: OwnerRole::Owner,
        },
        users: list("Residents of the Kyrgyz Republic"),
        used_in: list("Certificate of registered address"),
        interacts_with: list("none"),
        methods_of_use: list("A request over HTTPS"),
        results_of_use: list("A certificate of registered address"),
        protection: vec![ProtectionContact {
            position: "Head of information security".to_owned(),
            name: commitment("11"),
            email: commitment("22"),
            phone: commitment("33"),
        }],
        availability: super::availability(),
        formats: Formats { data: list("application/json"), interfaces: list("OpenAPI 3.1 over HTTPS") },
    }
}

fn instructions() -> Instructions {
    let same = |words: &str| text(words, words, words);
    Instructions {
        url: "https://social-registry.example/instructions".to_owned(),
        rights: same("To receive a certificate at any time."),
        duties: same("To name one's own personal number."),
        procedures: vec![Procedure {
            goal: same("To receive a certificate"),
            steps: vec![same("Open the page."), same("Enter the personal number.")],
        }],
        data: list("Address of residence, from the population register"),
        operations: vec![DataOperation::Search],
        changed_records: list("none"),
        proactive: false,
    }
}

fn list(one: &str) -> Vec<String> {
    vec![one.to_owned()]
}

fn commitment(byte: &str) -> String {
    format!("sha256:{}", byte.repeat(32))
}

fn text(ky: &str, ru: &str, en: &str) -> Text {
    Text { ky: ky.to_owned(), ru: ru.to_owned(), en: en.to_owned() }
}
