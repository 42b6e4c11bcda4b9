//! The command line: verbs, and the options that several of them share. A verb's own options stand in
//! its file.

use clap::{Parser, Subcommand, ValueEnum};

use crate::verbs::{
    compare, completion, decide, delegate, dossier, include, init, issue, keygen, lint, rehearse, report, rollback,
    run, verify, verify_entry, watch, why, withdraw,
};

/// From one manifest to the register: init, lint, watch, why, rehearse, verify, and for the
/// regulator confirm and return.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-factory",
    bin_name = "kubectl factory",
    version,
    about = "From one manifest to the register of state services",
    long_about = None,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 done, passed or launched; 1 error; 2 failed, returned or withdrawn; 3 inconclusive."
)]
pub struct Arguments {
    /// Options of every verb that asks a cluster.
    #[command(flatten)]
    pub connection: Connection,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Which cluster, which namespace, which register.
#[derive(Clone, Debug, clap::Args)]
pub struct Connection {
    /// Namespace of the service; the one of the context where it is not given
    #[arg(short, long, global = true)]
    pub namespace: Option<String>,
    /// Context of the kubeconfig
    #[arg(long, global = true)]
    pub context: Option<String>,
    /// Address of the register; asked of the cluster where it is not given
    #[arg(long, global = true, env = "FACTORY_REGISTER", value_name = "URL")]
    pub register: Option<String>,
    /// Token for the register; asked of the cluster where it is not given
    #[arg(long, global = true, env = "FACTORY_REGISTER_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub register_token: Option<String>,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write a manifest that passes lint, each field explained
    Init(init::InitArguments),
    /// Find every error in a manifest, with line and column, without a cluster
    Lint(lint::LintArguments),
    /// Follow a service until its release has ended
    Watch(watch::WatchArguments),
    /// Say why a service is where it is, with the last lines of the log
    Why(why::WhyArguments),
    /// Ask for another attempt at the same commit and manifest
    Run(run::RunArguments),
    /// Go the road without reporting it
    Rehearse(rehearse::RehearseArguments),
    /// Launch an earlier release that is still permitted
    Rollback(rollback::RollbackArguments),
    /// Withdraw a launched service from the register, and take it down
    Withdraw(withdraw::WithdrawArguments),
    /// Fetch a signed dossier from the register
    Dossier(dossier::DossierArguments),
    /// Check a dossier offline: signature, bundle, and the verdict computed again
    Verify(verify::VerifyArguments),
    /// Hold the proof of a register entry against the log's pinned key, offline
    VerifyEntry(verify_entry::VerifyEntryArguments),
    /// Write a dossier as a page for people, as JSON, or as JUnit XML for a pipeline
    Report(report::ReportArguments),
    /// Compare two runs, and say which differences are more than noise
    Compare(compare::CompareArguments),
    /// For the regulator: confirm a submission, signed with the regulator's key
    Confirm(decide::ConfirmArguments),
    /// For the regulator: send a submission back with a reason
    Return(decide::ReturnArguments),
    /// For the regulator: include an object that the factory did not build, signed with the regulator's key
    Include(include::IncludeArguments),
    /// For the regulator: delegate a class of changes for a time, signed with the regulator's key
    Delegate(delegate::DelegateArguments),
    /// For the regulator: revoke a delegation, signed with the regulator's key
    Revoke(delegate::RevokeArguments),
    /// For the regulator: issue standards, signed with the regulator's key
    Issue(issue::IssueArguments),
    /// For the regulator: make a key pair
    Keygen(keygen::KeygenArguments),
    /// Write completions for a shell
    Completion(completion::CompletionArguments),
}
