//! DNS in the rig: a server that knows a few names, and the pod's questions to it, over UDP from a fresh
//! socket and one that is kept, and over TCP. Written and read by a library, so that the lab's own reading of
//! messages is held against another.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RData, Record, RecordType, rdata},
};
use nix::sched::{CloneFlags, setns};

use crate::Failure;

/// Search domain of the pod.
pub const DOMAIN: &str = "rig.test";
/// Names that the server knows, in that domain.
const KNOWN: [&str; 3] = ["kubernetes.default", "registry", "other"];
/// The address of all of them.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 18, 200, 3);
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Answers questions for addresses, for good.
pub fn serve(address: &str) -> Result<(), Failure> {
    let listener = TcpListener::bind(address)?;
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || drop(serve_connection(connection)));
        }
    });
    let socket = UdpSocket::bind(address)?;
    let mut question = [0; 1024];
    loop {
        let (length, from) = socket.recv_from(&mut question)?;
        if let Some(answer) = question.get(..length).and_then(answer) {
            drop(socket.send_to(&answer, from));
        }
    }
}

fn serve_connection(mut connection: TcpStream) -> io::Result<()> {
    loop {
        let question = framed(&mut connection)?;
        let answer = answer(&question).ok_or(io::ErrorKind::InvalidData)?;
        connection.write_all(&frame(&answer))?;
    }
}

fn answer(question: &[u8]) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).ok()?;
    let query = question.queries.first()?.clone();
    let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    answer.metadata.recursion_available = true;
    let name = query.name.to_ascii().to_lowercase();
    let is_known = KNOWN.iter().any(|known| name == format!("{known}.{DOMAIN}."));
    if !is_known {
        answer.metadata.response_code = ResponseCode::NXDomain;
    } else if query.query_type == RecordType::A {
        answer.add_answer(Record::from_rdata(query.name.clone(), 30, RData::A(rdata::A(ADDRESS))));
    }
    answer.add_query(query);
    answer.to_vec().ok()
}

/// The pod's questions.
pub struct Resolver {
    network: String,
    server: SocketAddr,
    /// Opened when this was made.
    kept: UdpSocket,
}

/// What one question was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whether the server failed.
    pub failed: bool,
    /// The addresses.
    pub addresses: Vec<IpAddr>,
    /// How long it took.
    pub took: Duration,
}

impl Told {
    /// Whether it is what the server says, within `patience`.
    #[must_use]
    pub fn is_right(&self, patience: Duration) -> bool {
        !self.failed && self.addresses == [IpAddr::V4(ADDRESS)] && self.took <= patience
    }
}

impl Resolver {
    /// Questions from `network` to `server`.
    pub fn new(network: &str, server: SocketAddr) -> Result<Self, Failure> {
        let kept = within(network, || Ok(UdpSocket::bind("0.0.0.0:0")?))?;
        kept.connect(server)?;
        Ok(Self { network: network.to_owned(), server, kept })
    }

    /// What `name` is told in each of the three ways; nothing where there was no answer.
    pub fn ask(&self, name: &str) -> Result<[Option<Told>; 3], Failure> {
        let name = Name::from_ascii(format!("{name}.{DOMAIN}."))?;
        let kept = over_udp(&self.kept, &name);
        let server = self.server;
        let others = within(&self.network, move || {
            let fresh = UdpSocket::bind("0.0.0.0:0")?;
            fresh.connect(server)?;
            Ok([over_udp(&fresh, &name).ok(), over_tcp(server, &name).ok()])
        })?;
        let [fresh, tcp] = others;
        Ok([kept.ok(), fresh, tcp])
    }

    /// How many of the three ways are not told of `name` what the server says within `patience`.
    pub fn misled(&self, name: &str, patience: Duration) -> Result<usize, Failure> {
        Ok(self.ask(name)?.iter().filter(|told| !told.as_ref().is_some_and(|told| told.is_right(patience))).count())
    }

    /// Waits for the first right answers: the server has to start.
    pub fn until_answered(&self) -> Result<(), Failure> {
        let latest = Instant::now() + Duration::from_secs(20);
        while Instant::now() < latest {
            if self.misled(KNOWN[1], PATIENCE)? == 0 {
                return Ok(());
            }
        }
        Err("the rig's name server does not answer".into())
    }
}

/// What `work` returns on a thread in `network`.
fn within<T: Send + 'static>(
    network: &str,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let network = fs::File::open(format!("/run/netns/{network}"))?;
    let inside = move || {
        setns(network, CloneFlags::CLONE_NEWNET)?;
        work()
    };
    thread::spawn(inside).join().map_err(|_| "the one who asks died")?
}

fn over_udp(socket: &UdpSocket, name: &Name) -> Result<Told, Failure> {
    let question = question(name)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let began = Instant::now();
    socket.send(&question.to_vec()?)?;
    let mut answer = [0; 1024];
    loop {
        let length = socket.recv(&mut answer)?;
        if let Some(told) = answer.get(..length).and_then(|answer| told(answer, question.metadata.id, began)) {
            return Ok(told);
        }
    }
}

fn over_tcp(server: SocketAddr, name: &Name) -> Result<Told, Failure> {
    let question = question(name)?;
    let mut connection = TcpStream::connect_timeout(&server, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let began = Instant::now();
    connection.write_all(&frame(&question.to_vec()?))?;
    let answer = framed(&mut connection)?;
    Ok(told(&answer, question.metadata.id, began).ok_or("an answer that cannot be read")?)
}

fn question(name: &Name) -> Result<Message, Failure> {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name.clone(), RecordType::A));
    Ok(message)
}

fn told(answer: &[u8], id: u16, began: Instant) -> Option<Told> {
    let message = Message::from_vec(answer).ok().filter(|message| message.metadata.id == id)?;
    let addresses = message.answers.iter().filter_map(|record| match record.data {
        RData::A(address) => Some(IpAddr::V4(address.0)),
        _ => None,
    });
    let failed = message.metadata.response_code == ResponseCode::ServFail;
    Some(Told { failed, addresses: addresses.collect(), took: began.elapsed() })
}

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], message].concat()
}

fn framed(connection: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    connection.read_exact(&mut length)?;
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    connection.read_exact(&mut message)?;
    Ok(message)
}
