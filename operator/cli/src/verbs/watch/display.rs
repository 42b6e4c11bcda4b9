//! A view on the terminal, one line a stage, kept up to date in place; without a terminal, a line for
//! each change, so that a log reads as what happened. It must not decide what is shown.

use std::{
    collections::HashMap,
    io::{self, Write as _},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::{
    exit::Exit,
    progress::{Ending, Stage, State, View},
    terminal::{Output, Tone, harmless},
};

/// Where views are shown.
pub enum Display {
    /// A terminal.
    Live(Live),
    /// A file or a pipe.
    Plain(Plain),
}

/// One bar a stage, and one for the experiment.
pub struct Live {
    board: MultiProgress,
    release: String,
    bars: HashMap<&'static str, ProgressBar>,
    experiment: Option<ProgressBar>,
}

/// The lines that were last written.
#[derive(Default)]
pub struct Plain {
    release: String,
    stages: HashMap<&'static str, Stage>,
    experiment: String,
}

impl Display {
    /// For the standard output as it is.
    pub fn new() -> Self {
        if Output::Standard.is_terminal() {
            let board = MultiProgress::with_draw_target(indicatif::ProgressDrawTarget::stdout());
            Self::Live(Live { board, release: String::new(), bars: HashMap::new(), experiment: None })
        } else {
            Self::Plain(Plain::default())
        }
    }

    /// Shows `view`.
    pub fn show(&mut self, view: &View) -> io::Result<()> {
        match self {
            Self::Live(live) => live.show(view),
            Self::Plain(plain) => plain.show(view),
        }
    }

    /// Shows how it ended.
    pub fn end(&mut self, ending: &Ending) -> io::Result<()> {
        if let Self::Live(live) = self {
            live.stop();
        }
        let tone = match ending.exit {
            Exit::Good => Tone::Good,
            Exit::Failed | Exit::Error => Tone::Bad,
            Exit::Inconclusive => Tone::Unsure,
        };
        writeln!(io::stdout(), "{}", Output::Standard.paint(tone, &harmless(&ending.text)))
    }

    /// Leaves the lines as they stand, for an error that follows.
    pub fn clear(&mut self) {
        if let Self::Live(live) = self {
            live.stop();
        }
    }
}

impl Live {
    fn show(&mut self, view: &View) -> io::Result<()> {
        if self.release != view.release && !view.release.is_empty() {
            self.release.clone_from(&view.release);
            self.stop();
            self.bars.clear();
            self.experiment = None;
            self.board.println(Output::Standard.paint(Tone::Strong, &format!("Release {}", view.release)))?;
        }
        for stage in &view.stages {
            self.stage(stage);
        }
        if !view.experiment.is_empty() {
            let bar = self.experiment.get_or_insert_with(|| self.board.add(line("")));
            bar.set_message(Output::Standard.paint(Tone::Faint, &harmless(&view.experiment)));
        }
        Ok(())
    }

    fn stage(&mut self, stage: &Stage) {
        let bar = self.bars.entry(stage.name).or_insert_with(|| self.board.add(line(stage.name)));
        let (sign, tone) = sign(stage.state);
        bar.set_message(format!("{} {}", Output::Standard.paint(tone, sign), harmless(&stage.message)));
        bar.tick();
    }

    fn stop(&mut self) {
        for bar in self.bars.values() {
            bar.abandon();
        }
        if let Some(bar) = &self.experiment {
            bar.finish_and_clear();
        }
    }
}

fn line(name: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    // A template of our own text cannot be wrong; the default one is used if it were.
    if let Ok(style) = ProgressStyle::with_template("{prefix:<10} {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(name.to_owned());
    bar
}

const fn sign(state: State) -> (&'static str, Tone) {
    match state {
        State::Pending => ("·", Tone::Faint),
        State::Running => ("…", Tone::Unsure),
        State::Done => ("✓", Tone::Good),
        State::Stopped => ("✗", Tone::Bad),
    }
}

impl Plain {
    fn show(&mut self, view: &View) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.release != view.release && !view.release.is_empty() {
            self.release.clone_from(&view.release);
            self.stages.clear();
            writeln!(out, "Release {}", view.release)?;
        }
        for stage in &view.stages {
            let known = self.stages.insert(stage.name, stage.clone());
            if known.as_ref() == Some(stage) || stage.state == State::Pending {
                continue;
            }
            let detail: Vec<_> = [&stage.reason, &stage.message]
                .into_iter()
                .filter(|text| !text.is_empty())
                .map(|text| harmless(text))
                .collect();
            match stage.state {
                State::Done => writeln!(out, "{} done", stage.name)?,
                State::Stopped => writeln!(out, "{} stopped: {}", stage.name, detail.join(": "))?,
                State::Running | State::Pending => writeln!(out, "{} waits: {}", stage.name, detail.join(": "))?,
            }
        }
        if self.experiment != view.experiment {
            self.experiment.clone_from(&view.experiment);
            if !view.experiment.is_empty() {
                writeln!(out, "  {}", harmless(&view.experiment))?;
            }
        }
        out.flush()
    }
}
