//! Statistics beside the log: as many entries and ends in each month as it has. So a row is missed that no list of the
//! newest entries would show. What else is counted there follows from events that are not public.

use std::collections::BTreeMap;

use factory_assurance::log::served::{ENTRY, OBJECT_ENTRY, PublicEvent};

use super::{
    WitnessError,
    alarm::Alarm,
    asked::{Asked, line},
    tail,
};
use crate::{api::statistics::Statistics, pages::day};

/// The numbers.
const PATH: &str = "/api/v1/statistics";

/// Entries and ends of a month.
type Count = (u64, u64);

/// What the log has of each month, `YYYY-MM` by the clock of Bishkek.
#[derive(Clone, Debug, Default)]
pub struct Counted(BTreeMap<String, Count>);

impl Counted {
    /// Takes the next event; one of another kind is not counted.
    pub fn take(&mut self, PublicEvent { place, .. }: &PublicEvent) {
        let counts: Count = match place.kind.as_str() {
            ENTRY | OBJECT_ENTRY => (1, 0),
            "withdrawal" | "exclusion" => (0, 1),
            _ => return,
        };
        let month = self.0.entry(day(&place.time).chars().take(7).collect()).or_default();
        *month = (month.0 + counts.0, month.1 + counts.1);
    }

    /// Holds the numbers against the log of `size` events.
    pub async fn hold(&self, register: &Asked, size: u64) -> Result<(), WitnessError> {
        let shown: Statistics = register.json(PATH).await?;
        let months: BTreeMap<String, Count> =
            shown.months.into_iter().map(|of| (of.month, (of.entered, of.withdrawn))).collect();
        let sums = months.values().fold((0, 0), |sum: Count, of| (sum.0 + of.0, sum.1 + of.1));
        if sums != (shown.entries, shown.withdrawals) {
            return Err(different("all months", (shown.entries, shown.withdrawals), sums).into());
        }
        if months == self.0 {
            return Ok(());
        }
        // Perhaps some came after the checkpoint.
        let mut after = self.clone();
        for event in tail::after(register, size).await? {
            if let Some(event) = &event.public {
                after.take(event);
            }
        }
        let of = |months: &BTreeMap<String, Count>, month: &str| months.get(month).copied().unwrap_or_default();
        for month in months.keys().chain(self.0.keys()) {
            let (shown, least, most) = (of(&months, month), of(&self.0, month), of(&after.0, month));
            if !(least.0..=most.0).contains(&shown.0) || !(least.1..=most.1).contains(&shown.1) {
                return Err(different(month, shown, least).into());
            }
        }
        Ok(())
    }
}

fn different(month: &str, shown: Count, logged: Count) -> Alarm {
    let said = |(entries, ends)| format!("{entries} entries and {ends} ends");
    Alarm::View { view: "statistics", of: line(month), shown: said(shown), logged: said(logged) }
}
