//! The corpus: services with one seeded defect each, and their sound twins (`test-harness/corpus`). Each is taken
//! to its verdict by a standard as it is shipped; the defect must be refused for its own reason, the twin must pass.

mod pair;

use serde_json::json;

use factory_crds::Release;

use crate::{Failure, ensure, scene::Scene, sources};
pub use pair::{CorpusError, Judged, Pair, pairs};

/// A service of the corpus that is taken to its verdict.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Its pair.
    pub pair: &'a Pair,
    /// The twin, and not the one with the defect.
    pub sound: bool,
}

impl Run<'_> {
    /// For people: `leak`, or `sound, basic, 1 component`.
    #[must_use]
    pub fn title(&self) -> String {
        let Pair { name, standard, components, .. } = self.pair;
        if self.sound { format!("sound, {standard}, components: {components}") } else { name.clone() }
    }

    /// Takes it to its verdict as the service `name` of the scene's participant, and deletes it.
    pub async fn verdict(&self, scene: &Scene, name: &str) -> Result<Release, Failure> {
        let cluster = &scene.people.cluster;
        let changes = if self.sound { Vec::new() } else { vec![self.pair.change(&cluster.root)?] };
        let changes: Vec<(&str, String)> = changes.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
        let folder = pair::service(&cluster.root);
        let (git, commit) = sources::push_tree(cluster, &folder, name, &changes).await?;
        let manifest = self.pair.manifest(&cluster.root, self.sound)?;
        let manifest = manifest
            .named(&scene.participant, name)
            .with("/spec/class", json!(self.pair.standard))
            .with("/spec/source/git", json!(git));
        let release = Box::pin(scene.to_the_end(&manifest, &commit, false)).await?;
        scene.delete(name).await?;
        let (held, shipped) = (&release.spec.standard, &self.pair.standard);
        ensure(held == shipped, || {
            format!("{name} was judged by the standard `{held}`, which holds in the place of `{shipped}`; delete that")
        })?;
        Ok(release)
    }

    /// What `release` says of it.
    #[must_use]
    pub fn judge(&self, release: &Release) -> Judged {
        let status = release.status.clone().unwrap_or_default();
        self.pair.judge(self.sound, status.outcome, &status.findings)
    }
}

/// The runs that `pairs` need: a twin is the same for all pairs of one shape, and runs once.
#[must_use]
pub fn runs<'a>(pairs: &[&'a Pair]) -> Vec<Run<'a>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    for pair in pairs {
        if !runs.iter().any(|run| run.sound && run.pair.shape() == pair.shape()) {
            runs.push(Run { pair, sound: true });
        }
        runs.push(Run { pair, sound: false });
    }
    runs
}
