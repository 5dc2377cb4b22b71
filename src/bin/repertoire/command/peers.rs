//! `peers`: whom this node knows.

use repertoire::node::{Error, Reply, Request};

use crate::labels::{addresses, minute};
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let peers = answer!(context, Request::Peers, Reply::Peers);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => peers.iter().for_each(|peer| ui.object(peer)),
            Mode::Quiet => {
                for peer in &peers {
                    ui.line(if peer.member.is_empty() { &peer.peer } else { &peer.member });
                }
            }
            Mode::Human if peers.is_empty() => ui.status(&text!(ui.messages, "peers-none")),
            Mode::Human => {
                let rows: Vec<Vec<String>> = peers
                    .iter()
                    .map(|peer| {
                        let link = match (peer.connected, peer.relayed) {
                            (true, true) => "peers-relayed",
                            (true, false) => "peers-connected",
                            _ => "peers-away",
                        };
                        let last = match &peer.last_complete {
                            Some(at) => text!(ui.messages, "peers-last", at = minute(at)),
                            None => text!(ui.messages, "peers-never"),
                        };
                        let name = if peer.member.is_empty() { &peer.peer } else { &peer.member };
                        vec![name.clone(), text!(ui.messages, link), last, addresses(&peer.addresses)]
                    })
                    .collect();
                table::print(ui, &rows);
            }
        }
        Ok(())
    }
}
