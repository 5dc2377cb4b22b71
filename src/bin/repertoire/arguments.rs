//! The tree of arguments: what stands before or after every verb, and the verbs.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::command;
use crate::messages::Language;
use crate::session::Context;
use crate::ui::Mode;
use repertoire::node::Error;

/// Everything on the command line.
#[derive(Debug, Parser)]
#[command(name = "repertoire", disable_help_subcommand = true, disable_help_flag = true, disable_version_flag = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
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
    ($($name:ident($args:ty)),* $(,)?) => {
        /// The verbs; French names are added in [`crate::verbs`].
        #[derive(Debug, Subcommand)]
        #[command(disable_help_flag = true)]
        pub(crate) enum Verb {
            $($name($args),)*
        }

        impl Verb {
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
    Init(command::init::Args),
    Join(command::join::Args),
    Invite(command::invite::Args),
    Members(command::members::Args),
    Member(command::member::Args),
    Me(command::me::Args),
    Add(command::add::Args),
    Edit(command::edit::Args),
    Show(command::show::Args),
    List(command::list::Args),
    Search(command::search::Args),
    History(command::history::Args),
    Diff(command::diff::Args),
    Ask(command::ask::Args),
    Discuss(command::discuss::Args),
    Idea(command::idea::Args),
    Announce(command::announce::Args),
    Reply(command::reply::Args),
    Propose(command::propose::Args),
    Conflicts(command::conflicts::Args),
    Resolve(command::resolve::Args),
    Glossary(command::glossary::Args),
    Import(command::import::Args),
    Export(command::export::Args),
    Sync(command::sync::Args),
    Serve(command::serve::Args),
    Stop(command::stop::Args),
    Peers(command::peers::Args),
    Status(command::status::Args),
    Why(command::why::Args),
    Check(command::check::Args),
    Rebuild(command::rebuild::Args),
    Backup(command::backup::Args),
    RestoreBackup(command::restore_backup::Args),
    Demo(command::demo::Args),
    Completions(command::completions::Args),
    Man(command::man::Args),
    Version(command::version::Args),
    Help(command::help::Args),
}
