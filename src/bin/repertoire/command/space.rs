//! `space`: the spaces, and circles of some members.

use clap::ValueEnum;
use repertoire::node::request::SpaceRow;
use repertoire::node::{Error, Reply, Request};

use crate::failure::wrong;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ACTION")]
    action: Action,
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[arg(value_name = "MEMBER")]
    who: Option<String>,
    #[arg(long, value_name = "MEMBERS", value_delimiter = ',')]
    members: Vec<String>,
    #[arg(long)]
    hidden: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Action {
    #[value(alias = "lister")]
    List,
    #[value(alias = "creer", alias = "créer")]
    Create,
    #[value(alias = "ajouter")]
    Add,
    #[value(alias = "retirer")]
    Remove,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let page = "repertoire help space";
        let missing = |what: &str| wrong("wrong-missing", &[("what", what), ("page", page)]);
        let name = || self.name.clone().ok_or_else(|| missing("NAME"));
        let who = || self.who.clone().ok_or_else(|| missing("MEMBER"));
        let request = match self.action {
            Action::List => Request::Spaces,
            Action::Create => {
                let members = self.members.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
                Request::SpaceCreate { name: name()?, members: members.collect(), hidden: self.hidden }
            }
            Action::Add => Request::SpaceMember { space: name()?, member: who()?, remove: false },
            Action::Remove => Request::SpaceMember { space: name()?, member: who()?, remove: true },
        };
        let rows = answer!(context, request, Reply::Spaces);
        let ui = &context.ui;
        match (ui.mode, self.action) {
            (Mode::Json, _) => rows.iter().for_each(|row| ui.object(row)),
            (Mode::Quiet, Action::List) => rows.iter().for_each(|row| ui.line(&row.name)),
            (Mode::Quiet, _) => {}
            (Mode::Human, _) => table::print(ui, &rows.iter().map(|row| cells(ui, row)).collect::<Vec<_>>()),
        }
        Ok(())
    }
}

fn cells(ui: &Ui, row: &SpaceRow) -> Vec<String> {
    let name = if row.kind == "circle" { row.name.clone() } else { ui.messages.word("space", &row.name) };
    let documents = match row.mine {
        true => text!(ui.messages, "check-documents", count = row.documents),
        false => text!(ui.messages, "space-closed"),
    };
    vec![name, documents, row.members.join(", ")]
}
