//! Sends each request at its moment and counts its answer: one thread, one loop over what the kernel
//! reports. How late each request left is recorded with it: a generator that was starved says so
//! itself. Latency counts from the intended moment.
//!
//! Nothing in the loop waits but for the next event: names are looked up beside it, bodies are judged
//! beside it, and no place in flight means that a request is counted as unsent, never queued.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
    time::{Duration, Instant},
};

use factory_assurance::evidence::Failure;
use mio::{Events, Poll, Token, Waker};
use tokio::runtime::Handle;

use super::{
    LoadError, Scenario,
    arrivals::Arrivals,
    connections::{Connections, Ended, own},
    deadlines::{Deadlines, Entry},
    recorder::{Measured, Note, Recorder},
    schedule::Due,
    socket::Flight,
    tally::Tally,
    timer::Timer,
    visits::Visits,
};
use crate::target::Targets;

/// The timer's number among the connections.
const TIMER: Token = Token(usize::MAX);
/// The number of what wakes the loop when something follows an answer.
const FOLLOWED: Token = Token(usize::MAX - 1);
/// Events that are taken at once; a request that is due meanwhile leaves between two of them.
const EVENTS: usize = 256;
/// Requests that leave before answers are looked at again.
const BURST: usize = 64;
/// How soon answers that wait for memory are tried again.
const RETRY: Duration = Duration::from_millis(1);

/// Generates the whole load and returns when the last answer is counted. Blocks: call it on a thread
/// of its own. The load begins at `start`; names are looked up on `runtime`.
pub fn run(
    scenario: &Arc<Scenario>,
    targets: &Targets,
    nonce: &str,
    start: Instant,
    runtime: &Handle,
) -> Result<Measured, LoadError> {
    let poll = Poll::new().map_err(LoadError::Kernel)?;
    let registry = poll.registry().try_clone().map_err(LoadError::Kernel)?;
    let tally = || Tally::new(scenario.length_ms(), &scenario.steps_ms).map_err(|_| LoadError::Died("histogram"));
    let waker = Waker::new(poll.registry(), FOLLOWED).map_err(LoadError::Kernel)?;
    #[allow(clippy::cast_precision_loss)] // a mean
    let pause_us = scenario.pause.as_micros() as f64;
    let weights = scenario.operations.iter().map(|operation| operation.weight).collect();
    let mut engine = Engine {
        connections: Connections::new(scenario, targets, registry, runtime)?,
        timer: Timer::new(poll.registry(), TIMER).map_err(LoadError::Kernel)?,
        poll,
        arrivals: Arrivals::new(&scenario.model, nonce, scenario.length_ms(), weights, scenario.shard),
        visits: Visits::new(nonce, scenario.shard.index, pause_us, scenario.length_ms().saturating_mul(1000)),
        deadlines: Deadlines::default(),
        tally: tally()?,
        recorder: Recorder::start(scenario, targets, tally()?, waker)?,
        scenario: Arc::clone(scenario),
        start,
        next_second: 1,
        in_flight: 0,
        serial: 0,
    };
    let mut events = Events::with_capacity(EVENTS);
    while engine.turn(&mut events).map_err(LoadError::Kernel)? {}
    engine.recorder.join(engine.tally)
}

struct Engine {
    scenario: Arc<Scenario>,
    poll: Poll,
    timer: Timer,
    connections: Connections,
    arrivals: Arrivals,
    visits: Visits,
    deadlines: Deadlines,
    tally: Tally,
    recorder: Recorder,
    start: Instant,
    next_second: u64,
    in_flight: usize,
    serial: u64,
}

impl Engine {
    /// Does what is due and waits for what is next; false when all is done.
    fn turn(&mut self, events: &mut Events) -> io::Result<bool> {
        self.connections.turn();
        let now = Instant::now();
        self.follow(now);
        self.depart(now);
        self.expire(now);
        for operation in self.recorder.retry() {
            self.judged(operation, now);
        }
        self.tick(now);
        let next_us = self.arrivals.next_us().into_iter().chain(self.visits.next_us()).min();
        let due = next_us.map(|at_us| self.start + Duration::from_micros(at_us));
        if due.is_none() && self.in_flight == 0 && !self.recorder.awaits() {
            return Ok(false);
        }
        let connections = &self.connections;
        let deadline = self.deadlines.first(|entry| connections.carries(entry)).map(|entry| entry.deadline);
        let retry = self.recorder.is_full().then(|| now + RETRY);
        let second = self.start + Duration::from_secs(self.next_second);
        let wake = [due, deadline, retry].into_iter().flatten().fold(second, Instant::min);
        let timeout = if wake <= now {
            Some(Duration::ZERO)
        } else {
            self.timer.wake_by(wake, now)?;
            None
        };
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(true),
            polled => polled?,
        }
        let mut now = Instant::now();
        for event in events.iter().filter(|event| ![TIMER, FOLLOWED].contains(&event.token())) {
            let ended = self.connections.event(event.token().0, event.is_read_closed(), now);
            now = Instant::now();
            if let Some(ended) = ended {
                self.ended(ended, now);
            }
            self.depart(now);
        }
        Ok(true)
    }

    /// Sends what is due.
    fn depart(&mut self, now: Instant) {
        if now < self.start {
            return;
        }
        let now_us = micros(now.duration_since(self.start));
        for _ in 0..BURST {
            // In the order in which they are due: their deadlines come in that order too.
            let visit = self.visits.next_us().filter(|at_us| self.arrivals.next_us().is_none_or(|next| *at_us <= next));
            let due = if visit.is_some() { self.visits.take(now_us) } else { self.arrivals.take(now_us) };
            let Some(due) = due else { return };
            self.launch(&due, now);
        }
    }

    /// Takes what follows answers that were judged. A pause begins now: were it counted from the answer, a
    /// request could be due before others that have left.
    fn follow(&mut self, now: Instant) {
        let now_us = micros(now.saturating_duration_since(self.start));
        for steps in self.recorder.followers() {
            let (mut goes_on, mut is_unsent) = (false, false);
            for step in steps {
                match self.visits.add(step, now_us) {
                    Ok(()) => goes_on = true,
                    Err(unsent) => {
                        is_unsent = true;
                        self.tally.count(&unsent, None, Some(Failure::Unsent), None);
                    }
                }
            }
            if !goes_on {
                self.arrivals.ended(now_us, is_unsent);
            }
        }
    }

    fn launch(&mut self, due: &Due, now: Instant) {
        if self.in_flight >= self.scenario.max_in_flight {
            // Never queued: waiting for a place would turn the open model into a closed one.
            self.unsent(due);
            return self.arrivals.ended(micros(now.saturating_duration_since(self.start)), true);
        }
        self.in_flight += 1;
        let intended = self.start + Duration::from_micros(due.at_us);
        let late = now.saturating_duration_since(intended);
        self.serial += 1;
        let flight = Flight { due: *due, lag_us: micros(late), serial: self.serial };
        if late >= self.scenario.timeout {
            return self.failed(&flight, Failure::Timeout, now);
        }
        // What follows an answer has no request but that of its step.
        let begins = || self.scenario.operations[due.operation].wire.as_ref();
        let Some(wire) = self.visits.wire(due).or_else(begins) else {
            self.unsent(due);
            return self.free(true, now);
        };
        match self.connections.carry(flight, wire, now) {
            Ok(token) => {
                let entry = Entry { deadline: intended + self.scenario.timeout, token, serial: self.serial };
                let connections = &self.connections;
                self.deadlines.push(entry, self.in_flight, |entry| connections.carries(entry));
            }
            // The generator itself had no socket or port left: nothing is said of the service.
            Err(error) if own(&error) => {
                self.unsent(due);
                self.free(true, now);
            }
            Err(_) => self.failed(&flight, Failure::Connect, now),
        }
    }

    fn ended(&mut self, Ended { flight, answer }: Ended, now: Instant) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(failure) => return self.failed(&flight, failure, now),
        };
        let Flight { due, lag_us, .. } = flight;
        let latency = now.saturating_duration_since(self.start + Duration::from_micros(due.at_us));
        if latency > self.scenario.timeout {
            return self.failed(&flight, Failure::Timeout, now);
        }
        let latency_us = micros(latency);
        let operation = &self.scenario.operations[due.operation];
        let step = self.visits.end(&due);
        if operation.judged_beside() || step.is_some() {
            if !operation.next.is_empty() {
                self.recorder.await_followers();
            }
            if self.recorder.judge(Note { due, lag_us, latency_us, answer, step }) {
                self.judged(due.operation, now);
            }
        } else {
            self.tally.count(&due, Some(lag_us), self.scenario.failure(&due, &answer), Some(latency_us));
            self.free(false, now);
        }
    }

    fn unsent(&mut self, due: &Due) {
        self.visits.end(due);
        self.tally.count(due, None, Some(Failure::Unsent), None);
    }

    fn failed(&mut self, flight: &Flight, failure: Failure, now: Instant) {
        self.visits.end(&flight.due);
        self.tally.count(&flight.due, Some(flight.lag_us), Some(failure), None);
        self.free(failure == Failure::Connect, now);
    }

    /// An answer of `operation` was handed over: its place is free. Who may have to ask what follows it waits to be told.
    fn judged(&mut self, operation: usize, now: Instant) {
        if self.scenario.operations[operation].next.is_empty() {
            self.free(false, now);
        } else {
            self.in_flight -= 1;
        }
    }

    /// A place in flight is free again, and so is its user.
    fn free(&mut self, found_nobody: bool, now: Instant) {
        self.in_flight -= 1;
        self.arrivals.ended(micros(now.saturating_duration_since(self.start)), found_nobody);
    }

    /// Gives up requests whose time is over.
    fn expire(&mut self, now: Instant) {
        loop {
            let connections = &self.connections;
            match self.deadlines.first(|entry| connections.carries(entry)) {
                Some(entry) if entry.deadline <= now => {
                    if let Some(ended) = self.connections.lose(entry.token, Failure::Timeout) {
                        self.ended(ended, now);
                    }
                }
                _ => return,
            }
        }
    }

    /// Once a second: figures for people, memory, and connections whose visit is over.
    fn tick(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.start).as_secs();
        if seconds < self.next_second {
            return;
        }
        self.next_second = seconds + 1;
        self.recorder.second(seconds, self.tally.second());
        self.tally.settle(self.scenario.settled(seconds));
        self.connections.sweep(now);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
