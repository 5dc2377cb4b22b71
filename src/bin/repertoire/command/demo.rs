//! `demo`: the main job in one command, on homes of its own, with the very commands that people type.
//!
//! Every step runs this program again: what is shown is what happens, over real connections on the loopback address.

mod stage;

use std::path::PathBuf;

use repertoire::interchange::{jsonl, samples};
use repertoire::node::Error;

use crate::failure::file;
use crate::messages::text;
use crate::session::Context;
use stage::Stage;

/// The practice that everybody edits.
const PUMP: &str = "purger-la-pompe-du-puits";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let (root, _folder) = match &self.keep {
            Some(root) => {
                if root.exists() {
                    return Err(Error::not_empty(root.display()));
                }
                std::fs::create_dir_all(root).map_err(|error| file(root, &error))?;
                (std::path::absolute(root).map_err(|error| file(root, &error))?, None)
            }
            None => {
                let folder = tempfile::tempdir().map_err(|error| file(&std::env::temp_dir(), &error))?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        let mut stage = Stage::new(&context.ui, &root)?;
        let result = play(&mut stage);
        // Whatever happened, nothing goes on running.
        stage.close();
        let same = result?;
        let ui = &context.ui;
        if ui.json() {
            let (bytes_in, bytes_out, round_trips) = stage.moved();
            ui.object(&serde_json::json!({
                "same": same, "bytes_in": bytes_in, "bytes_out": bytes_out, "round_trips": round_trips,
            }));
        } else if self.keep.is_some() {
            ui.status(&text!(ui.messages, "demo-kept", dir = root.display().to_string()));
        }
        if same { Ok(()) } else { Err(Error::internal("the three sites do not hold the same")) }
    }
}

/// Plays the story; tells whether all three hold the same at its end.
fn play(stage: &mut Stage<'_>) -> Result<bool, Error> {
    found(stage)?;
    enter(stage)?;
    apart(stage)?;
    meet(stage)?;
    settle(stage)?;
    compare(stage)
}

/// A community with the practices that ship inside the program.
fn found(stage: &mut Stage<'_>) -> Result<(), Error> {
    stage.say("demo-found");
    stage.run("awa", &["init", "eau-et-puits", "--type", "metier", "--name", "Awa", "--site", "Bakel"])?;
    let practices: Vec<String> = samples().iter().map(jsonl::write).collect();
    stage.feed("awa", &["import", "jsonl", "-"], &practices.join("\n"))?;
    let problem = "La pompe s'amorce mal après la saison sèche.";
    let title = "Purger la pompe du puits";
    let procedure = "Remplir la colonne d'eau propre.";
    let add = ["add", "practice", title, "--topic", "pompe", "--problem", problem, "--procedure", procedure];
    stage.run("awa", &add)?;
    stage.run("awa", &["propose", PUMP])
}

/// A second and a third site come in by a file.
fn enter(stage: &mut Stage<'_>) -> Result<(), Error> {
    stage.say("demo-enter");
    stage.run("awa", &["invite", "--uses", "2", "--out", "invitation.txt"])?;
    stage.run("boris", &["join", "invitation.txt", "--name", "Boris", "--site", "Kayes"])?;
    stage.run("chloe", &["join", "invitation.txt", "--name", "Chloé", "--site", "Montréal"])?;
    stage.say("demo-first-meeting");
    stage.serve("awa")?;
    stage.sync("boris")?;
    stage.sync("chloe")?;
    stage.run("boris", &["search", "pompes"])?;
    stage.stop()
}

/// All three write while none can hear the others.
fn apart(stage: &mut Stage<'_>) -> Result<(), Error> {
    stage.say("demo-apart");
    let line = "Fermer la vanne avant de démonter.";
    stage.run("awa", &["edit", PUMP, "--append", "procedure", line, "--set", "dose=PT30M"])?;
    stage.run("boris", &["edit", PUMP, "--append", "procedure", "Graisser le joint.", "--set", "dose=PT45M"])?;
    stage.run("chloe", &["ask", "Quel joint pour une eau calcaire ?", "Le nôtre durcit en un an."])?;
    let procedure = "Rincer au vinaigre, attendre une heure, purger.";
    stage.run("chloe", &["add", "practice", "Détartrer une crépine", "--topic", "pompe", "--procedure", procedure])
}

/// They meet again, in any order.
fn meet(stage: &mut Stage<'_>) -> Result<(), Error> {
    stage.say("demo-meet");
    stage.serve("awa")?;
    stage.sync("boris")?;
    stage.sync("chloe")?;
    stage.sync("boris")
}

/// What two people wrote at once, and the one value that somebody settles.
fn settle(stage: &mut Stage<'_>) -> Result<(), Error> {
    stage.say("demo-merge");
    stage.run("boris", &["show", PUMP, "--field", "procedure"])?;
    stage.say("demo-conflict");
    stage.run("boris", &["conflicts"])?;
    stage.run("boris", &["resolve", PUMP, "dose", "--value", "PT45M"])?;
    stage.sync("boris")?;
    stage.sync("chloe")?;
    stage.run("chloe", &["conflicts"])
}

/// The last site finds what the first two wrote, and all hold the same.
fn compare(stage: &mut Stage<'_>) -> Result<bool, Error> {
    stage.say("demo-search");
    stage.run("chloe", &["search", "graisser"])?;
    stage.run("boris", &["search", "crepine"])?;
    stage.say("demo-same");
    let prints = ["awa", "boris", "chloe"].map(|home| stage.fingerprints(home));
    let [awa, boris, chloe] = prints;
    let (awa, boris, chloe) = (awa?, boris?, chloe?);
    stage.table();
    Ok(!awa.is_empty() && awa == boris && boris == chloe)
}
