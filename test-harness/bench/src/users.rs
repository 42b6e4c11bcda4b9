//! Those who ask the pod of a rig: a steady traffic over a kept connection and fresh ones, and single
//! questions that tell how the pod answers now.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::sched::{CloneFlags, setns};

use crate::Failure;

/// From an answer to the next question of the traffic.
pub const EVERY: Duration = Duration::from_millis(8);
/// A question in so many is asked on a connection of its own.
const FRESH: u32 = 4;
/// Packets that leave together, about a thousand times a second.
const TOGETHER: usize = 20;
/// Longest wait of the traffic for an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is asked for where nothing is said.
const PATH: &str = "/";

/// Users in a network namespace.
#[derive(Clone, Debug)]
pub struct Users {
    network: String,
    address: String,
}

/// An open connection; it stays in its network, whoever asks over it.
pub struct Kept {
    connection: TcpStream,
}

impl Kept {
    /// Whether one more question is answered within `patience`.
    pub fn answers(&mut self, patience: Duration) -> bool {
        self.answer_for(PATH, patience).is_some()
    }

    /// How long an answer for `path` takes; nothing if longer than `patience`.
    pub fn answer_for(&mut self, path: &str, patience: Duration) -> Option<Duration> {
        self.connection.set_read_timeout(Some(patience)).ok()?;
        let began = Instant::now();
        exchange(&mut self.connection, path).ok()?;
        Some(began.elapsed()).filter(|took| *took <= patience)
    }
}

/// Traffic that ends when this is dropped.
pub struct Traffic {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Users {
    pub(crate) fn new(network: &str, address: &str) -> Self {
        Self { network: network.to_owned(), address: address.to_owned() }
    }

    /// Waits for the first answer: the server has to start.
    pub fn until_answered(&self) -> Result<(), Failure> {
        let latest = Instant::now() + Duration::from_secs(20);
        while Instant::now() < latest {
            if self.ask(Duration::from_millis(200)).is_some() {
                return Ok(());
            }
        }
        Err("the rig's server does not answer".into())
    }

    /// How long a fresh connection and one answer take now; nothing if longer than `patience`.
    #[must_use]
    pub fn ask(&self, patience: Duration) -> Option<Duration> {
        self.ask_for(PATH, patience)
    }

    /// The same for `path`.
    #[must_use]
    pub fn ask_for(&self, path: &str, patience: Duration) -> Option<Duration> {
        let (users, path) = (self.clone(), path.to_owned());
        let asking = thread::spawn(move || {
            users.enter()?;
            let began = Instant::now();
            let mut connection = users.connect(patience)?;
            exchange(&mut connection, &path)?;
            Ok::<_, Failure>(began.elapsed())
        });
        asking.join().ok()?.ok().filter(|took| *took <= patience)
    }

    /// An open connection, over which one question was answered.
    pub fn kept(&self) -> Result<Kept, Failure> {
        let users = self.clone();
        let asking = thread::spawn(move || {
            users.enter()?;
            let mut connection = users.connect(PATIENCE)?;
            exchange(&mut connection, PATH)?;
            Ok::<_, Failure>(connection)
        });
        Ok(Kept { connection: asking.join().map_err(|_| "the one who asks died")?? })
    }

    /// Steady traffic.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.traffic_for(PATH)
    }

    /// The same for `path`.
    #[must_use]
    pub fn traffic_for(&self, path: &str) -> Traffic {
        let ended = Arc::new(AtomicBool::new(false));
        let (users, stop, path) = (self.clone(), Arc::clone(&ended), path.to_owned());
        let ask = move || {
            if users.enter().is_err() {
                return;
            }
            let mut kept = None;
            for count in 0_u32.. {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                if count % FRESH == 0 {
                    drop(users.connect(PATIENCE).and_then(|mut fresh| exchange(&mut fresh, &path)));
                } else {
                    kept = kept.or_else(|| users.connect(PATIENCE).ok());
                    kept = kept.and_then(|mut connection| exchange(&mut connection, &path).ok().map(|()| connection));
                }
                thread::sleep(EVERY);
            }
        };
        Traffic { ended, thread: Some(thread::spawn(ask)) }
    }

    /// Packets that nobody answers, so that losing them makes nobody send less.
    #[must_use]
    pub fn packets(&self) -> Traffic {
        let ended = Arc::new(AtomicBool::new(false));
        let (users, stop) = (self.clone(), Arc::clone(&ended));
        let send = move || {
            let Ok(socket) = users.enter().and_then(|()| Ok(UdpSocket::bind("0.0.0.0:0")?)) else { return };
            while !stop.load(Ordering::Relaxed) {
                for _ in 0..TOGETHER {
                    drop(socket.send_to(b"packet", &users.address));
                }
                thread::sleep(Duration::from_millis(1));
            }
        };
        Traffic { ended, thread: Some(thread::spawn(send)) }
    }

    fn enter(&self) -> Result<(), Failure> {
        let network = fs::File::open(format!("/run/netns/{}", self.network))?;
        Ok(setns(network, CloneFlags::CLONE_NEWNET)?)
    }

    fn connect(&self, patience: Duration) -> Result<TcpStream, Failure> {
        let address: SocketAddr = self.address.parse()?;
        let connection = TcpStream::connect_timeout(&address, patience)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(patience))?;
        Ok(connection)
    }
}

/// One question for `path` and its whole answer, a good one.
fn exchange(connection: &mut TcpStream, path: &str) -> Result<(), Failure> {
    connection.write_all(format!("GET {path} HTTP/1.1\r\nhost: pod\r\n\r\n").as_bytes())?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head)?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err("another status".into());
    }
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).ok_or("an answer without length")?;
    let mut body = vec![0; length.parse()?];
    Ok(connection.read_exact(&mut body)?)
}

/// The pod's server: answers every question on every connection with `body` bytes, for good.
pub fn serve(address: &str, body: usize) -> Result<(), Failure> {
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {body}\r\n\r\n").into_bytes();
    answer.resize(answer.len() + body, b'x');
    let answer: Arc<[u8]> = answer.into();
    for connection in TcpListener::bind(address)?.incoming() {
        // Without a free descriptor it waits for one.
        let (Ok(mut connection), answer) = (connection, Arc::clone(&answer)) else {
            thread::sleep(EVERY);
            continue;
        };
        connection.set_nodelay(true)?;
        thread::spawn(move || {
            let mut question = [0; 1024];
            while connection.read(&mut question).is_ok_and(|read| read > 0) && connection.write_all(&answer).is_ok() {}
        });
    }
    Ok(())
}
