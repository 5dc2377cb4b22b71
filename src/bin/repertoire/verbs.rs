//! The command of clap with the words of the catalogue: French names of the verbs, abouts, helps, headings.
//!
//! Keys: `verb-NAME` and, where there is more to say, `verb-NAME-more`; `arg-VERB-ID` or, shared, `arg-ID`;
//! `value-NAME` for the names of values.

use clap::{Arg, ArgAction, Args, Command};

use repertoire::model::document::schema::{self, FieldSpec, Merge};

use crate::arguments::{Globals, Verb};
use crate::messages::{Language, Messages};

/// French names; without accents they work too.
const FRENCH: &[(&str, &[&str])] = &[
    ("init", &["créer"]),
    ("join", &["rejoindre"]),
    ("invite", &["inviter"]),
    ("members", &["membres"]),
    ("member", &["membre"]),
    ("me", &["moi"]),
    ("device", &["appareil"]),
    ("role", &["rôle"]),
    ("revoke", &["révoquer"]),
    ("leave", &["quitter"]),
    ("space", &["espace", "espaces"]),
    ("quarantine", &["quarantaine"]),
    ("govern", &["gouverner"]),
    ("report", &["rapporter"]),
    ("adapt", &["adapter"]),
    ("pull-from-source", &["reprendre-de-la-source"]),
    ("offer-upstream", &["proposer-a-la-source"]),
    ("distil", &["distiller"]),
    ("synthesise", &["synthétiser"]),
    ("links", &["liens"]),
    ("publish", &["publier"]),
    ("consent", &["consentir"]),
    ("erase", &["effacer"]),
    ("key", &["clé"]),
    ("add", &["ajouter"]),
    ("edit", &["modifier"]),
    ("show", &["voir"]),
    ("list", &["lister"]),
    ("search", &["chercher"]),
    ("history", &["historique"]),
    ("diff", &["différences"]),
    ("ask", &["demander"]),
    ("discuss", &["discuter"]),
    ("idea", &["idée"]),
    ("announce", &["annoncer"]),
    ("reply", &["répondre"]),
    ("propose", &["proposer"]),
    ("validate", &["valider"]),
    ("return", &["renvoyer"]),
    ("verify", &["vérifier"]),
    ("deprecate", &["périmer"]),
    ("withdraw", &["retirer"]),
    ("restore", &["rétablir"]),
    ("useful", &["utile"]),
    ("thanks", &["merci"]),
    ("used", &["utilisé"]),
    ("accept", &["accepter"]),
    ("close", &["clore"]),
    ("decline", &["décliner"]),
    ("duplicate", &["doublon"]),
    ("take", &["prendre"]),
    ("conflicts", &["conflits"]),
    ("resolve", &["régler"]),
    ("glossary", &["lexique"]),
    ("import", &["importer"]),
    ("export", &["exporter"]),
    ("sync", &["synchroniser"]),
    ("bundle", &["colis"]),
    ("serve", &["servir"]),
    ("stop", &["arrêter"]),
    ("peers", &["pairs"]),
    ("status", &["état"]),
    ("why", &["pourquoi"]),
    ("check", &["contrôler"]),
    ("rebuild", &["reconstruire"]),
    ("backup", &["sauvegarder"]),
    ("restore-backup", &["restaurer"]),
    ("demo", &["démo"]),
    ("help", &["aide"]),
];

/// Groups of the overview, in the order of a first day.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    ("start", &["init", "invite", "join", "members", "member", "me", "device", "key"]),
    ("write", &["add", "edit", "adapt", "report", "pull-from-source", "offer-upstream", "publish", "consent", "erase"]),
    ("look", &["search", "show", "list", "history", "diff", "links", "glossary"]),
    (
        "talk",
        &[
            "ask",
            "discuss",
            "idea",
            "announce",
            "reply",
            "accept",
            "synthesise",
            "distil",
            "take",
            "close",
            "decline",
            "duplicate",
        ],
    ),
    (
        "stand",
        &["useful", "thanks", "used", "propose", "validate", "return", "verify", "deprecate", "withdraw", "restore"],
    ),
    ("carry", &["sync", "bundle", "serve", "stop", "peers", "status", "why", "conflicts", "resolve"]),
    ("govern", &["space", "role", "revoke", "leave", "quarantine", "govern"]),
    ("exchange", &["import", "export"]),
    ("care", &["check", "rebuild", "backup", "restore-backup", "demo", "completions", "man", "version", "help"]),
];

/// Options that every verb has.
const GLOBAL: &[&str] = &["home", "community", "lang", "json", "quiet", "help"];

/// The command with every verb, in the language of the catalogue.
pub(crate) fn command(messages: &Messages) -> Command {
    let mut command = root();
    for name in Verb::NAMES {
        command = command.subcommands(Verb::command(name).map(|verb| localise(verb, messages)));
    }
    localise_root(command, messages)
}

/// The command with one verb alone, named in English: without words, for arguments that are as they should be.
pub(crate) fn one(name: &str) -> Command {
    root().subcommands(Verb::command(name))
}

/// The same in the language of the catalogue: for its page, and to say what is wrong.
pub(crate) fn one_in_words(name: &str, messages: &Messages) -> Command {
    localise_root(root().subcommands(Verb::command(name).map(|verb| localise(verb, messages))), messages)
}

/// What stands before or after any verb, without words.
pub(crate) fn root() -> Command {
    let command = Command::new("repertoire")
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .version(env!("CARGO_PKG_VERSION"));
    Globals::augment_args(command)
        .arg(Arg::new("help").short('h').long("help").global(true).action(ArgAction::HelpShort))
        .arg(Arg::new("version").short('V').long("version").action(ArgAction::Version))
}

fn localise_root(command: Command, messages: &Messages) -> Command {
    command
        .about(messages.get("program-about", &[]))
        .override_help(overview(messages))
        .mut_args(|arg| localise_arg(arg, "", messages))
}

/// The English name of a verb, by any of its names.
pub(crate) fn canonical(word: &str) -> Option<&'static str> {
    let known = |name: &&&str| **name == word;
    if let Some(name) = Verb::NAMES.iter().find(known) {
        return Some(name);
    }
    let french = FRENCH.iter().find(|(_, names)| names.iter().any(|name| *name == word || plain(name) == word));
    french.map(|(verb, _)| *verb)
}

/// A name as it is typed without accents.
fn plain(name: &str) -> String {
    deunicode::deunicode(name)
}

/// The name that a reader of this language sees.
pub(crate) fn shown_name(name: &str, language: Language) -> &str {
    let french = FRENCH.iter().find(|(verb, _)| *verb == name).and_then(|(_, names)| names.first().copied());
    match (language, french) {
        (Language::Fr, Some(french)) => french,
        _ => name,
    }
}

fn localise(verb: Command, messages: &Messages) -> Command {
    let name = verb.get_name().to_owned();
    let mut verb = verb.about(messages.get(&format!("verb-{name}"), &[]));
    if let Some(more) = more(&name, messages) {
        verb = verb.after_help(more);
    }
    for alias in FRENCH.iter().filter(|(verb, _)| *verb == name).flat_map(|(_, aliases)| *aliases) {
        verb = verb.alias(*alias);
        let plain = plain(alias);
        if plain != *alias && plain != name {
            verb = verb.alias(leak(plain));
        }
    }
    let has =
        |positional: bool| verb.get_arguments().any(|arg| arg.is_positional() == positional && !arg.is_hide_set());
    let mut template = format!("{{about}}\n\n{} {{usage}}\n", messages.get("heading-usage", &[]));
    if has(true) {
        template += &format!("\n{}\n{{positionals}}\n", messages.get("heading-arguments", &[]));
    }
    template += &format!("\n{}\n{{options}}{{after-help}}", messages.get("heading-options", &[]));
    verb.help_template(template).mut_args(|arg| localise_arg(arg, &name, messages))
}

/// What stands below the options: paragraphs of the catalogue, and for `add` the fields of every kind.
fn more(verb: &str, messages: &Messages) -> Option<String> {
    let text = messages.find(&format!("verb-{verb}-more"), &[])?;
    let mut paragraphs: Vec<String> = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
    if verb == "add" {
        let writable = |field: &&FieldSpec| field.merge != Merge::Derived && field.name != "title";
        for kind in schema::KINDS.iter().filter(|kind| !["community", "member", "post", "note"].contains(&kind.name)) {
            let fields: Vec<&str> = kind.fields.iter().filter(writable).map(|field| field.name).collect();
            paragraphs.push(format!("{}: {}", kind.name, fields.join(", ")));
        }
        let common = schema::ENVELOPE.iter().filter(writable).filter(|field| field.merge != Merge::Once);
        let fields: Vec<&str> = common.map(|field| field.name).collect();
        paragraphs.push(format!("{}: {}", messages.get("help-every-kind", &[]), fields.join(", ")));
    }
    Some(paragraphs.join("\n"))
}

fn localise_arg(arg: Arg, verb: &str, messages: &Messages) -> Arg {
    let id = arg.get_id().to_string();
    let own = messages.find(&format!("arg-{verb}-{id}"), &[]);
    let names: Vec<String> = arg.get_value_names().unwrap_or_default().iter().map(|name| name.to_string()).collect();
    let mut arg = arg;
    if let Some(help) = own.or_else(|| messages.find(&format!("arg-{id}"), &[])) {
        arg = arg.help(help);
    }
    // What a verb has of its own comes first; possible values stand in the help.
    if GLOBAL.contains(&id.as_str()) {
        arg = arg.display_order(1000);
    }
    let takes_values = arg.get_action().takes_values();
    arg = arg.hide_possible_values(takes_values);
    if takes_values && !names.is_empty() {
        let names: Vec<&'static str> = names
            .iter()
            .map(|name| leak(messages.find(&format!("value-{name}"), &[]).unwrap_or_else(|| name.clone())))
            .collect();
        arg = arg.value_names(names);
    }
    arg
}

/// The page of `repertoire help`: verbs by group.
pub(crate) fn overview(messages: &Messages) -> String {
    let mut page = format!("{}\n\n{}\n", messages.get("program-about", &[]), messages.get("program-usage", &[]));
    for (group, verbs) in GROUPS {
        page += &format!("\n{}\n", messages.get(&format!("group-{group}"), &[]));
        for verb in *verbs {
            let name = shown_name(verb, messages.language());
            let fill = 16usize.saturating_sub(name.chars().count());
            page += &format!("  {name}{} {}\n", " ".repeat(fill), messages.get(&format!("verb-{verb}"), &[]));
        }
    }
    page + "\n" + &messages.get("program-more", &[])
}

/// Words of the catalogue that clap keeps for the life of the process: a few hundred, once.
fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_sound() {
        command(&Messages::new(Language::En)).debug_assert();
    }

    #[test]
    fn every_verb_and_argument_is_explained_in_both_languages() {
        for language in [Language::En, Language::Fr] {
            let messages = Messages::new(language);
            let command = command(&messages);
            for verb in command.get_subcommands() {
                let about = verb.get_about().expect("an about").to_string();
                assert!(!about.starts_with("verb-"), "{about} is missing in {}", language.code());
                for arg in verb.get_arguments().filter(|arg| !arg.is_hide_set()) {
                    let at = format!("{} {} in {}", verb.get_name(), arg.get_id(), language.code());
                    assert!(arg.get_help().is_some(), "{at} has no help");
                }
                assert!(
                    GROUPS.iter().any(|(_, verbs)| verbs.contains(&verb.get_name())),
                    "{} is in no group",
                    verb.get_name()
                );
            }
        }
    }

    #[test]
    fn french_names_work_with_and_without_accents() {
        for (word, verb) in
            [("créer", "init"), ("creer", "init"), ("idée", "idea"), ("controler", "check"), ("aide", "help")]
        {
            assert_eq!(canonical(word), Some(verb));
        }
        assert_eq!(canonical("nonsense"), None);
        // The whole command takes the same names.
        let command = command(&Messages::new(Language::En));
        for verb in command.get_subcommands() {
            for name in verb.get_all_aliases().chain([verb.get_name()]) {
                assert_eq!(canonical(name), Some(verb.get_name()));
            }
        }
        assert!(FRENCH.iter().all(|(verb, _)| Verb::NAMES.contains(verb)));
    }

    #[test]
    fn one_verb_is_as_in_the_whole() {
        let messages = Messages::new(Language::En);
        let mut whole = command(&messages);
        whole.build();
        for name in Verb::NAMES {
            let mut one = one_in_words(name, &messages);
            one.build();
            let page =
                |command: &mut Command| command.find_subcommand_mut(name).expect("the verb").render_help().to_string();
            assert_eq!(page(&mut one), page(&mut whole));
        }
    }
}
