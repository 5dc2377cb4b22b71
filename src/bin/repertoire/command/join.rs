//! `join`: enters a community by an invitation.

use repertoire::node::request::Join;
use repertoire::node::{Error, Reply, Request};

use crate::labels;
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
            text if text.contains('\n') || text.starts_with("REPERTOIRE-") => text.to_owned(),
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
                let list = labels::counts(&ui.messages, &joined.brought);
                let key = if list.is_empty() { "join-done" } else { "join-done-with" };
                ui.safe_line(&text!(
                    ui.messages,
                    key,
                    handle = handle,
                    role = role,
                    name = name,
                    site = site,
                    list = list
                ));
            }
        }
        if let Some(waits) = &joined.waits {
            ui.warning(&text!(ui.messages, "join-pending", why = labels::pending(&ui.messages, waits)));
            if let Some(words) = &waits.words {
                ui.status(&text!(ui.messages, "join-words", words = words));
            }
            ui.needs_attention();
        }
        super::key::offer(context)
    }
}
