//! A server on loopback that stalls by a script, so that how long its users waited is known without
//! measuring it: `stalling PORT PERIOD_MS STALL_MS`. What is asked in the first STALL_MS of each period
//! of the wall clock is answered when they are over, in the order of asking; everything else at once.
//!
//! Stands beside the road: the load engine is measured against it. It reads no more of a request than
//! its end, and must never be reached from elsewhere.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read as _, Write as _},
    net::SocketAddr,
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use slab::Slab;

const LISTENER: Token = Token(usize::MAX);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nok\n";
/// Most time that one wait takes; the rest before a stall's end is waited for on the processor, since
/// the wait counts whole milliseconds.
const LONGEST: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let numbers: Vec<u32> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let script = match numbers[..] {
        [port, period, stall] if period > stall => u16::try_from(port).ok().map(|port| (port, period, stall)),
        _ => None,
    };
    let Some((port, period, stall)) = script else {
        eprintln!("usage: stalling PORT PERIOD_MS STALL_MS, where the period is longer than the stall");
        return ExitCode::from(2);
    };
    match serve(port, Duration::from_millis(period.into()), Duration::from_millis(stall.into())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stalling: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How long the stall that is on will last; `None` while there is none.
fn rest(now: Duration, period: Duration, stall: Duration) -> Option<Duration> {
    let into = now.as_nanos() % period.as_nanos();
    stall
        .as_nanos()
        .checked_sub(into)
        .filter(|rest| *rest > 0)
        .and_then(|rest| u64::try_from(rest).ok())
        .map(Duration::from_nanos)
}

fn serve(port: u16, period: Duration, stall: Duration) -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1024);
    let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut open: Slab<TcpStream> = Slab::new();
    // Those who wait, in the order of asking.
    let mut held: VecDeque<usize> = VecDeque::new();
    loop {
        let left = rest(SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?, period, stall);
        if left.is_none() {
            while let Some(token) = held.pop_front() {
                answer(&mut open, token);
            }
        }
        let whole = left.map_or(LONGEST, |left| left.saturating_sub(Duration::from_millis(1)).min(LONGEST));
        match poll.poll(&mut events, Some(Duration::from_millis(u64::try_from(whole.as_millis()).unwrap_or(0)))) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    stream.set_nodelay(true)?;
                    let place = open.vacant_entry();
                    poll.registry().register(&mut stream, Token(place.key()), Interest::READABLE)?;
                    place.insert(stream);
                }
                continue;
            }
            let token = event.token().0;
            match open.get_mut(token).map(asked) {
                Some(Some(true)) => {
                    // Read anew for each: a stall begins and ends between two requests.
                    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
                    if rest(now, period, stall).is_some() {
                        held.push_back(token);
                    } else {
                        answer(&mut open, token);
                    }
                }
                Some(Some(false)) | None => {}
                Some(None) => {
                    held.retain(|waiting| *waiting != token);
                    open.remove(token);
                }
            }
        }
    }
}

/// Whether a request has come; `None` when the connection has ended. Requests are small and are not
/// sent before the last was answered, so one is complete when it ends in an empty line.
fn asked(stream: &mut TcpStream) -> Option<bool> {
    let (mut bytes, mut complete) = ([0; 4096], false);
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return None,
            Ok(length) => complete = bytes[..length].ends_with(b"\r\n\r\n"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(complete),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// Answers; who cannot take so short an answer at once is gone.
fn answer(open: &mut Slab<TcpStream>, token: usize) {
    if let Some(stream) = open.get_mut(token)
        && !stream.write(ANSWER).is_ok_and(|written| written == ANSWER.len())
    {
        open.remove(token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_lasts_for_the_first_part_of_each_period() {
        let ms = Duration::from_millis;
        for (now, left) in [(0, Some(1_000)), (999, Some(1)), (1_000, None), (4_999, None), (5_250, Some(750))] {
            assert_eq!(rest(ms(now), ms(5_000), ms(1_000)), left.map(ms), "{now}");
        }
    }
}
