//! The port for programs: only who speaks TLS comes through. Handshakes go on beside each other, so
//! that a slow one keeps nobody waiting.

use std::{io, net::SocketAddr, time::Duration};

use axum::serve::Listener;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::Certificate;

/// Handshakes at the same time; others wait before the door.
const AT_ONCE: usize = 64;
/// Longest time for a handshake.
const DEADLINE: Duration = Duration::from_secs(10);
/// How often it is looked for a certificate that is not there yet.
const EVERY: Duration = Duration::from_secs(1);

/// Takes connections, and hands over those whose handshake is done.
pub struct Door {
    listener: TcpListener,
    certificate: Certificate,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl Door {
    /// A door at `listener` that shows `certificate`, once that is there.
    #[must_use]
    pub fn new(listener: TcpListener, certificate: Certificate) -> Self {
        Self { listener, certificate, handshakes: JoinSet::new() }
    }

    /// Returns when there is a certificate; says once that there is none.
    async fn ready(&mut self) {
        let mut told = false;
        while let Err(error) = self.certificate.config().await {
            if !told {
                tracing::warn!(%error, "programs wait until the operator has made the register's certificate");
                told = true;
            }
            sleep(EVERY).await;
        }
    }

    async fn begin(&mut self, stream: TcpStream, peer: SocketAddr) {
        match self.certificate.config().await {
            Ok(config) => {
                let handshake = TlsAcceptor::from(config).accept(stream);
                self.handshakes.spawn(async move {
                    match timeout(DEADLINE, handshake).await {
                        Ok(Ok(stream)) => Some((stream, peer)),
                        Ok(Err(error)) => {
                            tracing::warn!(%peer, %error, "no TLS");
                            None
                        }
                        Err(_) => {
                            tracing::warn!(%peer, seconds = DEADLINE.as_secs(), "no TLS in time");
                            None
                        }
                    }
                });
            }
            Err(error) => tracing::warn!(%peer, %error, "turned away"),
        }
    }
}

impl Listener for Door {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        self.ready().await;
        loop {
            tokio::select! {
                Some(ended) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = ended {
                        return connection;
                    }
                }
                (stream, peer) = Listener::accept(&mut self.listener), if self.handshakes.len() < AT_ONCE => {
                    self.begin(stream, peer).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
