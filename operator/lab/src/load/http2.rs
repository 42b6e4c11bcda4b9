//! One connection that speaks HTTP/2, and the stream that is on it. Framing, flow control and HPACK are the `h2`
//! crate's; it is asked again with each event of the kernel, so that nothing here waits and no runtime is needed.
//! What a hostile service writes is bounded: heads by the list size that is announced, bodies by the window and
//! by what is read, control frames by `h2`'s own limits.

use std::{
    fmt,
    io::{self, ErrorKind, Read as _, Write as _},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use factory_assurance::evidence::Failure;
use h2::{
    RecvStream,
    client::{Builder, Connection, ResponseFuture, SendRequest},
};
use hyper::HeaderMap;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    reader::{Complete, MAX_BODY, Wanted},
    socket::{Heard, Written},
    transport::Transport,
};
use crate::{
    connection::{Answer, MAX_HEAD},
    request::Message,
};

/// What the service may send before it hears that it was read: one body.
#[allow(clippy::cast_possible_truncation)] // 1 MiB
const WINDOW: u32 = MAX_BODY as u32;

/// A connection with its request.
#[derive(Debug)]
pub struct Http2 {
    state: State,
    /// The request, until it is handed over.
    request: Option<Arc<Message>>,
    wanted: Wanted,
    answer: Option<Answering>,
}

type Open = (SendRequest<Bytes>, Connection<Polled, Bytes>);
type Shaking = Pin<Box<dyn Future<Output = Result<Open, h2::Error>> + Send>>;

enum State {
    /// TCP and TLS.
    Connecting(Transport),
    /// The preface is written.
    Greeting(Shaking),
    /// Requests can be carried.
    Open(Box<Open>),
    /// Nothing can.
    Over,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting(_) => "Connecting",
            Self::Greeting(_) => "Greeting",
            Self::Open(_) => "Open",
            Self::Over => "Over",
        })
    }
}

/// An answer, as far as it has come.
#[derive(Debug)]
enum Answering {
    Head(ResponseFuture),
    Body { status: u16, headers: HeaderMap, stream: RecvStream, length: usize, body: Vec<u8> },
}

impl Http2 {
    /// Over `transport`.
    #[must_use]
    pub const fn new(transport: Transport) -> Self {
        let wanted = Wanted { headers: false, body: false, bodiless: false };
        Self { state: State::Connecting(transport), request: None, wanted, answer: None }
    }

    /// Whether it can carry requests by now; an error when it never will.
    pub fn connected(&mut self) -> io::Result<bool> {
        if let State::Connecting(transport) = &mut self.state {
            if !transport.connected()? {
                return Ok(false);
            }
            let State::Connecting(transport) = std::mem::replace(&mut self.state, State::Over) else {
                return Ok(false);
            };
            if !transport.agreed_on_http2() {
                return Err(io::Error::new(ErrorKind::InvalidData, "the service does not speak HTTP/2 over TLS"));
            }
            self.state = State::Greeting(Box::pin(greet(transport)));
        }
        if let State::Greeting(greeting) = &mut self.state {
            match greeting.as_mut().poll(&mut context()) {
                Poll::Pending => return Ok(false),
                Poll::Ready(open) => self.state = State::Open(Box::new(open.map_err(io::Error::other)?)),
            }
        }
        Ok(!matches!(self.state, State::Over))
    }

    /// Whether the other side has not closed it.
    pub fn fresh(&mut self) -> bool {
        !self.over()
    }

    /// Puts a request onto it.
    pub fn carry(&mut self, request: Arc<Message>, wanted: Wanted) {
        self.request = Some(request);
        self.wanted = wanted;
        self.answer = None;
    }

    /// Lets the connection read and write what it can; whether it is over.
    fn over(&mut self) -> bool {
        let State::Open(open) = &mut self.state else { return matches!(self.state, State::Over) };
        let over = Pin::new(&mut open.1).poll(&mut context()).is_ready();
        if over {
            self.state = State::Over;
        }
        over
    }

    /// Hands its request over, if it has not been yet.
    pub fn write(&mut self) -> Written {
        if self.request.is_none() {
            return Written::Sent;
        }
        if self.over() {
            return Written::Unsent;
        }
        let State::Open(open) = &mut self.state else { return Written::Sent };
        match open.0.poll_ready(&mut context()) {
            Poll::Pending => return Written::Sent,
            Poll::Ready(Err(_)) => return Written::Unsent,
            Poll::Ready(Ok(())) => {}
        }
        let Some(request) = self.request.take() else { return Written::Sent };
        let ends = request.body.is_empty();
        let Ok((response, mut body)) = open.0.send_request(request.head.clone(), ends) else { return Written::Unsent };
        if !ends && body.send_data(request.body.clone(), true).is_err() {
            return Written::Unsent;
        }
        self.answer = Some(Answering::Head(response));
        // It leaves now; whether the connection has ended meanwhile, reading tells.
        self.over();
        Written::Sent
    }

    /// Reads what has come. `asked` says that there is a request on it.
    pub fn read(&mut self, asked: bool) -> Heard {
        loop {
            let over = self.over();
            let (heard, moved) = if asked { self.progress() } else { (Heard::Nothing, false) };
            match heard {
                Heard::Nothing if over => return Heard::Lost(Failure::Broken),
                // What was read made room in the window, of which the other side must hear.
                Heard::Nothing if moved => {}
                Heard::Answer(mut complete) => {
                    complete.keep = !self.over() && self.is_ready();
                    return Heard::Answer(complete);
                }
                heard => return heard,
            }
        }
    }

    /// Whether another request could follow.
    fn is_ready(&mut self) -> bool {
        let State::Open(open) = &mut self.state else { return false };
        matches!(open.0.poll_ready(&mut context()), Poll::Ready(Ok(())))
    }

    /// Takes what of the answer has come; whether there was anything.
    fn progress(&mut self) -> (Heard, bool) {
        let mut moved = false;
        if let Some(Answering::Head(response)) = &mut self.answer {
            let response = match Pin::new(response).poll(&mut context()) {
                Poll::Pending => return (Heard::Nothing, false),
                Poll::Ready(Err(_)) => return (Heard::Lost(Failure::Broken), true),
                Poll::Ready(Ok(response)) => response,
            };
            let (head, stream) = response.into_parts();
            let headers = if self.wanted.headers { head.headers } else { HeaderMap::new() };
            let status = head.status.as_u16();
            self.answer = Some(Answering::Body { status, headers, stream, length: 0, body: Vec::new() });
            moved = true;
        }
        let Some(Answering::Body { status, headers, stream, length, body }) = &mut self.answer else {
            return (Heard::Nothing, false);
        };
        loop {
            match stream.poll_data(&mut context()) {
                Poll::Pending => return (Heard::Nothing, moved),
                Poll::Ready(Some(Err(_))) => return (Heard::Lost(Failure::Broken), true),
                Poll::Ready(Some(Ok(data))) => {
                    moved = true;
                    *length += data.len();
                    if *length > MAX_BODY {
                        return (Heard::Lost(Failure::Content), true);
                    }
                    if self.wanted.body {
                        body.extend_from_slice(&data);
                    }
                    // A stream that is over needs no room any more.
                    drop(stream.flow_control().release_capacity(data.len()));
                }
                Poll::Ready(None) => {
                    let answer =
                        Answer { status: *status, headers: std::mem::take(headers), body: std::mem::take(body).into() };
                    self.answer = None;
                    return (Heard::Answer(Complete { answer, keep: true }), true);
                }
            }
        }
    }
}

async fn greet(transport: Transport) -> Result<Open, h2::Error> {
    Builder::new()
        .enable_push(false)
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
        .handshake(Polled(transport))
        .await
}

/// Nobody is woken: everything is asked again when the kernel reports something.
fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// A transport whose `WouldBlock` is `Pending`.
struct Polled(Transport);

fn polled<T>(mut call: impl FnMut() -> io::Result<T>) -> Poll<io::Result<T>> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return Poll::Ready(result),
        }
    }
}

impl AsyncRead for Polled {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = buffer.initialize_unfilled();
        polled(|| self.0.read(room)).map_ok(|length| buffer.advance(length))
    }
}

impl AsyncWrite for Polled {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        polled(|| self.0.write(bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        polled(|| self.0.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Dropping it closes it.
        Poll::Ready(Ok(()))
    }
}
