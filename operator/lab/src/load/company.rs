//! Several generators of one load, in pods of their own: the one that leads waits until all are there, tells them
//! when to begin, and adds up in the end what each counted. While the load runs, nothing passes between them.
//!
//! Who carries another nonce is sent away; whoever does not come, or does not end, makes the run one that was not
//! measured: a part of a load is no load.

use std::{
    collections::BTreeMap,
    io,
    time::{Duration, Instant},
};

use factory_assurance::evidence::{Measured, NotOneRun, Part};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, ToSocketAddrs},
    time::timeout,
};

use super::schedule::Shard;

/// How long all may take to come: their image may have to be pulled.
pub const GATHERING: Duration = Duration::from_secs(120);
/// How long one that connected may take to say who it is.
const HELLO: Duration = Duration::from_secs(2);
/// Between two tries to reach the one that leads.
const PAUSE: Duration = Duration::from_millis(200);
/// Longest that a generator may take to answer that it begins: by so much its clock of the run may differ, since it
/// counts from when it hears.
const SKEW: Duration = Duration::from_millis(50);
/// Largest greeting, in bytes.
const SHORT: u32 = 4 << 10;
/// Largest part, in bytes: some hours of load of some dozens of operations.
const LONG: u32 = 256 << 20;

/// The generators of a load did not make one run.
#[derive(Debug, thiserror::Error)]
pub enum CompanyError {
    /// Not all came.
    #[error("{0} of {1} generators of the load came in time")]
    Absent(usize, u32),
    /// One that came was lost.
    #[error("generator {0} of the load was lost: {1}")]
    Lost(u32, #[source] io::Error),
    /// The one that leads cannot be reached, or was lost.
    #[error("the leading generator of the load: {0}")]
    Leader(#[source] io::Error),
    /// What they counted is not of one run.
    #[error("the generators of the load: {0}")]
    Parts(#[from] NotOneRun),
}

#[derive(Debug, Serialize, Deserialize)]
struct Hello {
    nonce: String,
    index: u32,
    of: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Begin {
    /// Microseconds from now on.
    in_us: u64,
}

/// The answer to [`Begin`].
#[derive(Debug, Serialize, Deserialize)]
struct Heard {}

/// The others, as the one that leads has them.
#[derive(Debug)]
pub struct Company {
    nonce: String,
    of: u32,
    others: BTreeMap<u32, TcpStream>,
}

impl Company {
    /// Waits at `listener` until the others of the `of` generators of the run `nonce` are there, but not longer than
    /// `within`.
    pub async fn gather(listener: &TcpListener, nonce: &str, of: u32, within: Duration) -> Result<Self, CompanyError> {
        let mut company = Self { nonce: nonce.to_owned(), of, others: BTreeMap::new() };
        let all = async {
            while company.others.len() + 1 < usize::try_from(of).unwrap_or(usize::MAX) {
                let Ok((mut stream, _)) = listener.accept().await else { continue };
                let Ok(Ok(Hello { nonce, index, of })) = timeout(HELLO, read(&mut stream, SHORT)).await else {
                    continue;
                };
                if nonce == company.nonce && of == company.of && (1..of).contains(&index) {
                    // One that comes again was lost before.
                    company.others.insert(index, stream);
                }
            }
        };
        let came = timeout(within, all).await.is_ok();
        if came { Ok(company) } else { Err(CompanyError::Absent(company.others.len() + 1, of)) }
    }

    /// The part of the one that leads.
    #[must_use]
    pub const fn shard(&self) -> Shard {
        Shard { index: 0, of: self.of }
    }

    /// Tells all to begin at `start`. One that hears it late would make its share of the load late, and nobody would see
    /// that from what it counts: it is lost.
    pub async fn begin(&mut self, start: Instant) -> Result<(), CompanyError> {
        for (index, stream) in &mut self.others {
            let late = || CompanyError::Lost(*index, io::ErrorKind::TimedOut.into());
            let ahead = start.checked_duration_since(Instant::now()).ok_or_else(late)?;
            let begin = Begin { in_us: u64::try_from(ahead.as_micros()).unwrap_or(u64::MAX) };
            let heard = timeout(SKEW, async {
                write(stream, &begin).await?;
                read::<Heard>(stream, SHORT).await
            });
            let Heard {} = heard.await.map_err(|_| late())?.map_err(|error| CompanyError::Lost(*index, error))?;
        }
        Ok(())
    }

    /// What all counted, `own` being what the one that leads did; the others are given `patience` for their answers.
    pub async fn counted(self, own: Measured, patience: Duration) -> Result<Measured, CompanyError> {
        let mut parts = vec![Part { nonce: self.nonce, index: 0, of: self.of, measured: own }];
        for (index, mut stream) in self.others {
            let part = timeout(patience, read(&mut stream, LONG))
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            parts.push(part.map_err(|error| CompanyError::Lost(index, error))?);
        }
        Ok(Measured::of(parts)?)
    }
}

/// One that does not lead.
#[derive(Debug)]
pub struct Member {
    nonce: String,
    shard: Shard,
    stream: TcpStream,
}

impl Member {
    /// Joins the company of the run `nonce` that is led at `leader`, and waits until it begins; when that is.
    pub async fn join(
        leader: impl ToSocketAddrs + Clone,
        nonce: &str,
        shard: Shard,
    ) -> Result<(Self, Instant), CompanyError> {
        let until = Instant::now() + GATHERING;
        let mut stream = loop {
            match TcpStream::connect(leader.clone()).await {
                Ok(stream) => break stream,
                Err(error) if Instant::now() >= until => return Err(CompanyError::Leader(error)),
                // Its pod, or its name, is not there yet; nothing tells when it is.
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        };
        stream.set_nodelay(true).map_err(CompanyError::Leader)?;
        let hello = Hello { nonce: nonce.to_owned(), index: shard.index, of: shard.of };
        write(&mut stream, &hello).await.map_err(CompanyError::Leader)?;
        let Begin { in_us } = read(&mut stream, SHORT).await.map_err(CompanyError::Leader)?;
        let start = Instant::now() + Duration::from_micros(in_us);
        write(&mut stream, &Heard {}).await.map_err(CompanyError::Leader)?;
        Ok((Self { nonce: nonce.to_owned(), shard, stream }, start))
    }

    /// Hands over what it counted.
    pub async fn report(mut self, measured: Measured) -> Result<(), CompanyError> {
        let part = Part { nonce: self.nonce, index: self.shard.index, of: self.shard.of, measured };
        write(&mut self.stream, &part).await.map_err(CompanyError::Leader)
    }
}

/// A document, after its length in four bytes.
async fn write(stream: &mut TcpStream, document: &impl Serialize) -> io::Result<()> {
    let bytes = serde_json::to_vec(document)?;
    let length = u32::try_from(bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(&bytes).await?;
    stream.flush().await
}

async fn read<T: DeserializeOwned>(stream: &mut TcpStream, most: u32) -> io::Result<T> {
    let length = stream.read_u32().await?;
    if length > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    // Grows with what comes, and not with what was promised.
    let mut bytes = Vec::new();
    if stream.take(length.into()).read_to_end(&mut bytes).await? as u64 != u64::from(length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_slice(&bytes)?)
}
