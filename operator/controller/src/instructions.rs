//! Brings the regulator's open instructions (56.7) to the teams that must carry them out: for each an
//! `Instruction` in its participant's namespace, for as long as the register says that it is open. The
//! register's log is the truth; these objects are a copy, and nobody else writes one.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use factory_assurance::wire::BindingInstruction;
use factory_crds::{Instruction, InstructionSpec, Participant};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, ResourceExt, api::ListParams};

use crate::{apply, context::Context, error, manifests::named, serve::again};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(10);

/// Annotation with the id that the register knows it by.
const ID: &str = "factory.gov.kg/instruction";

/// Looks again and again, until dropped.
pub async fn run(context: Arc<Context>) {
    again(EVERY, "instructions not looked at", async || once(&context).await).await;
}

async fn once(context: &Context) -> Result<(), error::Fatal> {
    // Where the register is away nothing is known, so nothing is done.
    let open = context.register.instructions().await?;
    let everything = ListParams::default();
    let participants = Api::<Participant>::all(context.client.clone()).list(&everything).await?;
    let there = Api::<Instruction>::all(context.client.clone()).list(&everything).await?.items;
    let participants = participants.iter().map(ResourceExt::name_any).collect();
    let Change { apply, delete } = change(&open, &participants, &there);
    for instruction in apply {
        tracing::info!(
            participant = instruction.namespace(),
            instruction = instruction.name_any(),
            "instruction delivered"
        );
        apply::namespaced(&context.client, &instruction).await?;
    }
    for instruction in delete {
        let namespace = instruction.namespace().unwrap_or_default();
        tracing::info!(participant = namespace, instruction = instruction.name_any(), "instruction ended");
        apply::delete_this(&Api::namespaced(context.client.clone(), &namespace), instruction).await?;
    }
    Ok(())
}

/// What is to be done.
#[derive(Debug)]
struct Change<'t> {
    /// What is not there, or is not as it was issued.
    apply: Vec<Instruction>,
    /// What is not open.
    delete: Vec<&'t Instruction>,
}

/// What makes of the objects that are `there` those that are `open`; of participants that the cluster has.
fn change<'t>(open: &[BindingInstruction], participants: &BTreeSet<String>, there: &'t [Instruction]) -> Change<'t> {
    let wanted: Vec<Instruction> =
        open.iter().filter(|open| participants.contains(&open.participant)).map(object).collect();
    let place = |object: &Instruction| (object.namespace(), object.name_any());
    let same = |one: &Instruction, other: &Instruction| {
        place(one) == place(other) && one.spec == other.spec && one.annotations().get(ID) == other.annotations().get(ID)
    };
    let delete = there.iter().filter(|there| !wanted.iter().any(|wanted| place(wanted) == place(there))).collect();
    let apply = wanted.into_iter().filter(|wanted| !there.iter().any(|there| same(wanted, there))).collect();
    Change { apply, delete }
}

/// The object of an instruction, named after its event in the register's log.
fn object(open: &BindingInstruction) -> Instruction {
    let spec = InstructionSpec {
        service: open.service.clone(),
        finding: open.finding.clone(),
        basis: open.basis.clone(),
        due: open.due.clone(),
        experiment: open.experiment,
    };
    let name = format!("instruction-{}", open.event);
    let metadata =
        ObjectMeta { annotations: Some([(ID.to_owned(), open.id.clone())].into()), ..named(&name, &open.participant) };
    Instruction { metadata, spec }
}

#[cfg(test)]
mod tests {
    use factory_assurance::wire::InstructionState;
    use factory_crds::resilience_standard::FaultKind;

    use super::*;

    fn open(event: u64, participant: &str) -> BindingInstruction {
        BindingInstruction {
            id: format!("{event:032x}"),
            event,
            issued_at: "2026-06-24T04:00:00Z".to_owned(),
            participant: participant.to_owned(),
            service: "address".to_owned(),
            finding: "It does not come back.".to_owned(),
            basis: "Item 56.7".to_owned(),
            due: "2026-07-01".to_owned(),
            experiment: FaultKind::PodKill,
            state: InstructionState::Open,
            overdue: false,
            ended_at: None,
            closed_by: None,
            reason: String::new(),
        }
    }

    fn names<'i>(objects: impl IntoIterator<Item = &'i Instruction>) -> Vec<String> {
        objects.into_iter().map(|object| format!("{}/{}", object.namespace().unwrap(), object.name_any())).collect()
    }

    #[test]
    fn what_is_open_is_there_and_nothing_else() {
        let participants = BTreeSet::from(["registry".to_owned(), "tax".to_owned()]);
        let both = [open(4, "registry"), open(9, "tax")];
        let first = change(&both, &participants, &[]);
        assert_eq!(names(&first.apply), ["registry/instruction-4", "tax/instruction-9"]);
        assert!(first.delete.is_empty());

        let again = change(&both, &participants, &first.apply);
        assert!(again.apply.is_empty() && again.delete.is_empty(), "nothing is written twice: {again:?}");

        let ended = change(&both[1..], &participants, &first.apply);
        assert_eq!((names(ended.delete), ended.apply.len()), (vec!["registry/instruction-4".to_owned()], 0));
    }

    #[test]
    fn what_somebody_changed_is_as_it_was_issued_again() {
        let participants = BTreeSet::from(["registry".to_owned()]);
        let mut there = object(&open(4, "registry"));
        "2030-01-01".clone_into(&mut there.spec.due);
        let there = [there];
        let mended = change(&[open(4, "registry")], &participants, &there);
        assert_eq!((mended.apply[0].spec.due.as_str(), mended.delete.len()), ("2026-07-01", 0));
    }

    #[test]
    fn a_participant_that_the_cluster_does_not_have_is_passed_over() {
        let change = change(&[open(4, "elsewhere")], &BTreeSet::from(["registry".to_owned()]), &[]);
        assert!(change.apply.is_empty() && change.delete.is_empty());
    }
}
