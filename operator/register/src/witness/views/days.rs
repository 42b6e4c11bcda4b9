//! Observed days of a service: one that was written never changes, and goes only when it is too old to be shown.

use super::{Service, Views, digest};
use crate::{
    observed::Observed,
    witness::{WitnessError, kept::Shown},
};

/// Name of the view.
const DAYS: &str = "observed days";

impl Views<'_> {
    pub(super) async fn hold_days(&mut self, (participant, name, first): Service<'_>) -> Result<(), WitnessError> {
        let service = format!("{participant}/{name}");
        let path = format!("/api/v1/entries/{service}/observed");
        let Some(observed) = self.register.find::<Observed>(&path).await? else {
            // Of a service with an entry there is always an answer.
            return self.all_there(DAYS, &service, |_| true);
        };
        for day in &observed.days {
            if let Some((minutes, event)) = day.minutes.zip(day.event) {
                let shown = Shown { said: digest(&(&minutes, event)), end: None };
                self.place(DAYS, &service, &day.day, (event, first), shown)?;
            }
        }
        // Earlier ones are not shown any more.
        let earliest = observed.days.first().map(|day| day.day.clone()).unwrap_or_default();
        self.all_there(DAYS, &service, |day| day >= earliest.as_str())
    }
}
