//! `make bench`: the groups that need the lab's own code, on a rig or beside a cluster. Writes its figures to a
//! file as JSON, and as a table to the terminal. Beside the road; nothing here is part of the product.

mod answers;
mod disorder;
mod dns;
mod dose;
mod figures;
mod leases;
mod peers;
mod rig;
mod scale;
mod scarce;
mod users;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use factory_lab::strike;

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
    /// Whether copies, wrong sums and a wrong order of packets reach those that they mean, and whether the API server can
    /// be out of reach.
    Disorder {
        /// Only packets that come to the pod.
        #[arg(long)]
        brief: bool,
    },
    /// Whether thousands of pods get and lose a fault in time, and what that asks of the API server. Needs the cluster
    /// of KUBECONFIG, and takes away what it made there.
    Scale {
        /// Pods, on a node for each hundred.
        #[arg(long, default_value_t = 6_000)]
        pods: usize,
    },
    /// Whether what a container may use is as scarce as asked, for it alone, and given back.
    Scarce,
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
    /// As in the lab's program: takes a container's memory for as long as this one lives.
    #[command(hide = true)]
    Press(Take),
    /// The same: competes for a container's CPU for as long as this one lives.
    #[command(hide = true)]
    Spin(Take),
    /// The same: fills a container's volumes for as long as this one lives.
    #[command(hide = true)]
    Fill {
        #[arg(long)]
        pod: String,
        #[command(flatten)]
        take: Take,
    },
    /// The same: keeps a container's limits of descriptors low until its time has come.
    #[command(hide = true)]
    Exhaust(Take),
}

/// What is taken of a container, and for how long.
#[derive(Debug, clap::Args)]
struct Take {
    /// After so many seconds it ends by itself.
    #[arg(long)]
    seconds: u32,
    /// Up to so many percent.
    #[arg(long)]
    percent: u64,
    /// Id of its first process.
    process: i32,
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
        Group::Disorder { brief } => disorder::measure(brief)?,
        Group::Scale { pods } => scale::measure(pods)?,
        Group::Scarce => scarce::measure()?,
        Group::Leases { count, seed } => leases::measure(count, &seed)?,
        Group::Serve { address, body } => return users::serve(&address, body),
        Group::Names { address } => return dns::serve(&address),
        Group::Strike { uid, slug, strength, lease_ms } => {
            return leases::struck(&uid, &slug, strength, Duration::from_millis(lease_ms));
        }
        Group::Press(Take { seconds, percent, process }) => {
            return Ok(strike::press::press(seconds, percent, process)?);
        }
        Group::Spin(Take { seconds, percent, process }) => return Ok(strike::spin::spin(seconds, percent, process)?),
        Group::Fill { pod, take: Take { seconds, percent, process } } => {
            return Ok(strike::fill::fill(seconds, percent, &pod, process)?);
        }
        Group::Exhaust(Take { seconds, percent, process }) => {
            return Ok(strike::exhaust::exhaust(seconds, percent, process)?);
        }
        Group::Hold { seconds, processes } => return Ok(strike::hold::hold(seconds, &processes)?),
    };
    for figure in &figures {
        eprintln!("{figure}");
    }
    Ok(fs::write(output, serde_json::to_string_pretty(&figures)? + "\n")?)
}
