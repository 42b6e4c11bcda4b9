//! `why SERVICE`: the stage at which a service is or has stopped, the reason, what was found, and the
//! last lines that the programs behind that stage wrote: one command instead of six.

use std::io::{self, Write};

use factory_crds::{Release, StateService};
use kube::{Resource as _, ResourceExt as _};
use serde_json::json;

use crate::{
    arguments::{Connection, Format},
    cluster::{Cluster, ClusterError, logs::Excerpt},
    exit::Exit,
    failure::Failure,
    outcome,
    progress::{self, Stage, State, View},
    terminal::{Output, Tone, harmless},
};

/// Options of `why`.
#[derive(Debug, clap::Args)]
pub struct WhyArguments {
    /// The service
    #[arg(value_name = "SERVICE")]
    service: String,
    /// An earlier release instead of the newest
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
    /// How the result is written
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

/// Everything that is known of why.
struct Answer {
    service: StateService,
    release: Option<Release>,
    view: View,
    logs: Vec<Excerpt>,
    /// Why there are no logs, if there are none although something could be told.
    unreadable: Option<String>,
}

/// Answers why.
pub async fn run(arguments: &WhyArguments, connection: &Connection) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(connection).await?;
    let answer = look(&cluster, arguments).await?;
    match arguments.output {
        Format::Text => write_text(&mut io::stdout().lock(), &answer)?,
        Format::Json => writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&as_json(&answer))?)?,
    }
    Ok(Exit::Good)
}

async fn look(cluster: &Cluster, arguments: &WhyArguments) -> Result<Answer, Failure> {
    let service = cluster.service(&arguments.service).await?;
    let release = match &arguments.release {
        Some(name) => Some(cluster.release(name).await?),
        None => match cluster.newest_release(&service).await {
            // A changed spec that cannot be resolved has no release of its own: the old one is not why.
            Ok(release)
                if progress::is_current(&service, &release) || progress::stopped_before_release(&service).is_none() =>
            {
                Some(release)
            }
            Ok(_) | Err(ClusterError::NothingReleased(_)) => None,
            Err(error) => return Err(error.into()),
        },
    };
    let view = release.as_ref().map_or_else(|| progress::of_service(&service), progress::of_release);
    let read = match (&release, at(&view)) {
        (Some(release), Some(stage)) => logs(cluster, release, stage.name).await,
        _ => Ok(Vec::new()),
    };
    let (logs, unreadable) = match read {
        Ok(logs) => (logs, None),
        // A team reads no pods of the factory's own: what it can do something about stands above, by the operator.
        Err(error) if error.is_forbidden() => {
            let told = "all of it is the platform engineers' to read; what follows from it stands above";
            (Vec::new(), Some(told.to_owned()))
        }
        Err(error) => (Vec::new(), Some(Failure::from(error).line())),
    };
    Ok(Answer { service, release, view, logs, unreadable })
}

/// The stage that matters: the first that stopped, else the first that is not done.
fn at(view: &View) -> Option<&Stage> {
    let stopped = view.stages.iter().find(|stage| stage.state == State::Stopped);
    stopped.or_else(|| view.stages.iter().find(|stage| stage.state != State::Done))
}

/// The logs of the programs that carry out `stage`.
async fn logs(cluster: &Cluster, release: &Release, stage: &str) -> Result<Vec<Excerpt>, ClusterError> {
    let uid = release.meta().uid.clone().unwrap_or_default();
    let candidate = release.status.as_ref().map(|status| status.namespace.as_str()).unwrap_or_default();
    match stage {
        "Built" => cluster.release_logs("factory-build", &uid).await,
        "Verified" | "Proven" => cluster.release_logs("factory-lab", &uid).await,
        "Deployed" if !candidate.is_empty() => cluster.candidate_logs(candidate).await,
        _ => Ok(Vec::new()),
    }
}

fn write_text(out: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let paint = |tone, text: &str| Output::Standard.paint(tone, text);
    let name = answer
        .release
        .as_ref()
        .map_or_else(|| "no release of the present manifest yet".to_owned(), kube::ResourceExt::name_any);
    writeln!(out, "{} ({name})", paint(Tone::Strong, &answer.service.name_any()))?;
    match at(&answer.view) {
        None => writeln!(out, "Every stage is {}.", paint(Tone::Good, "done"))?,
        Some(stage) => {
            let (word, tone) = match stage.state {
                State::Stopped => ("stopped at", Tone::Bad),
                State::Running => ("is at", Tone::Unsure),
                State::Pending | State::Done => ("waits before", Tone::Unsure),
            };
            let reason = if stage.reason.is_empty() { String::new() } else { format!(" ({})", stage.reason) };
            writeln!(out, "It {} {}{}", paint(tone, word), stage.name, harmless(&reason))?;
            if !stage.message.is_empty() {
                writeln!(out, "  {}", harmless(&stage.message))?;
            }
        }
    }
    let conditions = answer.service.status.iter().flat_map(|status| &status.conditions);
    for unread in conditions.filter(|condition| condition.type_ == "SourceRead" && condition.status == "False") {
        writeln!(out, "Its source cannot be looked at ({}): {}", harmless(&unread.reason), harmless(&unread.message))?;
    }
    if let Some(status) = answer.release.as_ref().and_then(|release| release.status.as_ref()) {
        if let Some(found) = status.outcome {
            writeln!(out, "Verdict: {}", paint(outcome::tone(found), outcome::word(found)))?;
        }
        for finding in &status.findings {
            writeln!(out, "  {}: {}", harmless(&finding.code), harmless(&finding.message))?;
        }
        if !status.entry.is_empty() {
            writeln!(out, "Entry: {}", harmless(&status.entry))?;
        }
    }
    for excerpt in &answer.logs {
        writeln!(out, "\n{}", paint(Tone::Strong, &format!("Last lines of {}", excerpt.of)))?;
        for line in &excerpt.lines {
            writeln!(out, "  {}", harmless(line))?;
        }
    }
    if let Some(unreadable) = &answer.unreadable {
        writeln!(out, "\nIts log is not shown: {}", harmless(unreadable))?;
    }
    Ok(())
}

fn as_json(answer: &Answer) -> serde_json::Value {
    let status = answer.release.as_ref().and_then(|release| release.status.as_ref());
    let stage = at(&answer.view);
    json!({
        "service": answer.service.name_any(),
        "release": answer.release.as_ref().map(kube::ResourceExt::name_any),
        "stage": stage.map(|stage| stage.name),
        "stopped": stage.is_some_and(|stage| stage.state == State::Stopped),
        "reason": stage.map(|stage| &stage.reason),
        "message": stage.map(|stage| &stage.message),
        "outcome": status.and_then(|status| status.outcome),
        "findings": status.map(|status| &status.findings),
        "logs": answer.logs.iter().map(|excerpt| json!({ "of": excerpt.of, "lines": excerpt.lines })).collect::<Vec<_>>(),
        "logUnreadable": answer.unreadable,
    })
}
