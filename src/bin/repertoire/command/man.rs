//! `man`: pages for `man`, one a verb.

use std::path::PathBuf;

use repertoire::node::Error;

use crate::failure::file;
use crate::messages::text;
use crate::session::Context;
use crate::verbs;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        std::fs::create_dir_all(&self.dir).map_err(|error| file(&self.dir, &error))?;
        let mut command = verbs::command(&context.ui.messages);
        command.build();
        let mut pages = vec![(command.clone(), "repertoire".to_owned())];
        for verb in command.get_subcommands() {
            let name = format!("repertoire-{}", verb.get_name());
            pages.push((verb.clone(), name));
        }
        let count = pages.len();
        for (command, name) in pages {
            let path = self.dir.join(format!("{name}.1"));
            let mut page = Vec::new();
            let man = clap_mangen::Man::new(command).title(name);
            man.render(&mut page).and_then(|()| std::fs::write(&path, page)).map_err(|error| file(&path, &error))?;
        }
        let ui = &context.ui;
        if ui.human() {
            ui.safe_line(&text!(ui.messages, "man-done", count = count, dir = self.dir.display().to_string()));
        }
        Ok(())
    }
}
