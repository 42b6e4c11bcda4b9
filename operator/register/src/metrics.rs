//! Figures for Prometheus. No label comes from a request: routes are templates, outcomes and
//! statuses are few.

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

/// Labels of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: String,
    status: u16,
}

/// Labels of a submission.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Taken {
    outcome: &'static str,
}

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    submissions: Family<Taken, Counter>,
    waiting: Gauge,
    commits: Histogram,
}

/// Someone who waits for a change; counted until dropped.
#[derive(Debug)]
pub struct Waiting(Gauge);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("factory_register");
        let requests = Family::default();
        registry.register("requests", "Requests by route and status", requests.clone());
        let submissions = Family::default();
        registry.register("submissions", "Submissions by what came of them", submissions.clone());
        let waiting = Gauge::default();
        registry.register("waiting", "Callers who wait for a change of a submission", waiting.clone());
        // From 0.5 ms, a fast disk, to 4 s, one that does not keep up.
        let commits = Histogram::new(exponential_buckets(0.0005, 2.0, 14));
        registry.register_with_unit(
            "commit",
            "Time until a transaction was on the disk",
            Unit::Seconds,
            commits.clone(),
        );
        Self { registry, requests, submissions, waiting, commits }
    }
}

impl Metrics {
    /// Counts a request that was answered.
    pub fn request(&self, route: &str, status: u16) {
        self.requests.get_or_create(&Request { route: route.to_owned(), status }).inc();
    }

    /// Counts a submission: `Passed`, `Failed`, `Inconclusive`, `repeated` or `refused`.
    pub fn submission(&self, outcome: &'static str) {
        self.submissions.get_or_create(&Taken { outcome }).inc();
    }

    /// Counts someone who waits for a change, until the answer is dropped.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        self.waiting.inc();
        Waiting(self.waiting.clone())
    }

    /// Where the store notes how long each commit took.
    #[must_use]
    pub fn commits(&self) -> Histogram {
        self.commits.clone()
    }

    /// Everything in the `OpenMetrics` text format.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
