//! `join`: enters a community by an invitation.

use repertoire::node::request::Join;
use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "FILE")]
    file: String,
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "SITE")]
    site: String,
    #[arg(long, value_name = "TERM")]
    learn: Vec<String>,
    #[arg(long, value_name = "OFFER")]
    offers: Vec<String>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        // A file, `-`, or the text itself where somebody pasted it.
        let argument = match self.file.as_str() {
            "-" => "-".to_owned(),
            text if text.contains('\n') => text.to_owned(),
            path => format!("@{path}"),
        };
        let invitation = context.input.text(&argument)?;
        let request =
            Join { invitation, person: self.name, site: self.site, learn: self.learn, offers: self.offers };
        let joined = answer!(context, Request::Join(request), Reply::Joined);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&joined),
            Mode::Quiet => ui.line(&joined.handle),
            Mode::Human => {
                let role = ui.messages.word("role", &joined.role);
                let (handle, name, site) = (&joined.handle, &joined.name, &joined.site);
                ui.safe_line(&text!(ui.messages, "join-done", handle = handle, role = role, name = name, site = site));
            }
        }
        if joined.pending {
            ui.warning(&text!(ui.messages, "join-pending"));
            ui.needs_attention();
        }
        Ok(())
    }
}
