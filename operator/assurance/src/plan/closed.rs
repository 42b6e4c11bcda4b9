//! Users who wait for their answers: the closed model of a load, as a plan announces it.

use serde::{Deserialize, Serialize};

/// So many users, of whom each asks, waits for the answer, thinks, and asks again, over the whole load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Closed {
    /// How many at the same time.
    pub users: u32,
    /// Mean time from the end of a request to the same user's next one, in milliseconds; drawn from the exponential
    /// distribution by a generator that the announcement's nonce seeds.
    pub think_ms: u32,
}

impl Closed {
    /// That of a service for so many users, by a standard with this time to think.
    #[must_use]
    pub fn of(simultaneous_users: u32, think_time_ms: u64) -> Self {
        Self { users: simultaneous_users, think_ms: u32::try_from(think_time_ms).unwrap_or(u32::MAX).max(1) }
    }

    /// [`Self::think_ms`] in microseconds, at least those of a millisecond.
    #[must_use]
    pub fn think_us(self) -> u64 {
        u64::from(self.think_ms.max(1)) * 1_000
    }
}
