//! The tree of arguments: what stands before or after every verb, and the verbs.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::command;
use crate::messages::Language;
use crate::session::Context;
use crate::ui::Mode;
use repertoire::node::Error;

/// Everything on the command line.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) globals: Globals,
    pub(crate) verb: Option<Verb>,
}

impl Arguments {
    /// Reads what clap found.
    pub(crate) fn read(matches: &ArgMatches) -> Result<Arguments, clap::Error> {
        let verb = matches.subcommand().map(|(name, matches)| Verb::read(name, matches)).transpose()?;
        Ok(Arguments { globals: Globals::from_arg_matches(matches)?, verb: verb.flatten() })
    }
}

/// Options that stand before or after any verb.
#[derive(Debug, Args)]
pub(crate) struct Globals {
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) community: Option<String>,
    #[arg(long, global = true, value_name = "LANG")]
    pub(crate) lang: Option<Language>,
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[arg(short, long, global = true, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

impl Globals {
    /// How answers are given.
    pub(crate) fn mode(&self) -> Mode {
        match (self.json, self.quiet) {
            (true, _) => Mode::Json,
            (_, true) => Mode::Quiet,
            _ => Mode::Human,
        }
    }
}

/// What has to be known before the arguments are read, for the words of a page of help or of a failure.
#[derive(Debug)]
pub(crate) struct Early {
    /// How answers are given.
    pub(crate) mode: Mode,
    /// The language of the interface.
    pub(crate) language: Language,
}

impl Early {
    /// Looks for `--json`, `-q` and `--lang`, whatever stands around them.
    pub(crate) fn scan(args: &[OsString]) -> Early {
        let mut early = (Mode::Human, None);
        let mut args = args.iter().skip(1).map(|arg| arg.to_string_lossy());
        while let Some(arg) = args.next() {
            match arg.as_ref() {
                "--" => break,
                "--json" => early.0 = Mode::Json,
                "-q" | "--quiet" => early.0 = Mode::Quiet,
                "--lang" => early.1 = args.next().map(|lang| lang.into_owned()),
                arg => {
                    if let Some(lang) = arg.strip_prefix("--lang=") {
                        early.1 = Some(lang.to_owned());
                    }
                }
            }
        }
        Early { mode: early.0, language: crate::language(early.1.as_deref()) }
    }
}

macro_rules! verbs {
    ($($text:literal $name:ident($args:ty)),* $(,)?) => {
        /// The verbs; French names and all other words are added in [`crate::verbs`].
        #[derive(Debug)]
        pub(crate) enum Verb {
            $($name($args),)*
        }

        impl Verb {
            /// The English names.
            pub(crate) const NAMES: &[&str] = &[$($text),*];

            /// The command of one verb, without words: building all of them costs more than most verbs do.
            pub(crate) fn command(name: &str) -> Option<Command> {
                match name {
                    $($text => Some(<$args>::augment_args(Command::new($text))),)*
                    _ => None,
                }
            }

            fn read(name: &str, matches: &ArgMatches) -> Result<Option<Verb>, clap::Error> {
                match name {
                    $($text => <$args>::from_arg_matches(matches).map(|args| Some(Verb::$name(args))),)*
                    _ => Ok(None),
                }
            }

            /// The English name.
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $(Verb::$name(_) => $text,)*
                }
            }

            /// Does it.
            pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
                match self {
                    $(Verb::$name(args) => args.run(context),)*
                }
            }
        }
    };
}

verbs! {
    "init" Init(command::init::Args),
    "join" Join(command::join::Args),
    "invite" Invite(command::invite::Args),
    "members" Members(command::members::Args),
    "member" Member(command::member::Args),
    "me" Me(command::me::Args),
    "device" Device(command::device::Args),
    "role" Role(command::role::Args),
    "revoke" Revoke(command::revoke::Args),
    "leave" Leave(command::leave::Args),
    "space" Space(command::space::Args),
    "quarantine" Quarantine(command::quarantine::Args),
    "govern" Govern(command::govern::Args),
    "key" Key(command::key::Args),
    "add" Add(command::add::Args),
    "edit" Edit(command::edit::Args),
    "show" Show(command::show::Args),
    "list" List(command::list::Args),
    "search" Search(command::search::Args),
    "history" History(command::history::Args),
    "diff" Diff(command::diff::Args),
    "ask" Ask(command::ask::Args),
    "discuss" Discuss(command::thread::Discuss),
    "idea" Idea(command::thread::Idea),
    "announce" Announce(command::thread::Announce),
    "reply" Reply(command::reply::Args),
    "propose" Propose(command::mark::Propose),
    "validate" Validate(command::mark::Validate),
    "return" Return(command::mark::Return),
    "verify" Verify(command::mark::Verify),
    "deprecate" Deprecate(command::mark::Deprecate),
    "withdraw" Withdraw(command::mark::Withdraw),
    "restore" Restore(command::mark::Restore),
    "useful" Useful(command::mark::Useful),
    "thanks" Thanks(command::mark::Thanks),
    "used" Used(command::mark::Used),
    "accept" Accept(command::mark::Accept),
    "close" Close(command::mark::Close),
    "decline" Decline(command::mark::Decline),
    "duplicate" Duplicate(command::mark::Duplicate),
    "take" Take(command::mark::Take),
    "adapt" Adapt(command::adapt::Args),
    "pull-from-source" PullFromSource(command::pull_from_source::Args),
    "offer-upstream" OfferUpstream(command::offer_upstream::Args),
    "distil" Distil(command::distil::Args),
    "synthesise" Synthesise(command::synthesise::Args),
    "links" Links(command::links::Args),
    "report" Report(command::report::Args),
    "publish" Publish(command::publish::Args),
    "consent" Consent(command::consent::Args),
    "erase" Erase(command::erase::Args),
    "conflicts" Conflicts(command::conflicts::Args),
    "resolve" Resolve(command::resolve::Args),
    "glossary" Glossary(command::glossary::Args),
    "import" Import(command::import::Args),
    "export" Export(command::export::Args),
    "sync" Sync(command::sync::Args),
    "serve" Serve(command::serve::Args),
    "stop" Stop(command::stop::Args),
    "peers" Peers(command::peers::Args),
    "status" Status(command::status::Args),
    "why" Why(command::why::Args),
    "bundle" Bundle(command::bundle::Args),
    "check" Check(command::check::Args),
    "rebuild" Rebuild(command::rebuild::Args),
    "backup" Backup(command::backup::Args),
    "restore-backup" RestoreBackup(command::restore_backup::Args),
    "demo" Demo(command::demo::Args),
    "completions" Completions(command::completions::Args),
    "man" Man(command::man::Args),
    "version" Version(command::version::Args),
    "help" Help(command::help::Args),
}
