//! A real browser: what a person gets to see at an address that was printed for them.

use std::{os::unix::fs::MetadataExt as _, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use crate::{Cluster, Failure, ensure};

/// A browser that starts cold on a busy machine takes its time.
const LIMIT: Duration = Duration::from_mins(1);

/// Opens `address` and returns the page as the browser made it, as HTML. `CHROMIUM` names another
/// program than `chromium`.
pub async fn open(cluster: &Cluster, address: &str) -> Result<String, Failure> {
    let program = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let profile = cluster.scratch().join(format!("browser-{}", std::process::id()));
    let mut browser = Command::new(&program);
    // Its sandbox refuses to work for root.
    if std::fs::metadata("/proc/self")?.uid() == 0 {
        browser.arg("--no-sandbox");
    }
    browser
        .args(["--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(address)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(LIMIT, browser.output())
        .await
        .map_err(|_| Failure::new(format!("{program} did not show {address} within {LIMIT:?}")))?
        .map_err(|error| Failure::new(format!("{program}: {error}; `make install` brings it on Debian")))?;
    let said = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure(output.status.success(), || format!("{program} {address}: {}: {}", output.status, said()))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
