//! The first process of the lab's pod on a node: it keeps alive the one that serves the run, and does nothing
//! else. A process that was killed in the middle of a fault is started again at once, and takes away what that
//! left; the kubelet's pauses between two starts grow, to 20 s with the third. It is there before the first
//! fault, and it is small and idle: who looks for something to kill finds the other one first.
//!
//! It ends when the one that it keeps ends by itself, well or not, and takes it along when it is killed itself;
//! then the kubelet starts both.

use std::{
    io,
    os::unix::process::ExitStatusExt as _,
    process::ExitStatus,
    time::{Duration, Instant},
};

use nix::sys::{prctl, signal::Signal};
use rustix::process::{Pid, Signal as Told, kill_process};
use tokio::{
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
};

/// One that was killed sooner after its start than this would only be killed again: that is left to the kubelet,
/// whose pauses grow.
const TOO_SOON: Duration = Duration::from_millis(100);

/// The process that serves the run is not kept any longer.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// It could not be started, or not be waited for.
    #[error("{action}: {source}")]
    Process {
        /// What was tried.
        action: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// It ended by itself, and not well, or it was killed as soon as it began.
    #[error("the process that serves the run ended: {0}")]
    Ended(ExitStatus),
}

fn failed(action: &'static str) -> impl FnOnce(io::Error) -> GuardError {
    move |source| GuardError::Process { action, source }
}

/// Keeps this program alive with `arguments` until it ends by itself. Being told to stop is passed on.
pub async fn keep(arguments: &[&str]) -> Result<(), GuardError> {
    let mut terminated = signal(SignalKind::terminate()).map_err(failed("hear signals"))?;
    let program = std::env::current_exe().map_err(failed("find this program"))?;
    loop {
        let began = Instant::now();
        let start = Command::new(&program).args(arguments).kill_on_drop(true).spawn();
        let mut kept = start.map_err(failed("start the process that serves the run"))?;
        let (ended, told) = tokio::select! {
            ended = kept.wait() => (ended, false),
            _ = terminated.recv() => (stop(&mut kept).await, true),
        };
        let ended = ended.map_err(failed("wait for the process that serves the run"))?;
        match ended.signal() {
            _ if ended.success() => return Ok(()),
            Some(signal) if !told && began.elapsed() >= TOO_SOON => {
                tracing::warn!(signal, "who served the run was killed, and is started again");
            }
            _ => return Err(GuardError::Ended(ended)),
        }
    }
}

/// Tells `kept` to stop, and waits until it has undone what it did.
async fn stop(kept: &mut Child) -> io::Result<ExitStatus> {
    let pid = kept.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended a moment ago.
        let _ = kill_process(pid, Told::TERM);
    }
    kept.wait().await
}

/// From now on the calling process ends when the one that started it does: two that served one run would
/// strike twice.
pub fn end_with_the_guard() -> Result<(), GuardError> {
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|error| failed("tie this process to its guard")(error.into()))
}
