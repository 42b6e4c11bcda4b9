//! All connections of a run: which carries a request, what came of it, and when each is closed. Never
//! waits, and counts nothing.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
    time::Instant,
};

use factory_assurance::evidence::Failure;
use mio::Registry;
use slab::Slab;
use tokio::runtime::Handle;

use super::{
    LoadError, Scenario,
    addresses::Addresses,
    deadlines::Entry,
    pool::{Idle, Pool},
    socket::{Flight, Heard, Socket, Written},
};
use crate::{
    connection::Answer,
    request::Wire,
    target::{Speech, Targets},
};

/// What is read at once.
const SCRATCH: usize = 64 * 1024;

/// How a request ended.
#[derive(Debug)]
pub struct Ended {
    /// The request.
    pub flight: Flight,
    /// Its answer, still to be judged.
    pub answer: Result<Answer, Failure>,
}

/// The connections of a run.
#[derive(Debug)]
pub struct Connections {
    scenario: Arc<Scenario>,
    registry: Registry,
    pools: Vec<Pool>,
    /// What is spoken on the connections of each pool.
    speech: Vec<Speech>,
    /// Which pool each operation takes its connections from.
    ways: Vec<usize>,
    sockets: Slab<Socket>,
    turn: u64,
    scratch: Box<[u8]>,
}

impl Connections {
    /// None yet. Names are looked up on `runtime`, now and then once a second; events go to `registry`.
    pub fn new(
        scenario: &Arc<Scenario>,
        targets: &Targets,
        registry: Registry,
        runtime: &Handle,
    ) -> Result<Self, LoadError> {
        let (mut pools, mut names, mut ways, mut speech) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for operation in &scenario.operations {
            let component = &operation.component;
            let known = names.iter().position(|name| name == component);
            ways.push(known.unwrap_or(names.len()));
            if known.is_none() {
                let missing = |error| LoadError::Address(component.clone(), error);
                let (_, target) = targets.find(Some(component)).map_err(|error| missing(io::Error::other(error)))?;
                let addresses = runtime.block_on(Addresses::of(target, runtime)).map_err(missing)?;
                pools.push(Pool::new(addresses, scenario.keeping));
                speech.push(target.speech.clone());
                names.push(component.clone());
            }
        }
        Ok(Self {
            scenario: Arc::clone(scenario),
            registry,
            pools,
            speech,
            ways,
            sockets: Slab::new(),
            turn: 0,
            scratch: vec![0; SCRATCH].into_boxed_slice(),
        })
    }

    /// The loop begins another turn: what was heard before may be old.
    pub fn turn(&mut self) {
        self.turn += 1;
    }

    /// Puts a request onto a connection that waits, or onto a fresh one; the connection's number. `wire` is the
    /// request as it is written.
    pub fn carry(&mut self, flight: Flight, wire: &Wire, now: Instant) -> io::Result<usize> {
        let way = self.ways[flight.due.operation];
        let wanted = self.scenario.operations[flight.due.operation].wanted;
        // A kept connection that was closed before anything was written costs nothing: the request
        // has not been sent yet.
        while let Some((token, fit)) = self.pools[way].take(now) {
            let Some(socket) = self.sockets.get_mut(token) else { continue };
            // Whoever fell silent in this very turn was just heard.
            if fit && (socket.silent == self.turn || socket.fresh()) {
                socket.carry(flight, wire, wanted);
                if socket.write() == Written::Sent {
                    return Ok(token);
                }
            }
            self.sockets.remove(token);
        }
        let address = self.pools[way].addresses.next().ok_or(ErrorKind::AddrNotAvailable)?;
        let place = self.sockets.vacant_entry();
        let token = place.key();
        let mut socket = Socket::open(address, &self.speech[way], way, &self.registry, token, now)?;
        socket.carry(flight, wire, wanted);
        place.insert(socket);
        Ok(token)
    }

    /// Something happened on a connection: how the request on it ended, if it did. `closed` says that
    /// the other side writes no more.
    pub fn event(&mut self, token: usize, closed: bool, now: Instant) -> Option<Ended> {
        // An event may be of a connection that is gone, even of one whose number another has by now:
        // so the kernel is asked about everything, and the event is believed nothing.
        let socket = self.sockets.get_mut(token)?;
        match socket.connected() {
            Ok(true) => {}
            Ok(false) => return None,
            Err(_) => return self.lose(token, Failure::Connect),
        }
        if socket.flight.is_some() && socket.write() == Written::Unsent {
            return self.lose(token, Failure::Broken);
        }
        match socket.read(&mut self.scratch, closed) {
            Heard::Nothing => None,
            Heard::Answer(complete) => self.answered(token, complete.answer, complete.keep, now),
            Heard::Lost(failure) => self.lose(token, failure),
        }
    }

    fn answered(&mut self, token: usize, answer: Answer, keep: bool, now: Instant) -> Option<Ended> {
        let socket = self.sockets.get_mut(token)?;
        let flight = socket.flight.take()?;
        socket.requests += 1;
        socket.silent = self.turn;
        let idle = Idle { token, since: socket.since };
        if !(keep && self.pools[socket.pool].keep(idle, socket.requests, now)) {
            self.sockets.remove(token);
        }
        Some(Ended { flight, answer: Ok(answer) })
    }

    /// A connection is of no more use; neither is the request on it, if there is one.
    pub fn lose(&mut self, token: usize, failure: Failure) -> Option<Ended> {
        let socket = self.sockets.try_remove(token)?;
        if socket.flight.is_none() {
            self.pools[socket.pool].forget(token);
        }
        socket.flight.map(|flight| Ended { flight, answer: Err(failure) })
    }

    /// Whether the request of `entry` is still in flight.
    #[must_use]
    pub fn carries(&self, entry: &Entry) -> bool {
        let flight = self.sockets.get(entry.token).and_then(|socket| socket.flight);
        flight.is_some_and(|flight| flight.serial == entry.serial)
    }

    /// Closes those that wait and whose visit is over.
    pub fn sweep(&mut self, now: Instant) {
        for pool in &mut self.pools {
            for token in pool.over(now) {
                self.sockets.try_remove(token);
            }
        }
    }
}

/// Whether the generator, not the service, is why no connection was made.
#[must_use]
pub fn own(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE, Errno::ADDRNOTAVAIL, Errno::NOBUFS, Errno::NOMEM]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
