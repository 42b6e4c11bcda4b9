//! The hands of a node that is not there: where a node would strike they wait, and then say that it was felt.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use factory_assurance::evidence::{Class, Dose, Tries};
use factory_lab::strike::{
    NodeFault, StrikeError,
    hands::Hands,
    order::{Planned, Struck},
    place::Place,
    pod::Span,
};

/// They wait.
#[derive(Clone, Copy)]
pub struct Waiting;

impl Hands for Waiting {
    type Look = ();

    fn look(&self, _: &Place) -> Result<(), StrikeError> {
        Ok(())
    }

    fn lacking(&self, _: &[Planned]) -> Vec<String> {
        Vec::new()
    }

    fn strike(
        &self,
        _: Box<dyn NodeFault>,
        _: (&Place, &()),
        span: Span,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(&Struck),
    ) {
        let until = |moment: Instant| {
            while Instant::now() < moment && !stop.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(200).min(moment.saturating_duration_since(Instant::now())));
            }
        };
        until(span.from);
        let mut struck = Struck { injected: true, ..Struck::default() };
        tell(&struck);
        until(span.from + span.lease);
        // As long as one of a real pod: what was seen before and while it lasted.
        struck.doses = vec![Dose {
            pod: String::new(),
            way: "nft drop".to_owned(),
            class: Class::All,
            before: vec![[0, 120]],
            during: vec![[1, 480]],
        }];
        struck.tries = Some(Tries {
            pod: String::new(),
            before: 100,
            before_ms: 5_000,
            until_ms: 1,
            during: 200,
            from_ms: 20,
            during_ms: 9_900,
        });
        struck.ended = true;
        tell(&struck);
    }

    fn clear(&self, _: &Place) -> Vec<StrikeError> {
        Vec::new()
    }
}
