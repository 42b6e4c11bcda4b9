//! The bytes of one connection: as they are, or through TLS. Never waits: what the kernel does not take or give at
//! once is `WouldBlock`, and the handshake goes on with the events. Knows no HTTP.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::SocketAddr,
};

use mio::{Interest, Registry, Token, net::TcpStream};
use rustls::ClientConnection;

use crate::trust::{H2, Trust};

/// A connection; it closes when this is dropped.
#[derive(Debug)]
pub struct Transport {
    stream: TcpStream,
    connected: bool,
    tls: Option<Box<ClientConnection>>,
}

impl Transport {
    /// Begins to connect to `address`; events come to `registry` under `token`.
    pub fn open(address: SocketAddr, trust: Option<&Trust>, registry: &Registry, token: usize) -> io::Result<Self> {
        let tls = match trust {
            Some(Trust { config, name }) => {
                let tls = ClientConnection::new(config.clone(), name.clone()).map_err(io::Error::other)?;
                Some(Box::new(tls))
            }
            None => None,
        };
        let mut stream = TcpStream::connect(address)?;
        registry.register(&mut stream, Token(token), Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, connected: false, tls })
    }

    /// Whether it can carry requests by now; an error when it never will.
    pub fn connected(&mut self) -> io::Result<bool> {
        if self.connected {
            return Ok(true);
        }
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(false),
            Err(error) => return Err(error),
        }
        // Requests are written at once: Nagle's algorithm would add up to 40 ms that no user sees.
        self.stream.set_nodelay(true)?;
        self.connected = match &mut self.tls {
            None => true,
            Some(tls) => shaken(tls, &mut self.stream)?,
        };
        Ok(self.connected)
    }

    /// Whether the other side agreed in the handshake that HTTP/2 is spoken.
    #[must_use]
    pub fn agreed_on_http2(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| tls.alpn_protocol() == Some(H2))
    }

    /// Whether a read that gives less than there was room for has taken all that there is.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.tls.is_none()
    }

    /// Whether the other side has neither closed it nor written what nobody asked for.
    #[must_use]
    pub fn fresh(&self) -> bool {
        self.stream.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Whether all that was written has left, and all that TLS has decrypted was read: what it still holds nobody
    /// asked for, and the kernel does not know of it.
    #[must_use]
    pub fn settled(&mut self) -> bool {
        let Some(tls) = &mut self.tls else { return true };
        !tls.wants_write() && tls.process_new_packets().is_ok_and(|state| state.plaintext_bytes_to_read() == 0)
    }
}

/// Goes on with the handshake; whether it is over.
fn shaken(tls: &mut ClientConnection, stream: &mut TcpStream) -> io::Result<bool> {
    while tls.is_handshaking() {
        let step = if tls.wants_write() { tls.write_tls(stream) } else { tls.read_tls(stream) };
        match step {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => {
                tls.process_new_packets().map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    send(tls, stream).map(|()| true)
}

/// Sends what TLS has to say, as far as the kernel takes it.
fn send(tls: &mut ClientConnection, stream: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        match tls.write_tls(stream) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.stream.read(buffer) };
        loop {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            tls.read_tls(&mut self.stream)?;
            tls.process_new_packets().map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            send(tls, &mut self.stream)?;
        }
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.stream.write(bytes) };
        // What the kernel has not taken yet goes first, so that little is kept here.
        send(tls, &mut self.stream)?;
        if tls.wants_write() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let written = tls.writer().write(bytes)?;
        send(tls, &mut self.stream)?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        send(tls, &mut self.stream)?;
        if tls.wants_write() { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }
}
