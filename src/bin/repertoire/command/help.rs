//! `help`: an overview, a verb, or a word of the model.

use repertoire::node::{Error, ErrorKind};

use crate::arguments::Verb;
use crate::failure::{failure, near, wrong};
use crate::session::Context;
use crate::verbs;

/// The words of the model, each with `concept-WORD` in the catalogue; `concept-name-WORD` is its name there.
pub(crate) const CONCEPTS: &[&str] = &[
    "entry", "header", "payload", "shape", "content", "chain", "run", "incarnation", "tip", "fork", "frontier",
    "space", "governance", "invitation", "admission", "device-file", "printed-key", "cut", "quarantine", "verdict",
    "epoch", "edit", "document", "mark", "view", "fold", "door", "draft", "request", "reply", "event", "carrier",
    "community", "member", "practice", "report", "standing", "evidence", "adaptation", "thread", "post", "resource", "term", "collection", "conflict",
    "handle", "home", "node", "site", "vitrine",
];

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "VERB")]
    verb: Option<String>,
    #[arg(value_name = "WORD")]
    word: Option<String>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let ui = &context.ui;
        match (self.verb.as_deref(), self.word.as_deref()) {
            (None, _) => ui.lines(verbs::overview(&ui.messages).trim_end()),
            (Some("concept" | "concepts"), word) => return concept(context, word),
            (Some(verb), _) => {
                let Some(name) = verbs::canonical(verb) else {
                    let names: Vec<String> = Verb::NAMES.iter().map(|name| (*name).to_owned()).collect();
                    return Err(wrong("wrong-verb", &[("verb", verb), ("near", &near(verb, &names))]));
                };
                let mut command = verbs::one_in_words(name, &ui.messages);
                command.build();
                let verb = command.find_subcommand_mut(name).expect("a verb of that name");
                ui.lines(verb.render_help().to_string().trim_end());
            }
        }
        Ok(())
    }
}

fn concept(context: &Context, word: Option<&str>) -> Result<(), Error> {
    let ui = &context.ui;
    let name = |word: &str| ui.messages.get(&format!("concept-name-{word}"), &[]);
    let Some(word) = word else {
        let mut names: Vec<String> = CONCEPTS.iter().map(|word| name(word)).collect();
        names.sort_by_key(|name| deunicode::deunicode(name));
        names.iter().for_each(|name| ui.line(name));
        return Ok(());
    };
    let plain = |text: &str| deunicode::deunicode(text).to_lowercase();
    let asked = plain(word);
    let found = CONCEPTS.iter().find(|concept| plain(concept) == asked || plain(&name(concept)) == asked);
    let Some(concept) = found else {
        let names: Vec<String> = CONCEPTS.iter().map(|word| name(word)).collect();
        return Err(failure(ErrorKind::NotFound, "no-concept", &[("word", word), ("near", &near(word, &names))]));
    };
    ui.line(&format!("{}: {}", name(concept), ui.messages.get(&format!("concept-{concept}"), &[])));
    Ok(())
}
