//! What came after a checkpoint while the views were read: it excuses what they show already, and is held itself at the
//! next look.

use factory_assurance::log::served::{Events, ServedEvent};

use super::{WitnessError, asked::Asked};

/// Most parts of the log that are read for it.
const MOST: usize = 8;

/// The events after the first `size`, as far as a few answers have them.
pub async fn after(register: &Asked, size: u64) -> Result<Vec<ServedEvent>, WitnessError> {
    let mut events = Vec::new();
    for _ in 0..MOST {
        let from = size + events.len() as u64 + 1;
        let part: Events = register.json(&format!("/api/v1/log/events?from={from}")).await?;
        if part.events.is_empty() {
            break;
        }
        events.extend(part.events);
    }
    Ok(events)
}
