//! Requests for access to the register (14, 23): what is fit is decided here, for the page and the API alike.
//!
//! *Architecture invariant:* pure. The register records that access was granted or taken; the right itself is given in
//! the cluster, by the regulator's `Participant`, and by nothing here.

pub mod words;

use crate::{claims, intake::IntakeError, store::membership::Asked};

/// `asked` with every text found to be fit, without the space around it.
pub fn fit(asked: Asked) -> Result<Asked, IntakeError> {
    let Asked { key, organisation, registration_number, basis, wants, language, name, contact } = asked;
    Ok(Asked {
        key,
        organisation: claims::line("organisation", &organisation)?,
        registration_number: claims::line("registrationNumber", &registration_number)?,
        basis: claims::line("basis", &basis)?,
        wants: claims::line("wants", &wants)?,
        language: claims::language(&language)?.tag().to_owned(),
        name: claims::line("name", &name)?,
        contact: claims::line("contact", &contact)?,
    })
}
