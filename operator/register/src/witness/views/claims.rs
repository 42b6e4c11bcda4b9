//! Published claims about a service, with their answers: none reads otherwise than before, and each that appears, is
//! answered or goes has a decision, an answer or a forgetting in the log.

use super::{Service, Views, digest};
use crate::{
    api::claims::PublicClaims,
    witness::{WitnessError, kept::Shown},
};

/// Name of the view.
const CLAIMS: &str = "published claims";

impl Views<'_> {
    /// Pages of claims: by what moved last, which they do not tell, so that a page leads to the next one.
    pub(super) async fn hold_claims(&mut self, (participant, name, _): Service<'_>) -> Result<(), WitnessError> {
        let service = format!("{participant}/{name}");
        let address = format!("/api/v1/entries/{service}/claims");
        let (mut path, mut before) = (address.clone(), u64::MAX);
        loop {
            let Some(page) = self.register.find::<PublicClaims>(&path).await? else { break };
            if page.claims.is_empty() {
                break;
            }
            for one in page.claims {
                if one.event > self.now.size {
                    continue;
                }
                let said = (one.event, &one.kind, &one.language, &one.words, &one.received_at, &one.published_at);
                let shown = Shown { said: digest(&said), end: one.answer.as_ref().map(digest) };
                self.says_so(CLAIMS, &service, one.event)?;
                let place = one.event.to_string();
                match self.before.get(&service, (CLAIMS, &place)) {
                    Some(known) => self.went_on(CLAIMS, &service, &place, (known, &shown))?,
                    // Somebody decided that it is published.
                    None => self.change(CLAIMS, &service),
                }
                self.keep(CLAIMS, &service, &place, shown)?;
            }
            // Not the address that the page names: it could lead anywhere.
            let next = page
                .next
                .as_deref()
                .and_then(|next| next.split_once("before="))
                .and_then(|(_, rest)| rest.split('&').next().and_then(|number| number.parse::<u64>().ok()));
            match next {
                Some(event) if event < before => (path, before) = (format!("{address}?before={event}"), event),
                Some(_) => {
                    return Err(self.register.strange(&path, "claims are not in their order".to_owned()).into());
                }
                None => break,
            }
        }
        // Each of these was forgotten.
        let gone =
            self.before.places(&service, CLAIMS).filter(|place| self.now.get(&service, (CLAIMS, place)).is_none());
        for _ in 0..gone.count() {
            self.change(CLAIMS, &service);
        }
        Ok(())
    }
}
