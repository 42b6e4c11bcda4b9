//! The database behind a binding: PostgreSQL in one pod that its Service names, as a StatefulSet, because two
//! pods over one volume would destroy it. A candidate's and a launched service's are the same; only where the
//! data are is not (`docs/adr/0041`). It must not hold a password: what starts it reads that from a file.

use factory_crds::state_service::{Binding, DATABASE_PORT};
use k8s_openapi::{
    api::{
        apps::v1::{StatefulSet, StatefulSetSpec},
        core::v1::{
            Container, ContainerPort, EmptyDirVolumeSource, EnvVar, EnvVarSource, ExecAction, Lifecycle,
            LifecycleHandler, PersistentVolumeClaimVolumeSource, PodSecurityContext, PodSpec, PodTemplateSpec, Probe,
            ResourceRequirements, SeccompProfile, SecretKeySelector, SecretVolumeSource, Volume, VolumeMount,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{LabelSelector, ObjectMeta},
    },
};

use super::{
    Place, claim, confined, credentials,
    deployment::{USER, plain},
    selector,
};

/// Role and database that the service has. Not the superuser: that one can log in from nowhere.
const SERVICE: &str = "service";
/// Debian's programs of PostgreSQL 15, which are in nobody's path.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const PASSWORDS: &str = "/etc/database";
const VOLUME: &str = "/var/lib/postgresql";
/// Seconds that open transactions have at the end, and a checkpoint.
const GRACE_SECONDS: i64 = 60;

/// Makes the cluster of databases once, beside its place, so that one that was killed in the middle begins
/// again; then becomes the server. The password stands in no argument and in no log: a statement that failed
/// would be logged whole. A volume's group rights, as the kubelet sets them, are more than the server takes.
const START: &str = r#"set -eu
umask 077
if [ ! -d "$PGDATA" ]; then
  new=$PGDATA.new
  rm -rf "$new"
  initdb --pgdata="$new" --username=postgres --auth=reject --encoding=UTF8 --locale=C.UTF-8 --data-checksums
  echo 'host service service all scram-sha-256' > "$new/pg_hba.conf"
  printf "CREATE ROLE service LOGIN PASSWORD '%s'\nCREATE DATABASE service OWNER service\n" "$(cat /etc/database/password)" |
    postgres --single -D "$new" -c log_min_error_statement=panic postgres > /dev/null
  # Ends badly where that database is not there.
  echo 'SELECT 1' | postgres --single -D "$new" service > /dev/null
  mv "$new" "$PGDATA"
fi
chmod 700 "$PGDATA"
exec postgres -D "$PGDATA" "$@"
"#;

/// The database of `binding`, made of `image`, in `place`.
#[must_use]
pub fn build(place: &Place<'_>, binding: &Binding, image: &str) -> StatefulSet {
    StatefulSet {
        metadata: place.meta(&binding.name),
        spec: Some(spec(binding, image, Some(place))),
        ..StatefulSet::default()
    }
}

/// Its spec; without a place, the part that is the same everywhere.
#[must_use]
pub fn spec(binding: &Binding, image: &str, place: Option<&Place<'_>>) -> StatefulSetSpec {
    StatefulSetSpec {
        replicas: Some(1),
        service_name: Some(binding.name.clone()),
        // A pod that does not come up must not hold up the one of a mended template.
        pod_management_policy: Some("Parallel".to_owned()),
        revision_history_limit: Some(2),
        selector: LabelSelector { match_labels: Some(selector(&binding.name)), ..LabelSelector::default() },
        template: PodTemplateSpec {
            metadata: Some(ObjectMeta { labels: Some(selector(&binding.name)), ..ObjectMeta::default() }),
            spec: Some(pod(binding, image, place)),
        },
        ..StatefulSetSpec::default()
    }
}

/// What a component is given of the databases among `bindings` that it uses. The password by reference; the
/// kubelet puts it into the address.
#[must_use]
pub fn variables(bindings: &[Binding], component: &str) -> Vec<EnvVar> {
    let of = |binding: &Binding| {
        let password = SecretKeySelector {
            name: credentials::name(binding),
            key: credentials::PASSWORD.to_owned(),
            optional: Some(false),
        };
        [
            plain("PGHOST", &binding.name),
            plain("PGPORT", &DATABASE_PORT.to_string()),
            plain("PGDATABASE", SERVICE),
            plain("PGUSER", SERVICE),
            EnvVar {
                name: "PGPASSWORD".to_owned(),
                value: None,
                value_from: Some(EnvVarSource { secret_key_ref: Some(password), ..EnvVarSource::default() }),
            },
            plain("DATABASE_URL", "postgres://$(PGUSER):$(PGPASSWORD)@$(PGHOST):$(PGPORT)/$(PGDATABASE)"),
        ]
    };
    bindings.iter().filter(|binding| binding.serves(component)).flat_map(of).collect()
}

fn pod(binding: &Binding, image: &str, place: Option<&Place<'_>>) -> PodSpec {
    let environment = place.map(|place| place.environment);
    let passwords = SecretVolumeSource {
        secret_name: Some(credentials::name(binding)),
        default_mode: Some(0o440),
        ..SecretVolumeSource::default()
    };
    let credentials = Volume { name: "password".to_owned(), secret: Some(passwords), ..Volume::default() };
    PodSpec {
        containers: vec![container(binding, image)],
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        termination_grace_period_seconds: Some(GRACE_SECONDS),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            run_as_group: Some(USER),
            fs_group: Some(USER),
            fs_group_change_policy: Some("OnRootMismatch".to_owned()),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), ..SeccompProfile::default() }),
            ..PodSecurityContext::default()
        }),
        node_selector: environment.map(|environment| environment.node_selector.clone()),
        tolerations: environment.map(|environment| environment.tolerations.clone()),
        volumes: Some(std::iter::once(credentials).chain(place.map(|place| data(place, binding))).collect()),
        ..PodSpec::default()
    }
}

/// Where the data are: with a candidate they go, in life they stay.
fn data(place: &Place<'_>, binding: &Binding) -> Volume {
    let mut volume = Volume { name: "data".to_owned(), ..Volume::default() };
    if place.is_live() {
        let claim_name = claim::name(binding);
        volume.persistent_volume_claim = Some(PersistentVolumeClaimVolumeSource { claim_name, read_only: None });
    } else {
        let size_limit = Some(Quantity(binding.storage.clone()));
        volume.empty_dir = Some(EmptyDirVolumeSource { size_limit, medium: None });
    }
    volume
}

fn container(binding: &Binding, image: &str) -> Container {
    let cpu = Quantity(binding.resources.cpu.clone());
    let memory = Quantity(binding.resources.memory.clone());
    let settings = [
        "listen_addresses=*".to_owned(),
        // Nothing but its volume is writable.
        "unix_socket_directories=".to_owned(),
        format!("shared_buffers={}MB", shared_buffers(&binding.resources.memory)),
        // A pod's /dev/shm has 64 MB, which queries on several processors would fill.
        "max_parallel_workers_per_gather=0".to_owned(),
    ];
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let asked = format!("{PROGRAMS}/pg_isready");
    let ready = |period: i32, failures: i32| Probe {
        exec: Some(ExecAction {
            command: Some(words(&[&asked, "-q", "-h", "127.0.0.1", "-d", SERVICE, "-U", SERVICE])),
        }),
        period_seconds: Some(period),
        timeout_seconds: Some(5),
        failure_threshold: Some(failures),
        ..Probe::default()
    };
    let mount = |name: &str, path: &str, read_only| VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only,
        ..VolumeMount::default()
    };
    // SIGTERM would wait for clients to go, and they keep their connections.
    let end = ExecAction { command: Some(words(&["/bin/sh", "-c", "kill -INT 1"])) };
    Container {
        name: binding.name.clone(),
        image: Some(image.to_owned()),
        command: Some(words(&["/bin/sh", "-c", START, "postgres"])),
        args: Some(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect()),
        env: Some(vec![
            plain("PATH", &format!("{PROGRAMS}:/usr/bin:/bin")),
            plain("PGDATA", &format!("{VOLUME}/data")),
        ]),
        ports: Some(vec![ContainerPort {
            name: Some("postgres".to_owned()),
            container_port: i32::from(DATABASE_PORT),
            protocol: Some("TCP".to_owned()),
            ..ContainerPort::default()
        }]),
        resources: Some(ResourceRequirements {
            requests: Some([("cpu".to_owned(), cpu), ("memory".to_owned(), memory.clone())].into()),
            limits: Some([("memory".to_owned(), memory)].into()),
            ..ResourceRequirements::default()
        }),
        // After a hard end it reads its log through before it answers. A server that hangs is not killed:
        // whatever it does, its data are worth more than its time.
        startup_probe: Some(ready(1, 600)),
        readiness_probe: Some(ready(5, 2)),
        lifecycle: Some(Lifecycle {
            pre_stop: Some(LifecycleHandler { exec: Some(end), ..LifecycleHandler::default() }),
            ..Lifecycle::default()
        }),
        security_context: Some(confined::container()),
        volume_mounts: Some(vec![mount("password", PASSWORDS, Some(true)), mount("data", VOLUME, None)]),
        ..Container::default()
    }
}

/// A quarter of `memory`, as PostgreSQL advises, in MB; at least one.
fn shared_buffers(memory: &str) -> u64 {
    let number = |unit| memory.strip_suffix(unit).and_then(|digits| digits.parse::<u64>().ok());
    let mebibytes = number("Mi").or_else(|| number("Gi").map(|gibibytes| gibibytes.saturating_mul(1024)));
    (mebibytes.unwrap_or(0) / 4).max(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{manifests::places, state_service::examples};

    fn records() -> Binding {
        examples::database("records", &["web"])
    }

    #[test]
    fn a_candidate_s_data_go_with_it_and_a_launched_service_s_stay_and_nothing_else_differs() {
        let of = |place: &Place<'_>| {
            let mut spec = build(place, &records(), "i").spec.unwrap().template.spec.unwrap();
            let volumes = spec.volumes.take().unwrap();
            (spec, serde_json::to_value(&volumes[1]).unwrap())
        };
        let (lab, live) = (places::environment("lab"), places::environment("live"));
        let ((candidate, scratch), (launched, kept)) =
            (of(&places::in_environment(&lab)), of(&places::in_environment(&live)));
        assert_eq!(scratch, json!({"name": "data", "emptyDir": {"sizeLimit": "1Gi"}}));
        assert_eq!(kept, json!({"name": "data", "persistentVolumeClaim": {"claimName": "records"}}));
        assert_eq!(candidate, launched);
    }

    #[test]
    fn a_component_is_given_the_password_by_reference_and_one_that_is_not_bound_nothing() {
        let bindings = [records()];
        assert_eq!(variables(&bindings, "registry"), []);
        let given = serde_json::to_value(variables(&bindings, "web")).unwrap();
        assert_eq!(
            given,
            json!([
                {"name": "PGHOST", "value": "records"},
                {"name": "PGPORT", "value": "5432"},
                {"name": "PGDATABASE", "value": "service"},
                {"name": "PGUSER", "value": "service"},
                {"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": {"name": "records-credentials", "key": "password", "optional": false}}},
                {"name": "DATABASE_URL", "value": "postgres://$(PGUSER):$(PGPASSWORD)@$(PGHOST):$(PGPORT)/$(PGDATABASE)"},
            ])
        );
    }

    #[test]
    fn the_server_runs_as_nobody_writes_its_volume_alone_and_is_one() {
        let spec = spec(&records(), "i", None);
        assert_eq!(spec.replicas, Some(1));
        let pod = spec.template.spec.unwrap();
        let container = &pod.containers[0];
        let context = container.security_context.clone().unwrap();
        assert_eq!((context.read_only_root_filesystem, context.allow_privilege_escalation), (Some(true), Some(false)));
        assert_eq!(pod.security_context.unwrap().run_as_non_root, Some(true));
        let writable = container.volume_mounts.iter().flatten().filter(|mount| mount.read_only != Some(true));
        assert_eq!(writable.map(|mount| mount.mount_path.as_str()).collect::<Vec<_>>(), [VOLUME]);
        assert_eq!((pod.automount_service_account_token, pod.host_network), (Some(false), None));
    }

    #[test]
    fn a_quarter_of_the_memory_is_for_shared_buffers() {
        for (memory, megabytes) in [("256Mi", 64), ("2Gi", 512), ("1Mi", 1), ("nothing", 1)] {
            assert_eq!(shared_buffers(memory), megabytes, "{memory}");
        }
    }
}
