//! One connection and the request that is on it. Never waits: each call does what the kernel takes
//! or gives at once. A request is written once; it comes back as unsent only while not one byte of
//! it has left.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::SocketAddr,
    time::Instant,
};

use bytes::Bytes;
use factory_assurance::evidence::Failure;
use mio::{Interest, Registry, Token, net::TcpStream};

use super::{
    reader::{Complete, Reader, Wanted},
    schedule::Due,
};

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
    stream: TcpStream,
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
    connected: bool,
    /// The request, as it is written.
    wire: Bytes,
    written: usize,
    mute: bool,
    reader: Reader,
}

impl Socket {
    /// Begins to connect to `address`; events come to `registry` under `token`.
    pub fn open(address: SocketAddr, pool: usize, registry: &Registry, token: usize, now: Instant) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        registry.register(&mut stream, Token(token), Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            stream,
            pool,
            since: now,
            requests: 0,
            flight: None,
            silent: 0,
            connected: false,
            wire: Bytes::new(),
            written: 0,
            mute: false,
            reader: Reader::default(),
        })
    }

    /// Whether the connection is there by now; an error when it never will be.
    pub fn connected(&mut self) -> io::Result<bool> {
        if self.connected {
            return Ok(true);
        }
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => {
                // Requests are written at once: Nagle's algorithm would add up to 40 ms that no user sees.
                self.stream.set_nodelay(true)?;
                self.connected = true;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether the other side has neither closed it nor written what nobody asked for.
    #[must_use]
    pub fn fresh(&self) -> bool {
        self.stream.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Puts a request onto it, to be written when it is connected.
    pub fn carry(&mut self, flight: Flight, wire: Bytes, wanted: Wanted) {
        self.flight = Some(flight);
        self.wire = wire;
        self.written = 0;
        self.reader.begin(wanted);
    }

    /// Writes what is left of its request.
    pub fn write(&mut self) -> Written {
        while !self.mute && self.written < self.wire.len() {
            match self.stream.write(&self.wire[self.written..]) {
                Ok(written) if written > 0 => self.written += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Ok(_) | Err(_) if self.written == 0 => return Written::Unsent,
                // An answer may have come all the same: that the body was too large, for example.
                Ok(_) | Err(_) => self.mute = true,
            }
        }
        Written::Sent
    }

    /// Reads what has come, through `scratch`. `closed` says that the other side writes no more.
    pub fn read(&mut self, scratch: &mut [u8], closed: bool) -> Heard {
        loop {
            match self.stream.read(scratch) {
                Ok(0) => {
                    return match self.reader.end() {
                        Some(complete) if self.flight.is_some() => Heard::Answer(complete),
                        _ => Heard::Lost(Failure::Broken),
                    };
                }
                Ok(length) => match self.take(&scratch[..length], closed) {
                    // The kernel has no more: it would have given more.
                    Heard::Nothing if length < scratch.len() && !closed => return Heard::Nothing,
                    Heard::Nothing => {}
                    heard => return heard,
                },
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && !self.mute => return Heard::Nothing,
                Err(_) => return Heard::Lost(Failure::Broken),
            }
        }
    }

    fn take(&mut self, bytes: &[u8], closed: bool) -> Heard {
        if self.flight.is_none() {
            return Heard::Lost(Failure::Broken);
        }
        match self.reader.feed(bytes) {
            Ok(None) => Heard::Nothing,
            Ok(Some(mut complete)) => {
                // Who answers before the whole request was written will not read the rest of it.
                complete.keep &= !closed && !self.mute && self.written == self.wire.len();
                Heard::Answer(complete)
            }
            Err(failure) => Heard::Lost(failure),
        }
    }
}
