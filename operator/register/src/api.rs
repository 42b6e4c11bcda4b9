//! The register's HTTP surface: one file a resource. Handlers ask who is there, read what is needed,
//! let [`crate::intake`] judge it, and write.
//!
//! *Architecture invariant:* a handler gets the right to act as an argument ([`caller::Factory`],
//! [`caller::Regulator`], [`caller::Owner`]) that only the check of that right can make.

mod announcements;
pub(crate) mod asked;
mod body;
pub(crate) mod browser;
pub mod caller;
pub mod claims;
pub(crate) mod decisions;
pub(crate) mod delegations;
pub mod describe;
pub mod entries;
pub(crate) mod exclusions;
mod fresh;
mod glossary;
mod grounds;
mod health;
mod history;
pub(crate) mod instructions;
mod key;
pub(crate) mod kpis;
pub(crate) mod limits;
mod linked;
mod log;
pub mod membership;
pub mod objects;
pub(crate) mod observe;
pub(crate) mod observed;
mod page;
pub mod participants;
pub mod problem;
pub mod replay;
pub mod standards;
pub mod statistics;
mod submissions;
mod table;
mod unread;
mod withdrawals;

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, middleware};
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{Authenticator, Users},
    claims::forms::Forms,
    console::{self, Console},
    keys::Keys,
    metrics::Metrics,
    pages,
    signer::Keyring,
    store::Store,
};
use limits::Limits;
pub use limits::Settings;
use problem::Refusal;

/// Largest dossier or announcement.
const LARGE_BODY: usize = 32 * 1024 * 1024;
/// Largest confirmation, return or withdrawal.
const SMALL_BODY: usize = 256 * 1024;
/// Dossiers verified at the same time: each may need several times its size in memory.
const VERIFIED_AT_ONCE: usize = 2;
/// Answers with parts of the log that are made at the same time: each reads many megabytes.
const SERVED_AT_ONCE: usize = 1;

/// Everything that handlers work with.
pub struct Register {
    /// The database.
    pub store: Store,
    /// Sign checkpoints of its log; their name is the log's origin.
    pub keyring: Keyring,
    /// Who asks, and what they may.
    pub access: Box<dyn Authenticator>,
    /// The programs of the factory by name.
    pub users: Users,
    /// Keys that dossiers are signed with.
    pub factory_keys: Keys,
    /// Keys with which the lab signs what it measured.
    pub lab_keys: Keys,
    /// Keys that confirmations are signed with.
    pub regulator_keys: Keys,
    /// The regulator's console: its calendar and who is signed in.
    pub console: Console,
    /// Figures.
    pub metrics: Metrics,
    /// Turns true when the server is to end: those who wait are answered at once.
    pub stopping: watch::Receiver<bool>,
    settings: Settings,
    /// Who may ask how much.
    pub(crate) limits: Limits,
    /// Numbers of public forms.
    pub(crate) forms: Forms,
    /// When it started, in ms since 1970.
    started_ms: i64,
    verifying: Semaphore,
    serving: Semaphore,
    statistics: statistics::Counted,
    replaying: Semaphore,
}

impl Register {
    /// A register over these parts.
    #[must_use]
    pub fn new(
        (store, keyring): (Store, Keyring),
        access: Box<dyn Authenticator>,
        users: Users,
        (factory_keys, lab_keys, regulator_keys): (Keys, Keys, Keys),
        metrics: Metrics,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let (verifying, serving) = (Semaphore::new(VERIFIED_AT_ONCE), Semaphore::new(SERVED_AT_ONCE));
        let settings = Settings::default();
        let limits = Limits::of(&settings);
        let started_ms = Timestamp::now().as_millisecond();
        Self {
            store,
            keyring,
            access,
            users,
            factory_keys,
            lab_keys,
            regulator_keys,
            console: Console::default(),
            metrics,
            stopping,
            settings,
            limits,
            forms: Forms::default(),
            started_ms,
            verifying,
            serving,
            statistics: statistics::Counted::default(),
            replaying: Semaphore::new(1),
        }
    }

    /// The same with other settings.
    #[must_use]
    pub fn with(mut self, settings: Settings) -> Self {
        self.limits = Limits::of(&settings);
        self.settings = settings;
        self
    }

    /// Address of the register, where it was told.
    fn address(&self) -> Option<&str> {
        self.settings.address.as_deref()
    }

    /// Shortest time in which a person fills a public form in.
    pub(crate) const fn form_takes(&self) -> Duration {
        self.settings.form_takes
    }
}

/// All routes over `register`: those of the API, which describe themselves, and pages for people.
pub fn router(register: Arc<Register>) -> Router {
    let public = Router::from(fresh_for_everyone())
        .merge(pages::router())
        .route_layer(middleware::from_fn_with_state(Arc::clone(&register), fresh::fresh));
    let large = Router::from(large()).layer(DefaultBodyLimit::max(LARGE_BODY));
    Router::from(others())
        .merge(public)
        .merge(pages::fixed())
        .merge(pages::claims::router())
        .merge(pages::delegations::router())
        .merge(pages::objects::router())
        .merge(pages::membership::router())
        .merge(pages::supplier::router())
        .merge(console::router())
        .layer(DefaultBodyLimit::max(SMALL_BODY))
        .merge(large)
        .fallback(async || Refusal::not_found("no such page"))
        .method_not_allowed_fallback(async || Refusal::method())
        .layer(middleware::from_fn_with_state(Arc::clone(&register), limits::limit))
        .layer(middleware::from_fn(unread::unread))
        .layer(middleware::from_fn_with_state(Arc::clone(&register), observe::observe))
        .with_state(register)
}

/// What describes itself, all of it.
fn described() -> OpenApiRouter<Arc<Register>> {
    fresh_for_everyone().merge(large()).merge(others())
}

/// What is public and follows from the log alone.
fn fresh_for_everyone() -> OpenApiRouter<Arc<Register>> {
    OpenApiRouter::new()
        .routes(routes!(entries::index))
        .routes(routes!(entries::entry))
        .routes(routes!(linked::entry))
        .routes(routes!(linked::catalogue))
        .routes(routes!(instructions::of_entry))
        .routes(routes!(observed::of_entry))
        .routes(routes!(statistics::json))
        .routes(routes!(statistics::table))
        .routes(routes!(glossary::json))
        .routes(routes!(participants::list))
        .routes(routes!(pages::feed::feed))
        .merge(claims::fresh())
}

/// What takes large bodies.
fn large() -> OpenApiRouter<Arc<Register>> {
    OpenApiRouter::new()
        .routes(routes!(announcements::announce))
        .routes(routes!(history::history))
        .routes(routes!(submissions::list, submissions::submit))
}

fn others() -> OpenApiRouter<Arc<Register>> {
    OpenApiRouter::new()
        .routes(routes!(describe::openapi))
        .routes(routes!(table::table))
        .routes(routes!(submissions::get))
        .routes(routes!(submissions::dossier))
        .routes(routes!(decisions::confirm))
        .routes(routes!(decisions::send_back))
        .routes(routes!(withdrawals::withdraw))
        .routes(routes!(instructions::list, instructions::issue))
        .routes(routes!(instructions::get))
        .routes(routes!(instructions::withdraw))
        .routes(routes!(kpis::report))
        .routes(routes!(kpis::table))
        .routes(routes!(replay::replay))
        .routes(routes!(exclusions::exclude))
        .routes(routes!(log::proof))
        .routes(routes!(grounds::grounds))
        .routes(routes!(log::key))
        .routes(routes!(log::keys))
        .routes(routes!(log::checkpoint))
        .routes(routes!(log::events))
        .routes(routes!(log::inclusion))
        .routes(routes!(log::consistency))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .merge(claims::others())
        .merge(objects::router())
        .merge(membership::router())
        .merge(delegations::router())
        .merge(standards::router())
}

/// Longest time for one write: a database that went silent would keep it for ever, and with it all others.
const WRITE: Duration = Duration::from_secs(60);

/// Carries `work` to its end even when the caller hangs up in the middle: what is committed must be
/// told to those who wait for it.
async fn to_the_end<T, E>(work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, Refusal>
where
    T: Send + 'static,
    E: Send + 'static,
    Refusal: From<E>,
{
    let ended = tokio::spawn(tokio::time::timeout(WRITE, work)).await.map_err(|error| Refusal::internal(&error))?;
    let silent = |_| Refusal::unavailable("the register's database did not answer; nothing was acknowledged");
    ended.map_err(silent)?.map_err(Refusal::from)
}

/// Does heavy `work` off the async threads.
pub(crate) async fn off_thread<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Refusal>
where
    T: Send + 'static,
    E: Send + 'static,
    Refusal: From<E>,
{
    tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::internal(&error))?.map_err(Refusal::from)
}
