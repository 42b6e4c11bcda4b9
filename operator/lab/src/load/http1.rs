//! One connection that speaks HTTP/1.1, and the request that is on it. A request is written once; it comes back as
//! unsent only while not one byte of it has left.

use std::io::{ErrorKind, Read as _, Write as _};

use bytes::Bytes;
use factory_assurance::evidence::Failure;

use super::{
    reader::{Reader, Wanted},
    socket::{Heard, Written},
    transport::Transport,
};

/// A connection with its request.
#[derive(Debug)]
pub struct Http1 {
    /// The bytes.
    pub transport: Transport,
    /// The request, as it is written.
    wire: Bytes,
    written: usize,
    mute: bool,
    reader: Reader,
}

impl Http1 {
    /// Over `transport`.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self { transport, wire: Bytes::new(), written: 0, mute: false, reader: Reader::default() }
    }

    /// Puts a request onto it.
    pub fn carry(&mut self, wire: Bytes, wanted: Wanted) {
        self.wire = wire;
        self.written = 0;
        self.reader.begin(wanted);
    }

    /// Writes what is left of its request.
    pub fn write(&mut self) -> Written {
        while !self.mute && self.written < self.wire.len() {
            match self.transport.write(&self.wire[self.written..]) {
                Ok(written) if written > 0 => self.written += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Written::Sent,
                Ok(_) | Err(_) if self.written == 0 => return Written::Unsent,
                // An answer may have come all the same: that the body was too large, for example.
                Ok(_) | Err(_) => self.mute = true,
            }
        }
        // Bytes that TLS still holds; what becomes of them, reading tells.
        drop(self.transport.flush());
        Written::Sent
    }

    /// Reads what has come, through `scratch`. `closed` says that the other side writes no more, `asked` that there
    /// is a request on it.
    pub fn read(&mut self, scratch: &mut [u8], closed: bool, asked: bool) -> Heard {
        loop {
            match self.transport.read(scratch) {
                Ok(0) => {
                    return match self.reader.end() {
                        Some(complete) if asked => Heard::Answer(complete),
                        _ => Heard::Lost(Failure::Broken),
                    };
                }
                Ok(length) => match self.take(&scratch[..length], closed, asked) {
                    // The kernel has no more: it would have given more.
                    Heard::Nothing if length < scratch.len() && !closed && self.transport.is_plain() => {
                        return Heard::Nothing;
                    }
                    Heard::Nothing => {}
                    heard => return heard,
                },
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && !self.mute => return Heard::Nothing,
                Err(_) => return Heard::Lost(Failure::Broken),
            }
        }
    }

    fn take(&mut self, bytes: &[u8], closed: bool, asked: bool) -> Heard {
        if !asked {
            return Heard::Lost(Failure::Broken);
        }
        match self.reader.feed(bytes) {
            Ok(None) => Heard::Nothing,
            Ok(Some(mut complete)) => {
                // Who answers before the whole request was written will not read the rest of it.
                complete.keep &= !closed && !self.mute && self.written == self.wire.len() && self.transport.settled();
                Heard::Answer(complete)
            }
            Err(failure) => Heard::Lost(failure),
        }
    }
}
