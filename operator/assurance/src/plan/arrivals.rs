//! How requests come over the time of a load: a rate that goes in straight lines, in whole seconds and integers, so
//! that the lab and two verifiers read the same of it. The operator makes it of the standard's shape and the length
//! of the run; nothing here knows which shape it was.

use serde::{Deserialize, Serialize};

/// The rate that the declared users make, as a share.
pub const WHOLE_PPM: u32 = 1_000_000;

/// How requests come over the time of a load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Arrivals {
    /// Between two requests.
    pub gaps: Gaps,
    /// From the start of the load on, without a gap; together as long as all phases.
    pub stretches: Vec<Stretch>,
}

/// What lies between two requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum Gaps {
    /// Drawn from the exponential distribution by a generator that the announcement's nonce seeds: a Poisson process.
    Drawn,
    /// The same gap, as long as the rate is the same.
    Even,
}

/// A stretch of the load over which the rate goes in a straight line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stretch {
    /// Its length in seconds.
    pub seconds: u32,
    /// Rate at its start, in parts per million of the planned one.
    pub from_ppm: u32,
    /// Rate at its end.
    pub to_ppm: u32,
}

impl Stretch {
    /// At one rate.
    #[must_use]
    pub const fn level(seconds: u32, ppm: u32) -> Self {
        Self { seconds, from_ppm: ppm, to_ppm: ppm }
    }

    /// Twice its planned requests, in parts per million of one request a minute and second.
    fn area(self) -> u128 {
        u128::from(self.seconds) * (u128::from(self.from_ppm) + u128::from(self.to_ppm))
    }

    /// Requests that are planned for it at `per_minute`, rounded down.
    #[must_use]
    pub fn requests(self, per_minute: u32) -> u128 {
        planned(self.area(), per_minute)
    }
}

impl Arrivals {
    /// Requests that are planned for all of it at `per_minute`, rounded down once.
    #[must_use]
    pub fn requests(&self, per_minute: u32) -> u128 {
        let area = self.stretches.iter().fold(0, |sum: u128, stretch| sum.saturating_add(stretch.area()));
        planned(area, per_minute)
    }

    /// What of it begins before `second`.
    #[must_use]
    pub fn before(&self, second: u64) -> Self {
        let mut from: u64 = 0;
        let begins = |stretch: &&Stretch| {
            let to = from.saturating_add(stretch.seconds.into());
            std::mem::replace(&mut from, to) < second
        };
        Self { gaps: self.gaps, stretches: self.stretches.iter().filter(begins).copied().collect() }
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.stretches.iter().fold(0, |sum: u64, stretch| sum.saturating_add(stretch.seconds.into()))
    }

    /// The highest rate, as a share.
    #[must_use]
    pub fn peak_ppm(&self) -> u32 {
        self.stretches.iter().map(|stretch| stretch.from_ppm.max(stretch.to_ppm)).max().unwrap_or(0)
    }
}

/// `⌊area × perMinute / (2 × 60 × 1 000 000)⌋`.
fn planned(area: u128, per_minute: u32) -> u128 {
    area.saturating_mul(per_minute.into()) / (2 * 60 * u128::from(WHOLE_PPM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planned_is_the_area_under_the_rate() {
        let stretch = |seconds, from_ppm, to_ppm| Stretch { seconds, from_ppm, to_ppm };
        assert_eq!(Stretch::level(10, WHOLE_PPM).requests(60), 10);
        assert_eq!(stretch(10, 0, WHOLE_PPM).requests(60), 5);
        assert_eq!(stretch(1, 333_333, 333_333).requests(60), 0);
        // Three thirds of a request are one: rounded once, over all of it.
        let thirds = Arrivals { gaps: Gaps::Drawn, stretches: vec![stretch(1, 333_334, 333_334); 3] };
        assert_eq!((thirds.requests(60), thirds.seconds(), thirds.peak_ppm()), (1, 3, 333_334));
        let two = thirds.before(2);
        assert_eq!((two.stretches.len(), two.seconds(), thirds.before(0).seconds()), (2, 2, 0));
        let most = Arrivals { gaps: Gaps::Even, stretches: vec![stretch(u32::MAX, u32::MAX, u32::MAX); 3] };
        assert!(most.requests(u32::MAX) > 1 << 70);
    }
}
