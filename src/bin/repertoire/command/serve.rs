//! `serve`: a node that others meet.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use repertoire::door::client::Client;
use repertoire::door::host::{Host, Options};
use repertoire::door::net::Listen;
use repertoire::model::Timestamp;
use repertoire::node::home::Home;
use repertoire::node::{Call, Error, ErrorKind, Reply, Request};
use serde::{Deserialize, Serialize};

use crate::failure::{failure, file};
use crate::input::secret;
use crate::messages::text;
use crate::session::{Context, runtime_folder};
use crate::ui::{Mode, Ui};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    #[arg(long)]
    loopback: bool,
    #[arg(long)]
    no_mdns: bool,
    #[arg(long)]
    detach: bool,
    /// The node of a `serve --detach`: says on stdout, in one line of JSON, how the start went.
    #[arg(long, hide = true, conflicts_with = "detach")]
    announce: bool,
}

/// What the node of a `serve --detach` says to the command that started it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Start {
    /// It listens.
    Serving { names: Vec<String>, port: u16 },
    /// It does not.
    Failed(Error),
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        if self.detach { self.detach(context) } else { self.serve(context) }
    }

    /// Runs the node until it is stopped.
    fn serve(self, context: &mut Context) -> Result<(), Error> {
        match self.start(context) {
            Ok((host, names)) => {
                let ui = &context.ui;
                if self.announce {
                    ui.object(&Start::Serving { names, port: host.port() });
                } else {
                    say(ui, &names, host.port());
                    ui.hint(&text!(ui.messages, "serve-end"));
                }
                ui.flush();
                stop_at_signal(context.home())?;
                host.wait();
                Ok(())
            }
            Err(error) => {
                if self.announce {
                    context.ui.object(&Start::Failed(error.clone()));
                }
                Err(error)
            }
        }
    }

    /// Starts to listen; names the communities that are served.
    fn start(&self, context: &mut Context) -> Result<(Host, Vec<String>), Error> {
        let mut node = context.take_node()?;
        node.set_clock(context.now.map(Timestamp));
        let listen = if self.loopback { Listen::Loopback } else { Listen::Everywhere };
        let options =
            Options { listen, port: self.port.unwrap_or(0), mdns: !self.no_mdns, socket: true, single: false };
        let host = Host::start(node, &options)?;
        let call = Call { community: None, now: None, request: Request::Owner };
        match host.call(call, &mut |_, _| {})? {
            Reply::Owner(owner) => Ok((host, owner.communities)),
            _ => Err(Error::internal("another answer than was asked for")),
        }
    }

    /// Starts this program again as a node on its own, and returns once it listens.
    fn detach(self, context: &mut Context) -> Result<(), Error> {
        let failed = |why: String| failure(ErrorKind::Internal, "detach-failed", &[("why", &why)]);
        let home = context.home();
        let program = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
        let mut command = Command::new(program);
        command.arg("serve").arg("--announce").arg("--home").arg(&home);
        command.args(["--lang", context.ui.messages.language().code()]);
        command.args(self.port.map(|port| format!("--port={port}")));
        let flags = [("--loopback", self.loopback), ("--no-mdns", self.no_mdns)];
        command.args(flags.iter().filter(|(_, given)| *given).map(|(flag, _)| flag));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        if home.is_dir() {
            let path = home.join("serve.log");
            let mut options = File::options();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            command.stderr(options.open(&path).map_err(|error| file(&path, &error))?);
            command.current_dir(&home);
        }
        // Nobody can ask the node: it gets the passphrase that its keys are sealed under by its standard input.
        let sealed = Home::new(&home, &runtime_folder()).is_sealed()?;
        let passphrase = match secret::given(None)?.filter(|_| sealed) {
            None if sealed && secret::can_ask() => Some(secret::ask(&text!(context.ui.messages, "ask-passphrase"))?),
            given => given,
        };
        if passphrase.is_some() {
            command.stdin(Stdio::piped()).env(secret::VARIABLE, "/dev/stdin");
        }
        // Ctrl-C in this terminal is not meant for the node.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        if let (Some(passphrase), Some(mut stdin)) = (passphrase, child.stdin.take()) {
            stdin.write_all(passphrase.text().as_bytes()).map_err(|error| failed(error.to_string()))?;
        }
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(|error| failed(error.to_string()))?;
        }
        match serde_json::from_str(&line) {
            Ok(Start::Serving { names, port }) => {
                say(&context.ui, &names, port);
                Ok(())
            }
            Ok(Start::Failed(error)) => {
                // It ends by itself after this.
                let _ = child.wait();
                Err(error)
            }
            Err(_) => {
                let status = child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
                Err(failed(status))
            }
        }
    }
}

/// Ends the node as `stop` does when the system or Ctrl-C asks for it.
fn stop_at_signal(home: PathBuf) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::internal)?;
    let wait = move || {
        let signal = runtime.block_on(async {
            #[cfg(unix)]
            {
                use tokio::signal::unix::{SignalKind, signal};
                let mut terminate = signal(SignalKind::terminate())?;
                let mut hangup = signal(SignalKind::hangup())?;
                tokio::select! {
                    done = tokio::signal::ctrl_c() => done,
                    _ = terminate.recv() => Ok(()),
                    _ = hangup.recv() => Ok(()),
                }
            }
            #[cfg(not(unix))]
            tokio::signal::ctrl_c().await
        });
        if signal.is_ok()
            && let Ok(mut client) = Client::open(&home, &runtime_folder())
        {
            // A node that has stopped meanwhile is what was asked for.
            let _ = client.call(Call { community: None, now: None, request: Request::Stop }, &mut |_, _| {});
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop).map_err(Error::internal)
}

fn say(ui: &Ui, names: &[String], port: u16) {
    match ui.mode {
        Mode::Json => ui.object(&serde_json::json!({"node": "running", "communities": names, "port": port})),
        Mode::Quiet => {}
        Mode::Human => ui.safe_line(&text!(ui.messages, "serve-done", names = names.join(", "), port = port)),
    }
}
