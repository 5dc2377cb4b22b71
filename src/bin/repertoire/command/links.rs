//! `links`: what a document is linked with, and the lineage of a practice as a tree.

use repertoire::node::{Error, Reply, Request};

use crate::labels::document::reports;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;
use crate::ui::display::display;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let lineage = answer!(context, Request::Links { id: self.id }, Reply::Lineage);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => return { ui.object(&lineage); Ok(()) },
            Mode::Quiet => {
                lineage.tree.iter().for_each(|(_, _, hit)| ui.line(&hit.handle));
                lineage.links.iter().for_each(|link| ui.line(if link.handle.is_empty() { &link.target } else { &link.handle }));
                return Ok(());
            }
            Mode::Human => {}
        }
        if let Some(source) = &lineage.absent {
            ui.safe_line(&text!(ui.messages, "links-absent", title = display(&source.title)));
        }
        for (depth, here, hit) in lineage.tree.iter().filter(|_| lineage.tree.len() > 1) {
            let start = if *depth == 0 { String::new() } else { format!("{}└ ", "  ".repeat(depth - 1)) };
            let mut parts = vec![format!("{start}{}", hit.handle)];
            parts.extend(hit.place.clone());
            parts.push(hit.author.clone());
            parts.extend(reports(ui, &hit.outcomes));
            if *here {
                parts.push("←".to_owned());
            }
            ui.line(&parts.join("  "));
        }
        for link in &lineage.links {
            let relation = ui.messages.word(if link.reverse { "linked" } else { "link" }, &link.relation);
            let target = if link.handle.is_empty() { &link.target } else { &link.handle };
            ui.line(format!("{relation}  {target}  {}", link.title).trim_end());
        }
        Ok(())
    }
}
