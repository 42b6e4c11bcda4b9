//! `factory-lab`: runs in a Job pod for the length of one measurement. Reads what to do from a file,
//! does it, pushes the evidence and says where it is. Exits 0 whenever evidence was pushed, whatever
//! it says; 1, with one line, when it could not measure at all.

use std::{
    error::Error,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{ExitCode, exit},
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use factory_assurance::{
    evidence::{PROVE_MEDIA_TYPE, VERIFY_MEDIA_TYPE},
    plan::twin::hold_us,
    wire::{Run, RunEnd},
};
use factory_lab::{
    key,
    load::{
        command::Load,
        company::{Company, GATHERING},
    },
    null,
    prove::{contribute, prove},
    results, strike,
    target::Targets,
    twin,
    verify::verify,
};
use serde_json::json;
use tokio::net::TcpListener;

/// Deep but finite JSON and schemas are walked recursively.
const STACK: usize = 16 << 20;

/// Measures a candidate of the factory of state services.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Where Kubernetes looks for the termination message.
    #[arg(long, global = true, default_value = "/dev/termination-log")]
    termination_log: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Functional checks and the contract of each interface.
    Verify {
        /// The run, as JSON.
        #[arg(long)]
        run: PathBuf,
        /// Folder of the lab's keys.
        #[arg(long)]
        keys: PathBuf,
    },
    /// Load, and faults under it.
    Prove {
        /// The run, as JSON.
        #[arg(long)]
        run: PathBuf,
        /// Folder of the lab's keys.
        #[arg(long)]
        keys: PathBuf,
        /// Which of the generators that share the load this is; the first one leads, and injects the faults
        #[arg(long, env = "JOB_COMPLETION_INDEX", default_value_t = 0)]
        index: u32,
    },
    /// Makes the keys that the lab lacks, and publishes their public halves.
    Key {
        /// So many there shall be: each one more follows the last.
        #[arg(long)]
        count: usize,
        /// Namespace in which the public halves are published.
        #[arg(long)]
        publish: String,
    },
    /// Answers, and does nothing else: the control beside a candidate.
    Null {
        /// Port to answer on.
        #[arg(long)]
        port: u16,
    },
    /// Passes on, and holds each answer back: the twin in front of a candidate, which must be refused.
    Twin {
        /// Port to be asked on.
        #[arg(long)]
        port: u16,
        /// Where the service is: host:port.
        #[arg(long)]
        to: String,
        /// Limit on the 95th percentile of latency, in milliseconds.
        #[arg(long)]
        limit_ms: u32,
        /// Until so many percent of it each answer is held back.
        #[arg(long)]
        percent: u32,
    },
    /// Carries out on this node the faults that `prove` orders, and keeps who does it alive.
    Strike(Striking),
    /// The same, in the process that is kept alive.
    #[command(hide = true)]
    Serve(Striking),
    /// Lets processes stand still for as long as this one lives.
    #[command(hide = true)]
    Hold {
        /// After so many seconds it ends by itself.
        #[arg(long)]
        seconds: u32,
        /// Their ids.
        processes: Vec<i32>,
    },
    /// Takes a container's memory for as long as this one lives.
    #[command(hide = true)]
    Press(Take),
    /// Competes for a container's CPU for as long as this one lives.
    #[command(hide = true)]
    Spin(Take),
    /// Fills a container's volumes for as long as this one lives.
    #[command(hide = true)]
    Fill {
        /// UID of its pod.
        #[arg(long)]
        pod: String,
        #[command(flatten)]
        take: Take,
    },
    /// Keeps a container's limits of descriptors low until its time has come.
    #[command(hide = true)]
    Exhaust(Take),
    Load(Load),
}

/// For whom the lab stands by on a node.
#[derive(Debug, Args)]
struct Striking {
    /// Name of this node.
    #[arg(long)]
    node: String,
    /// Namespace of the candidate.
    #[arg(long)]
    namespace: String,
    /// Nonce of the run.
    #[arg(long)]
    nonce: String,
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

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Those that measure no release: they say what they have to say on the terminal.
    let alone = match &arguments.command {
        Command::Load(load) => Some(load.run().map_err(|error| format!("load: {error}"))),
        // No runtime: a process that holds others has no thread but one.
        Command::Hold { seconds, processes } => {
            Some(strike::hold::hold(*seconds, processes).map_err(|error| format!("hold: {error}")))
        }
        Command::Press(Take { seconds, percent, process }) => {
            Some(strike::press::press(*seconds, *percent, *process).map_err(|error| format!("press: {error}")))
        }
        Command::Spin(Take { seconds, percent, process }) => {
            Some(strike::spin::spin(*seconds, *percent, *process).map_err(|error| format!("spin: {error}")))
        }
        Command::Fill { pod, take: Take { seconds, percent, process } } => {
            Some(strike::fill::fill(*seconds, *percent, pod, *process).map_err(|error| format!("fill: {error}")))
        }
        Command::Exhaust(Take { seconds, percent, process }) => {
            Some(strike::exhaust::exhaust(*seconds, *percent, *process).map_err(|error| format!("exhaust: {error}")))
        }
        _ => None,
    };
    match alone {
        Some(Ok(())) => return ExitCode::SUCCESS,
        Some(Err(error)) => {
            eprintln!("factory-lab {error}");
            return ExitCode::FAILURE;
        }
        None => {}
    }
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .with_writer(io::stdout)
        .init();
    let ended = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| {
            let ended = runtime.block_on(measure(&arguments.command));
            // Waits for nothing: a thread that a hostile schema still holds up must not hold up the pod.
            runtime.shutdown_background();
            ended
        });
    exit(match said(&arguments.termination_log, ended) {
        Ok(()) => 0,
        Err(error) => {
            tracing::error!(error, "could not measure");
            1
        }
    })
}

async fn measure(command: &Command) -> Result<Option<RunEnd>, Failure> {
    // The one TLS provider of the process: two at once would make rustls refuse to choose.
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "a TLS provider was installed twice")?;
    match command {
        Command::Verify { run, keys } => {
            let (run, keys) = (read(run)?, key::load(keys)?);
            let evidence = verify(&run.plan.verify, &Targets::of(&run)?, &run.nonce).await?;
            Ok(Some(results::push(&run, VERIFY_MEDIA_TYPE, &evidence, &keys).await?))
        }
        Command::Prove { run, keys, index } => {
            let (run, keys) = (read(run)?, key::load(keys)?);
            let targets = Targets::of(&run)?;
            let company = match &run.company {
                Some(company) if *index > 0 => {
                    contribute(&run.plan.prove, &targets, &run.nonce, company, *index).await?;
                    return Ok(None);
                }
                Some(company) => {
                    let listener = TcpListener::bind(everywhere(company.port).as_slice()).await?;
                    Some(Company::gather(&listener, &run.nonce, company.of, GATHERING).await?)
                }
                None => None,
            };
            let client = kube::Client::try_default().await?;
            let reference = run.reference.as_ref().map(Targets::beside).transpose()?;
            let (plan, reference) = (&run.plan.prove, reference.as_ref());
            // Large, and alive as long as the run.
            let proven = Box::pin(prove(plan, &targets, reference, &run.namespace, &run.nonce, &client, company));
            let evidence = proven.await?;
            Ok(Some(results::push(&run, PROVE_MEDIA_TYPE, &evidence, &keys).await?))
        }
        Command::Key { count, publish } => {
            key::make(&kube::Client::try_default().await?, *count, publish).await?;
            Ok(None)
        }
        Command::Null { port } => {
            null::serve(*port).await?;
            Ok(None)
        }
        Command::Twin { port, to, limit_ms, percent } => {
            twin::serve(*port, to, Duration::from_micros(hold_us(*percent, *limit_ms))).await?;
            Ok(None)
        }
        Command::Strike(Striking { node, namespace, nonce }) => {
            let arguments = ["serve", "--node", node, "--namespace", namespace, "--nonce", nonce];
            strike::guard::keep(&arguments).await?;
            Ok(None)
        }
        Command::Serve(Striking { node, namespace, nonce }) => {
            strike::guard::end_with_the_guard()?;
            let client = kube::Client::try_default().await?;
            // Large, and alive as long as the run.
            Box::pin(strike::serve::serve(&client, namespace, nonce, node, strike::hands::Kernel)).await?;
            Ok(None)
        }
        Command::Hold { .. }
        | Command::Press(_)
        | Command::Spin(_)
        | Command::Fill { .. }
        | Command::Exhaust(_)
        | Command::Load(_) => Ok(None),
    }
}

/// All addresses of this pod, also where there is no IPv6.
fn everywhere(port: u16) -> [SocketAddr; 2] {
    [(Ipv6Addr::UNSPECIFIED, port).into(), (Ipv4Addr::UNSPECIFIED, port).into()]
}

fn read(path: &Path) -> Result<Run, Failure> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// Writes the termination message; the line of the error, if there was one.
fn said(termination_log: &Path, ended: Result<Option<RunEnd>, Failure>) -> Result<(), String> {
    match ended {
        Ok(None) => Ok(()),
        Ok(Some(end)) => {
            tracing::info!(results = end.results, evidence = end.evidence, "measured");
            results::end(termination_log, &end).map_err(|error| error.to_string())
        }
        Err(error) => {
            let line: String =
                error.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).take(1000).collect();
            // The line is in the log as well, should the message not be writable.
            if let Err(error) = results::end(termination_log, &json!({"error": line})) {
                tracing::error!(%error, "no termination message");
            }
            Err(line)
        }
    }
}
