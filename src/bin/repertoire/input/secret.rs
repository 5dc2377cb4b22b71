//! Passphrases and printed keys: from a file, or typed at the terminal without an echo; never from the arguments.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use repertoire::node::home::Unlock;
use repertoire::node::{Error, Secret};
use zeroize::Zeroizing;

use crate::failure::{failure, file};
use crate::messages::{Messages, text};

/// Names a file that holds the passphrase, for scripts and services.
pub(crate) const VARIABLE: &str = "REPERTOIRE_PASSPHRASE_FILE";
/// Most bytes of such a file.
const BYTES_MAX: u64 = 4096;

/// The secret in the file that the option or the environment names, if one does.
pub(crate) fn given(option: Option<&Path>) -> Result<Option<Secret>, Error> {
    let named = std::env::var_os(VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
    match option.map(Path::to_owned).or(named) {
        Some(path) => read(&path).map(Some),
        None => Ok(None),
    }
}

fn read(path: &Path) -> Result<Secret, Error> {
    let mut bytes = Zeroizing::new(Vec::new());
    let source = std::fs::File::open(path).map_err(|error| file(path, &error))?;
    source.take(BYTES_MAX).read_to_end(&mut bytes).map_err(|error| file(path, &error))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Error::file(path.display(), "no UTF-8"))?;
    Ok(Secret::new(text))
}

/// Whether somebody can be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks at the terminal.
pub(crate) fn ask(question: &str) -> Result<Secret, Error> {
    let typed = rpassword::prompt_password(format!("{question} ")).map(Zeroizing::new);
    typed.map(|typed| Secret::new(&typed)).map_err(|error| Error::file("the terminal", error))
}

/// Asks twice, for a new passphrase.
pub(crate) fn ask_new(messages: &Messages) -> Result<Secret, Error> {
    let first = ask(&text!(messages, "ask-passphrase-new"))?;
    if first != ask(&text!(messages, "ask-passphrase-again"))? {
        return Err(failure(repertoire::node::ErrorKind::Invalid, "passphrases-differ", &[]));
    }
    Ok(first)
}

/// Asks once for the passphrase of the keys on this machine.
#[derive(Debug, Default)]
pub(crate) struct Asking(OnceLock<Option<Secret>>);

impl Unlock for Asking {
    fn passphrase(&self) -> Option<Secret> {
        let find = || match given(None) {
            Ok(None) if can_ask() => ask(&text!(Messages::new(crate::language(None)), "ask-passphrase")).ok(),
            found => found.ok().flatten(),
        };
        self.0.get_or_init(find).clone()
    }
}
