//! Questions of our own to the pod's name server, from the pod's network: over UDP from a fresh socket each,
//! over UDP from one that is kept, and over TCP. They tell what the pod's own questions feel, by other means
//! than those by which answers are changed: a library writes the questions and reads the answers.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpStream, UdpSocket},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use hickory_proto::{
    op::{Message, MessageType, Query, ResponseCode},
    rr::{Name, RData, RecordType},
};

use crate::{
    faults::dns_outage::resolver,
    strike::{StrikeError, place::Place},
};

/// From one question of each way to the next.
const EVERY: Duration = Duration::from_millis(50);
/// So many answers are wanted before the injection.
const ENOUGH: usize = 9;
/// They are waited for at most so long.
const WAIT: Duration = Duration::from_secs(5);
/// Longest wait for an answer while a name is looked for that has an address.
const LOOKING: Duration = Duration::from_millis(500);
/// Name in every cluster, behind which a search domain comes.
const KNOWN: &str = "kubernetes.default";
/// Longest message over UDP.
const LONGEST: usize = 4096;

/// One question that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// From the question to the answer.
    pub took_us: u64,
    /// The answer says that the server failed.
    pub failed: bool,
    /// Addresses that it gives.
    pub addresses: BTreeSet<IpAddr>,
}

/// When a question was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum When {
    #[default]
    Before,
    /// Around the injection: belongs to neither side.
    Between,
    During,
}

#[derive(Debug, Default)]
struct Asked {
    when: When,
    before: Vec<Answered>,
    during: Vec<Answered>,
    /// Why nothing is asked.
    refused: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Shared {
    ended: AtomicBool,
    asked: Mutex<Asked>,
    changed: Condvar,
}

impl Shared {
    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes down an answer, if it came on the same side on which it was asked for.
    fn note(&self, when: When, answered: Answered) {
        let mut asked = self.asked();
        match when {
            _ if asked.when != when => {}
            When::Before => asked.before.push(answered),
            When::During => asked.during.push(answered),
            When::Between => {}
        }
        self.changed.notify_all();
    }
}

/// Questions that are asked until this is dropped.
#[derive(Debug)]
pub struct Asking {
    shared: Arc<Shared>,
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

/// One question, and who is asked.
#[derive(Clone, Debug)]
struct Question {
    server: SocketAddr,
    name: Name,
    kind: RecordType,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Fresh,
    Kept,
    Tcp,
}

impl Asking {
    /// Asks for one of `names`, or where there is none for one that every cluster has, waiting for each answer
    /// for `patience`. Called on a thread in the network of the pod at `place`.
    #[must_use]
    pub fn start(place: &Place, names: &[String], patience: Duration) -> Self {
        let shared = Arc::new(Shared::default());
        let (place, names, asking) = (place.clone(), names.to_vec(), Arc::clone(&shared));
        // Threads stay in the network of the one that starts them.
        let started = thread::Builder::new().name("dns".to_owned()).spawn(move || match chosen(&place, &names) {
            Ok(question) => {
                for way in [Way::Fresh, Way::Kept, Way::Tcp] {
                    let (question, asking) = (question.clone(), Arc::clone(&asking));
                    let ask = move || ask(&question, way, patience, &asking);
                    drop(thread::Builder::new().name("dns".to_owned()).spawn(ask));
                }
            }
            Err(why) => {
                asking.asked().refused = Some(why);
                asking.changed.notify_all();
            }
        });
        if started.is_err() {
            shared.asked().refused = Some("no thread could be started that asks DNS");
        }
        Self { shared }
    }

    /// Waits until some questions were answered; from then on none counts until [`Self::now_during`].
    pub fn answered_before(&self) -> Result<(), StrikeError> {
        let is_waiting = |asked: &mut Asked| asked.refused.is_none() && asked.before.len() < ENOUGH;
        let waited = self.shared.changed.wait_timeout_while(self.shared.asked(), WAIT, is_waiting);
        let mut asked = waited.unwrap_or_else(PoisonError::into_inner).0;
        asked.when = When::Between;
        match asked.refused {
            Some(why) => Err(StrikeError::Incapable(why.to_owned())),
            None if asked.before.is_empty() => {
                Err(StrikeError::Incapable("the pod's name server answered no question of ours".to_owned()))
            }
            None => Ok(()),
        }
    }

    /// Questions from now on are asked while the fault lasts.
    pub fn now_during(&self) {
        self.shared.asked().when = When::During;
    }

    /// What was answered before, and while it lasted.
    #[must_use]
    pub fn answers(&self) -> (Vec<Answered>, Vec<Answered>) {
        let asked = self.shared.asked();
        (asked.before.clone(), asked.during.clone())
    }
}

/// The first question to which the pod's name server knows an address: as a resolver asks, each name with each search
/// domain, and then alone.
fn chosen(place: &Place, names: &[String]) -> Result<Question, &'static str> {
    let process = place.first().map_err(|_| "no process of the pod runs here")?;
    let text = fs::read_to_string(format!("/proc/{process}/root/etc/resolv.conf"))
        .map_err(|_| "the pod has no resolv.conf that could be read")?;
    let server = (resolver(&text).ok_or("the pod's resolv.conf names no name server")?, 53).into();
    let domains: Vec<_> = searched(&text).map(Some).chain([None]).collect();
    let known = [KNOWN.to_owned()];
    for name in if names.is_empty() { &known } else { names } {
        for domain in &domains {
            let full = domain.map_or_else(|| format!("{name}."), |domain| format!("{name}.{domain}."));
            let Ok(full) = Name::from_ascii(full.replace("..", ".")) else { continue };
            for kind in [RecordType::A, RecordType::AAAA] {
                let question = Question { server, name: full.clone(), kind };
                let answered = udp(server).and_then(|socket| over_udp(&socket, &question, LOOKING));
                if answered.is_ok_and(|answered| !answered.failed && !answered.addresses.is_empty()) {
                    return Ok(question);
                }
            }
        }
    }
    Err("the pod's name server knows no address for any of the names")
}

/// Search domains of a `resolv.conf`; the last line counts.
fn searched(text: &str) -> impl Iterator<Item = &str> {
    let line = text.lines().filter_map(|line| line.trim().strip_prefix("search ")).next_back();
    line.unwrap_or_default().split_whitespace()
}

fn ask(question: &Question, way: Way, patience: Duration, shared: &Shared) {
    let mut kept = None;
    while !shared.ended.load(Ordering::Relaxed) {
        let (when, began) = (shared.asked().when, Instant::now());
        let answered = match way {
            Way::Fresh => udp(question.server).and_then(|socket| over_udp(&socket, question, patience)),
            Way::Tcp => over_tcp(question, patience),
            Way::Kept => {
                kept = kept.or_else(|| udp(question.server).ok());
                let gone = || io::Error::from(io::ErrorKind::NotConnected);
                kept.as_ref().ok_or_else(gone).and_then(|socket| over_udp(socket, question, patience))
            }
        };
        if let Ok(answered) = answered {
            shared.note(when, answered);
        }
        thread::sleep(EVERY.saturating_sub(began.elapsed()));
    }
}

fn udp(server: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.connect(server)?;
    Ok(socket)
}

fn over_udp(socket: &UdpSocket, question: &Question, patience: Duration) -> io::Result<Answered> {
    let (id, bytes) = written(question)?;
    let began = Instant::now();
    socket.send(&bytes)?;
    let mut buffer = [0; LONGEST];
    loop {
        let left = patience.checked_sub(began.elapsed()).filter(|left| !left.is_zero());
        socket.set_read_timeout(Some(left.ok_or(io::ErrorKind::TimedOut)?))?;
        let length = socket.recv(&mut buffer)?;
        // A late answer to an earlier question is none to this one.
        if let Some(answered) = buffer.get(..length).and_then(|bytes| read(bytes, id, began)) {
            return Ok(answered);
        }
    }
}

fn over_tcp(question: &Question, patience: Duration) -> io::Result<Answered> {
    let (id, bytes) = written(question)?;
    let mut connection = TcpStream::connect_timeout(&question.server, patience)?;
    connection.set_read_timeout(Some(patience))?;
    let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
    let began = Instant::now();
    connection.write_all(&[&length.to_be_bytes()[..], &bytes].concat())?;
    let mut length = [0; 2];
    connection.read_exact(&mut length)?;
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    connection.read_exact(&mut answer)?;
    read(&answer, id, began).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// A question as bytes, and its number.
fn written(question: &Question) -> io::Result<(u16, Vec<u8>)> {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(question.name.clone(), question.kind));
    Ok((message.metadata.id, message.to_vec().map_err(io::Error::other)?))
}

/// The answer to the question with the number `id` that was asked when it `began`.
fn read(bytes: &[u8], id: u16, began: Instant) -> Option<Answered> {
    let took_us = u64::try_from(began.elapsed().as_micros()).ok()?;
    let message = Message::from_vec(bytes).ok()?;
    if message.metadata.id != id || message.metadata.message_type != MessageType::Response {
        return None;
    }
    let address = |data: &RData| match data {
        RData::A(address) => Some(IpAddr::V4(address.0)),
        RData::AAAA(address) => Some(IpAddr::V6(address.0)),
        _ => None,
    };
    let failed = message.metadata.response_code == ResponseCode::ServFail;
    let addresses = message.answers.iter().filter_map(|record| address(&record.data)).collect();
    Some(Answered { took_us, failed, addresses })
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::OpCode;

    use super::*;

    #[test]
    fn search_domains_are_those_of_the_last_line() {
        let text =
            "search a.b\nnameserver 198.18.0.10\nsearch svc-1.svc.cluster.local svc.cluster.local\noptions ndots:5\n";
        assert_eq!(searched(text).collect::<Vec<_>>(), ["svc-1.svc.cluster.local", "svc.cluster.local"]);
        assert_eq!(searched("nameserver 198.18.0.10\n").count(), 0);
    }

    #[test]
    fn an_answer_counts_on_the_side_on_which_it_was_asked_for_and_around_the_injection_on_none() {
        let shared = Shared::default();
        let answered = |took_us| Answered { took_us, failed: false, addresses: BTreeSet::new() };
        shared.note(When::Before, answered(1));
        shared.asked().when = When::Between;
        shared.note(When::Before, answered(2));
        shared.note(When::Between, answered(3));
        shared.asked().when = When::During;
        shared.note(When::Between, answered(4));
        shared.note(When::During, answered(5));
        let asked = shared.asked();
        assert_eq!((&asked.before[..], &asked.during[..]), (&[answered(1)][..], &[answered(5)][..]));
    }

    #[test]
    fn what_is_no_answer_to_the_question_is_none() {
        let answer = Message::new(7, MessageType::Response, OpCode::Query).to_vec().unwrap();
        assert!(read(&answer, 7, Instant::now()).is_some());
        assert!(read(&answer, 8, Instant::now()).is_none());
        assert!(read(&answer[..11], 7, Instant::now()).is_none());
        let question = Message::new(7, MessageType::Query, OpCode::Query).to_vec().unwrap();
        assert!(read(&question, 7, Instant::now()).is_none());
    }
}
