//! `make bench`: the groups that need the lab's own code, each on a rig of its own. Writes its figures to a
//! file as JSON, and as a table to the terminal. Beside the road; nothing here is part of the product.

mod answers;
mod dns;
mod dose;
mod figures;
mod leases;
mod peers;
mod rig;
mod users;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};

type Failure = Box<dyn Error + Send + Sync>;

/// Measures the lab's part on a node.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the figures go.
    #[arg(long, global = true, default_value = "/dev/stdout")]
    output: PathBuf,
    #[command(subcommand)]
    group: Group,
}

#[derive(Debug, Subcommand)]
enum Group {
    /// Whether faults are as strong as asked.
    Dose {
        /// Measurements at each strength.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Whether faults end when the lab is killed.
    Leases {
        /// Kills.
        #[arg(long, default_value_t = 200)]
        count: usize,
        /// From which the moments are drawn.
        #[arg(long, default_value = "leases")]
        seed: String,
    },
    /// Whether faults of answers reach those that they mean, and are seen when they do not.
    Answers {
        /// Only one fault of each sort.
        #[arg(long)]
        brief: bool,
    },
    /// Whether a fault of traffic with one peer reaches that traffic and no other.
    Peers {
        /// Only the cut, and one delay.
        #[arg(long)]
        brief: bool,
    },
    /// The server of a rig.
    #[command(hide = true)]
    Serve { address: String, body: usize },
    /// The name server of a rig.
    #[command(hide = true)]
    Names { address: String },
    /// A strike on the pod of a rig.
    #[command(hide = true)]
    Strike { uid: String, slug: String, strength: u64, lease_ms: u64 },
    /// A holder, as in the lab's program.
    #[command(hide = true)]
    Hold {
        #[arg(long)]
        seconds: u32,
        processes: Vec<i32>,
    },
    /// Takes memory, as in the lab's program.
    #[command(hide = true)]
    Press {
        #[arg(long)]
        seconds: u32,
        #[arg(long)]
        percent: u64,
        process: i32,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.group, &arguments.output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("factory-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(group: Group, output: &Path) -> Result<(), Failure> {
    let figures = match group {
        Group::Dose { rounds } => dose::measure(rounds)?,
        Group::Answers { brief } => answers::measure(brief)?,
        Group::Peers { brief } => peers::measure(brief)?,
        Group::Leases { count, seed } => leases::measure(count, &seed)?,
        Group::Serve { address, body } => return users::serve(&address, body),
        Group::Names { address } => return dns::serve(&address),
        Group::Strike { uid, slug, strength, lease_ms } => {
            return leases::struck(&uid, &slug, strength, Duration::from_millis(lease_ms));
        }
        Group::Press { seconds, percent, process } => {
            return Ok(factory_lab::strike::press::press(seconds, percent, process)?);
        }
        Group::Hold { seconds, processes } => return Ok(factory_lab::strike::hold::hold(seconds, &processes)?),
    };
    for figure in &figures {
        eprintln!("{figure}");
    }
    Ok(fs::write(output, serde_json::to_string_pretty(&figures)? + "\n")?)
}
