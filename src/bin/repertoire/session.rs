//! What a verb works with: the home, the community, the clock, the output, and a line to whoever owns the store.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use repertoire::door::client::Client;
use repertoire::node::env::Env;
use repertoire::node::home::{Home, LockError};
use repertoire::node::{Call, Error, Needed, Node, Reply, Request, Secret};

use crate::arguments::Globals;
use crate::failure::{failure, wrong};
use crate::input::{Input, secret};
use crate::progress::Progress;
use crate::ui::Ui;

/// How long a node may take to end: it finishes what it writes and closes its connections.
const STOP_MAX: Duration = Duration::from_secs(20);
/// How often is looked whether it has ended.
const STOP_POLL: Duration = Duration::from_millis(10);

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Context {
    /// Output.
    pub(crate) ui: Ui,
    /// Texts from files, the standard input and the editor.
    pub(crate) input: Input,
    /// The claimed time, milliseconds since 1970, where `REPERTOIRE_NOW` says one.
    pub(crate) now: Option<i64>,
    home: PathBuf,
    community: Option<String>,
    client: Option<Client>,
}

impl Context {
    /// Reads options and environment.
    pub(crate) fn new(globals: Globals, mut ui: Ui) -> Result<Context, Box<(Error, Ui)>> {
        ui.mode = globals.mode();
        let home = match globals.home.clone().map_or_else(default_home, Ok) {
            Ok(home) => home,
            Err(error) => return Err(Box::new((error, ui))),
        };
        let now = match claimed_now() {
            Ok(now) => now,
            Err(error) => return Err(Box::new((error, ui))),
        };
        Ok(Context { ui, input: Input::default(), now, home, community: globals.community, client: None })
    }

    /// The home: an absolute path, so that a running node may be told it.
    pub(crate) fn home(&self) -> PathBuf {
        std::path::absolute(&self.home).unwrap_or_else(|_| self.home.clone())
    }

    /// Runs a request on the engine, here or in the running node.
    pub(crate) fn call(&mut self, request: Request) -> Result<Reply, Error> {
        let label = if matches!(request, Request::Sync { .. }) { "progress-sync" } else { "progress-work" };
        let mut progress = Progress::new(&self.ui, label);
        let result = self.call_with(request, &mut |done, total| progress.show(done, Some(total)));
        progress.end();
        result
    }

    /// The same, telling how far it is.
    pub(crate) fn call_with(&mut self, request: Request, progress: &mut dyn FnMut(u64, u64)) -> Result<Reply, Error> {
        let call = Call { community: self.community.clone(), now: self.now, request };
        let client = match &mut self.client {
            Some(client) => client,
            empty => empty.insert(Client::open_home(unlocked(&self.home))?),
        };
        client.call(call, progress)
    }

    /// Lets go of the home and waits until nobody owns it; tells whether that came to pass.
    pub(crate) fn wait_until_free(&mut self) -> bool {
        self.client = None;
        let home = Home::new(&self.home, &runtime_folder());
        let start = Instant::now();
        while start.elapsed() < STOP_MAX {
            match home.lock() {
                Err(LockError::Held(_)) => std::thread::park_timeout(STOP_POLL),
                _ => return true,
            }
        }
        false
    }

    /// Restores a backup into this home, which no node may be using.
    pub(crate) fn restore(
        &mut self,
        file: &std::path::Path,
        ask: &mut dyn FnMut(Needed) -> Result<Secret, Error>,
    ) -> Result<String, Error> {
        self.client = None;
        let home = Home::new(&self.home, &runtime_folder());
        let lock = home.lock().map_err(|error| match error {
            LockError::Held(pid) => Error::busy(pid.map_or_else(|| "?".to_owned(), |pid| pid.to_string())),
            LockError::Failed(error) => error,
        })?;
        let restored = repertoire::node::restore(&home, file, ask, &mut Env::default());
        drop(lock);
        restored
    }

    /// Takes over the home in order to serve it.
    pub(crate) fn take_node(&mut self) -> Result<Node, Error> {
        self.client = None;
        let mut client = Client::open_home(unlocked(&self.home))?;
        if !client.is_owner() {
            let call = Call { community: None, now: None, request: Request::Owner };
            let pid = match client.call(call, &mut |_, _| {})? {
                Reply::Owner(owner) => owner.pid.to_string(),
                _ => "?".to_owned(),
            };
            return Err(Error::already_serving(pid));
        }
        let node = client.into_node().ok_or_else(|| Error::internal("the home was handed over"))?;
        if node.communities().is_empty() {
            return Err(Error::no_community());
        }
        Ok(node)
    }
}

/// Runs a request and takes the answer apart: `answer!(context, request, Reply::Written)`.
macro_rules! answer {
    ($context:expr, $request:expr, $variant:path) => {
        match $context.call($request)? {
            $variant(answer) => answer,
            _ => return Err(repertoire::node::Error::internal("another answer than was asked for")),
        }
    };
}
pub(crate) use answer;

/// A home whose passphrase is asked for where its keys are sealed.
pub(crate) fn unlocked(home: &std::path::Path) -> Home {
    Home::new(home, &runtime_folder()).unlocked_by(Arc::new(secret::Asking::default()))
}

/// Where sockets stand whose path in the home would be too long.
pub(crate) fn runtime_folder() -> PathBuf {
    let set = std::env::var_os("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty());
    set.map_or_else(std::env::temp_dir, PathBuf::from)
}

fn default_home() -> Result<PathBuf, Error> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(home) = set("REPERTOIRE_HOME") {
        return Ok(home);
    }
    let folder = if cfg!(target_os = "macos") {
        std::env::home_dir().map(|home| home.join("Library/Application Support"))
    } else if cfg!(windows) {
        set("APPDATA")
    } else {
        set("XDG_DATA_HOME").or_else(|| std::env::home_dir().map(|home| home.join(".local/share")))
    };
    folder.map(|folder| folder.join("repertoire")).ok_or_else(|| wrong("no-home", &[]))
}

fn claimed_now() -> Result<Option<i64>, Error> {
    match std::env::var("REPERTOIRE_NOW") {
        Ok(text) if !text.is_empty() => {
            let time: jiff::Timestamp = text
                .parse()
                .map_err(|_| failure(repertoire::node::ErrorKind::Invalid, "bad-now", &[("value", &text)]))?;
            Ok(Some(time.as_millisecond()))
        }
        _ => Ok(None),
    }
}
