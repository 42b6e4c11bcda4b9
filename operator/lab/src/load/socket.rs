//! One connection and the request that is on it, whatever it speaks. Never waits: each call does what the kernel
//! takes or gives at once. A connection carries one request at a time, as that of one user does, over HTTP/2 too.

use std::{io, net::SocketAddr, time::Instant};

use factory_assurance::evidence::Failure;
use mio::Registry;

use super::{
    http1::Http1,
    http2::Http2,
    reader::{Complete, Wanted},
    schedule::Due,
    transport::Transport,
};
use crate::{request::Wire, target::Speech};

/// A request on its way.
#[derive(Clone, Copy, Debug)]
pub struct Flight {
    /// The request.
    pub due: Due,
    /// How late it left, in microseconds.
    pub lag_us: u64,
    /// Its number.
    pub serial: u64,
}

/// What became of a request that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It has left, or will with the next events.
    Sent,
    /// Nothing of it has left, and nothing will.
    Unsent,
}

/// What the other side said.
#[derive(Debug)]
pub enum Heard {
    /// Nothing more for now.
    Nothing,
    /// A complete answer.
    Answer(Complete),
    /// There will be none on this connection.
    Lost(Failure),
}

/// An open connection; it closes when this is dropped.
#[derive(Debug)]
pub struct Socket {
    spoken: Spoken,
    /// Component that it leads to.
    pub pool: usize,
    /// When it was opened.
    pub since: Instant,
    /// Requests that were answered on it.
    pub requests: u32,
    /// The request that is on it.
    pub flight: Option<Flight>,
    /// In which turn of the loop it last fell silent.
    pub silent: u64,
}

#[derive(Debug)]
enum Spoken {
    Http1(Http1),
    Http2(Box<Http2>),
}

impl Socket {
    /// Begins to connect to `address`, where one speaks as `speech` says; events come to `registry` under `token`.
    pub fn open(
        address: SocketAddr,
        speech: &Speech,
        pool: usize,
        registry: &Registry,
        token: usize,
        now: Instant,
    ) -> io::Result<Self> {
        let transport = Transport::open(address, speech.trust.as_ref(), registry, token)?;
        let spoken = if speech.http2 {
            Spoken::Http2(Box::new(Http2::new(transport)))
        } else {
            Spoken::Http1(Http1::new(transport))
        };
        Ok(Self { spoken, pool, since: now, requests: 0, flight: None, silent: 0 })
    }

    /// Whether the connection is there by now; an error when it never will be.
    pub fn connected(&mut self) -> io::Result<bool> {
        match &mut self.spoken {
            Spoken::Http1(http1) => http1.transport.connected(),
            Spoken::Http2(http2) => http2.connected(),
        }
    }

    /// Whether the other side has neither closed it nor written what nobody asked for.
    #[must_use]
    pub fn fresh(&mut self) -> bool {
        match &mut self.spoken {
            Spoken::Http1(http1) => http1.transport.fresh(),
            Spoken::Http2(http2) => http2.fresh(),
        }
    }

    /// Puts a request onto it, to be written when it is connected. One that is written in another protocol than the
    /// connection speaks is never sent, and times out: a component speaks one.
    pub fn carry(&mut self, flight: Flight, wire: &Wire, wanted: Wanted) {
        self.flight = Some(flight);
        match (&mut self.spoken, wire) {
            (Spoken::Http1(http1), Wire::Http1(bytes)) => http1.carry(bytes.clone(), wanted),
            (Spoken::Http2(http2), Wire::Http2(request)) => http2.carry(request.clone(), wanted),
            (Spoken::Http1(_) | Spoken::Http2(_), _) => {}
        }
    }

    /// Writes what is left of its request.
    pub fn write(&mut self) -> Written {
        match &mut self.spoken {
            Spoken::Http1(http1) => http1.write(),
            Spoken::Http2(http2) => http2.write(),
        }
    }

    /// Reads what has come, through `scratch`. `closed` says that the other side writes no more.
    pub fn read(&mut self, scratch: &mut [u8], closed: bool) -> Heard {
        let asked = self.flight.is_some();
        match &mut self.spoken {
            Spoken::Http1(http1) => http1.read(scratch, closed, asked),
            Spoken::Http2(http2) => http2.read(asked),
        }
    }
}
