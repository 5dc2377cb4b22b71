//! `completions`: what a shell completes.

use clap_complete::Shell;
use repertoire::node::Error;

use crate::session::Context;
use crate::verbs;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "SHELL", value_enum)]
    shell: Kind,
}

/// The shells that are kept working.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    Bash,
    Zsh,
    Fish,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let shell = match self.shell {
            Kind::Bash => Shell::Bash,
            Kind::Zsh => Shell::Zsh,
            Kind::Fish => Shell::Fish,
        };
        let mut bytes = Vec::new();
        clap_complete::generate(shell, &mut verbs::command(&context.ui.messages), "repertoire", &mut bytes);
        context.ui.bytes(&bytes);
        Ok(())
    }
}
