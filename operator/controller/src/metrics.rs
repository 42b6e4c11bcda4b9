//! What Prometheus reads from the operator.

use std::{sync::atomic::AtomicU64, time::Instant};

use kube::ResourceExt as _;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::{apply::Object, error};

/// Labels of a reconcile.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Driver {
    /// Kind that was reconciled.
    pub kind: String,
}

/// Labels of a release that ended a stage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StageEnd {
    /// Stage.
    pub stage: String,
    /// Reason of the condition.
    pub reason: String,
}

/// All metrics of the process.
pub struct Metrics {
    registry: Registry,
    /// Seconds that reconciles took.
    pub reconcile_seconds: Family<Driver, Histogram>,
    /// Reconciles that ended with an error.
    pub reconcile_errors: Family<Driver, Counter>,
    /// Transitions of release stages.
    pub stages: Family<StageEnd, Counter>,
    /// 1 while this pod leads.
    pub leading: Gauge<f64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("factory");
        let buckets = || Histogram::new([0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]);
        let reconcile_seconds = Family::<Driver, Histogram>::new_with_constructor(buckets);
        let reconcile_errors = Family::<Driver, Counter>::default();
        let stages = Family::<StageEnd, Counter>::default();
        let leading = Gauge::<f64, AtomicU64>::default();
        registry.register("reconcile_seconds", "Time of a reconcile", reconcile_seconds.clone());
        registry.register("reconcile_errors", "Reconciles that ended with an error", reconcile_errors.clone());
        registry.register("release_stages", "Transitions of release stages", stages.clone());
        registry.register("leading", "1 while this pod leads", leading.clone());
        Self { registry, reconcile_seconds, reconcile_errors, stages, leading }
    }
}

/// Observes the time from its making to its end.
pub struct Timer<'a> {
    metrics: &'a Metrics,
    driver: Driver,
    began: Instant,
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        self.metrics.reconcile_seconds.get_or_create(&self.driver).observe(self.began.elapsed().as_secs_f64());
    }
}

impl Metrics {
    /// Times a reconcile of `K` until it is dropped.
    #[must_use]
    pub fn time<K: Object>(&self) -> Timer<'_> {
        Timer { metrics: self, driver: Driver { kind: K::kind(&()).into_owned() }, began: Instant::now() }
    }

    /// A reconcile of `object` ended with `failure`, and will be tried again.
    pub fn failed<K: Object>(&self, object: &K, failure: &(dyn std::error::Error + 'static)) {
        let kind = K::kind(&()).into_owned();
        tracing::warn!(kind, name = %object.name_any(), error = %error::chain(failure), "will try again");
        self.reconcile_errors.get_or_create(&Driver { kind }).inc();
    }

    /// In the text format of OpenMetrics.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
