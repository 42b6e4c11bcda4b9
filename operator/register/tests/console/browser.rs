//! What a person sees and does, in a real Chromium.

use std::{path::PathBuf, process::Stdio};

use serde_json::Value;
use tokio::{process::Command, sync::Mutex};

use crate::{filled, provider, world::World};

/// One browser and one clock at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs a group of `test-harness/console` on `world`. Its screenshots stay in `target/test/console`.
async fn run(group: &str, world: World, data: Value) {
    let modules =
        Command::new(root().join("test-harness/tools/console")).stderr(Stdio::inherit()).output().await.unwrap();
    assert!(modules.status.success(), "the browser's packages cannot be installed");
    let status = Command::new("node")
        .arg(root().join("test-harness/console/run.mjs"))
        .arg(group)
        .env("REGISTER", &world.address)
        .env("DATA", data.to_string())
        .env("OUTPUT", root().join("target/test/console"))
        .env("MODULES", String::from_utf8(modules.stdout).unwrap().trim())
        .kill_on_drop(true)
        .status()
        .await
        .unwrap();
    assert!(status.success(), "{group}: see above which test failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_in_every_language_holds_in_a_real_browser() {
    let _alone = ALONE.lock().await;
    let (world, data) = Box::pin(filled::to_look_at()).await;
    run("pages", world, data).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_regulators_main_job_is_done_in_a_real_browser() {
    let _alone = ALONE.lock().await;
    let (world, data) = filled::to_work_in().await;
    run("job", world, data).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_be_is_refused_in_a_real_browser() {
    let _alone = ALONE.lock().await;
    let (world, data) = Box::pin(filled::to_look_at()).await;
    run("refusals", world, data).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_regulator_signs_in_at_a_real_identity_provider() {
    let _alone = ALONE.lock().await;
    let (port, secret) = (provider::free_port(), "of the test: &=+%");
    let folder = provider::knowing(secret);
    // The provider itself is a part of the browser's tests: `test-harness/console/provider.mjs`.
    let world = World::start_prepared(|register, address| {
        register.console.provider = Some(provider::at(port, &folder, address));
    })
    .await;
    let data = serde_json::json!({"port": port, "secret": secret});
    run("provider", world, data).await;
}
