//! `compare A B`: two runs side by side, and which of their differences are more than noise. It must
//! not judge: `assurance::report::comparison` does, and says there how.

mod table;

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use factory_assurance::report::comparison::{self, Judgement, Run};

use super::report::source;
use crate::{
    arguments::{Connection, Format},
    exit::Exit,
    failure::Failure,
};

/// How it is judged, for `--help`.
const HOW: &str = "\
Judged are p50, p95 and p99 of latency and the share of failed requests in the steady state of both runs. A figure is \
better or worse only if its difference is more than noise, which is estimated from the seconds of the two runs \
themselves: by a stationary bootstrap of 2000 draws, whose intervals hold for all four figures together in 95 % of \
cases; by the drift of each run, its steady state before the faults against that after them; and by the width of the \
histogram's cells. The same two dossiers always compare the same. Two runs are two samples of one: whether both had \
the same machine for themselves, nothing here can know.

Exit codes: 0 no worse; 1 error; 2 worse; 3 too few seconds to say.";

/// Options of `compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = HOW)]
pub struct CompareArguments {
    /// The run to compare with: a dossier, or a service, a release or a submission
    #[arg(value_name = "A")]
    first: String,
    /// The run that is compared
    #[arg(value_name = "B")]
    second: String,
    /// Public key of the factory's dossiers; may be repeated. Without one no signature is checked
    #[arg(short, long, value_name = "PEM")]
    key: Vec<PathBuf>,
    /// How the result is written
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

/// Compares, and says with its exit code whether the second is worse.
pub async fn run(arguments: &CompareArguments, connection: &Connection) -> Result<Exit, Failure> {
    let first = source::fetch(&arguments.first, &arguments.key, connection).await?;
    let second = source::fetch(&arguments.second, &arguments.key, connection).await?;
    let [one, other] = [&first, &second].map(|named| Run { result: &named.dossier.predicate, digest: &named.digest });
    let mut comparison = comparison::compare(one, other);
    if arguments.key.is_empty() {
        comparison.cautions.push("no signature was checked; give --key".to_owned());
    }
    match arguments.output {
        Format::Text => table::write(&mut io::stdout().lock(), &comparison)?,
        Format::Json => writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&comparison)?)?,
    }
    Ok(match comparison.judgement {
        Judgement::Better | Judgement::WithinNoise => Exit::Good,
        Judgement::Worse => Exit::Failed,
        Judgement::Unknown => Exit::Inconclusive,
    })
}
