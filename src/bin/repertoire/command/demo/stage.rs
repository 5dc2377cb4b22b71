//! The stage of the demonstration: homes in one folder, commands run in them, what they answered.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use repertoire::node::Error;
use repertoire::node::request::SyncRow;

use crate::failure::file;
use crate::messages::text;
use crate::ui::display::display;
use crate::ui::{FAINT, TITLE, Ui, paint, table};

/// Homes, and what is shown of them.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    ui: &'a Ui,
    program: PathBuf,
    root: PathBuf,
    port: u16,
    serving: Option<&'static str>,
    syncs: Vec<(&'static str, SyncRow)>,
}

impl<'a> Stage<'a> {
    /// A stage in a folder.
    pub(super) fn new(ui: &'a Ui, root: &Path) -> Result<Stage<'a>, Error> {
        let program = std::env::current_exe().map_err(|error| file(Path::new("repertoire"), &error))?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| Error::cannot_listen(0, error))?;
        let port = listener.local_addr().map_err(|error| Error::cannot_listen(0, error))?.port();
        Ok(Stage { ui, program, root: root.to_owned(), port, serving: None, syncs: Vec::new() })
    }

    /// A heading of the story.
    pub(super) fn say(&self, key: &str) {
        if self.ui.human() {
            self.ui.safe_line("");
            self.ui.styled(TITLE, &text!(self.ui.messages, key));
        }
    }

    /// Runs a command and shows what it answers.
    pub(super) fn run(&mut self, home: &'static str, args: &[&str]) -> Result<(), Error> {
        self.feed(home, args, "")
    }

    /// The same with a text on its standard input.
    pub(super) fn feed(&mut self, home: &'static str, args: &[&str], input: &str) -> Result<(), Error> {
        self.typed(home, args);
        let output = self.command(home, args, input)?;
        if self.ui.human() {
            for line in String::from_utf8_lossy(&output.stdout).lines() {
                self.ui.line(&format!("  {line}"));
            }
        }
        Ok(())
    }

    /// Starts the node of a home.
    pub(super) fn serve(&mut self, home: &'static str) -> Result<(), Error> {
        let port = self.port.to_string();
        self.serving = Some(home);
        self.run(home, &["serve", "--loopback", "--no-mdns", "--port", &port, "--detach"])
    }

    /// Stops the node that runs.
    pub(super) fn stop(&mut self) -> Result<(), Error> {
        match self.serving.take() {
            Some(home) => self.run(home, &["stop"]),
            None => Ok(()),
        }
    }

    /// Stops the node that runs, without words.
    pub(super) fn close(&mut self) {
        if let Some(home) = self.serving.take() {
            // A node that is gone already is as good as one that stops now.
            let _ = self.command(home, &["stop", "-q"], "");
        }
    }

    /// Lets a home meet the node that runs, and tells what moved.
    pub(super) fn sync(&mut self, home: &'static str) -> Result<(), Error> {
        let address = format!("127.0.0.1:{}", self.port);
        self.typed(home, &["sync", &address]);
        let output = self.command(home, &["sync", &address, "--json"], "")?;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let row: SyncRow = serde_json::from_str(line).map_err(Error::internal)?;
            if self.ui.human() {
                let (peer, received, sent) = (&row.member, row.received, row.sent);
                let line = text!(self.ui.messages, "sync-done", peer = peer, received = received, sent = sent);
                self.ui.safe_line(&format!("  {line}"));
            }
            if !row.complete {
                return Err(Error::internal(format!("a sync was not complete: {}", row.reason.unwrap_or_default())));
            }
            self.syncs.push((home, row));
        }
        Ok(())
    }

    /// The fingerprints of all spaces of a home.
    pub(super) fn fingerprints(&mut self, home: &'static str) -> Result<BTreeMap<String, String>, Error> {
        self.typed(home, &["check"]);
        let output = self.command(home, &["check", "--json"], "")?;
        let mut prints = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let check: repertoire::node::request::Check = serde_json::from_str(line).map_err(Error::internal)?;
            if self.ui.human() {
                let space = self.ui.messages.word("space", &check.space);
                let start = check.fingerprint.get(..16).unwrap_or(&check.fingerprint);
                self.ui.line(&format!("  {start}…  {space}"));
            }
            prints.insert(check.space, check.fingerprint);
        }
        Ok(prints)
    }

    /// Bytes received and sent, and round trips, of all syncs.
    pub(super) fn moved(&self) -> (u64, u64, u64) {
        let sum = |of: fn(&SyncRow) -> u64| self.syncs.iter().map(|(_, row)| of(row)).sum();
        (sum(|row| row.bytes_in), sum(|row| row.bytes_out), sum(|row| row.round_trips))
    }

    /// Shows what moved, a row a sync.
    pub(super) fn table(&self) {
        if !self.ui.human() {
            return;
        }
        self.say("demo-moved");
        let mut rows = Vec::new();
        for (home, row) in &self.syncs {
            rows.push(vec![
                format!("  {home} – {}", row.member),
                text!(self.ui.messages, "demo-bytes", received = row.bytes_in, sent = row.bytes_out),
                text!(self.ui.messages, "demo-trips", count = row.round_trips),
                format!("{} ms", row.ms),
            ]);
        }
        table::print(self.ui, &rows);
    }

    fn typed(&self, home: &str, args: &[&str]) {
        if self.ui.human() {
            let quote = |arg: &&str| if arg.contains([' ', '\'']) { format!("\"{arg}\"") } else { (*arg).to_owned() };
            let words: Vec<String> = args.iter().map(quote).collect();
            let line = display(&format!("{home}$ repertoire {}", words.join(" ")));
            self.ui.safe_line(&paint(FAINT, &line));
        }
    }

    fn command(&self, home: &str, args: &[&str], input: &str) -> Result<Output, Error> {
        let failed = |error: std::io::Error| Error::internal(format!("this program can't be run: {error}"));
        self.ui.flush();
        let mut child = Command::new(&self.program)
            .args(args)
            .current_dir(&self.root)
            .env("REPERTOIRE_HOME", self.root.join(home))
            .env("REPERTOIRE_LANG", self.ui.messages.language().code())
            .env_remove("REPERTOIRE_NOW")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that reads no input closes it: its answer says what there is to say.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(failed)?;
        match output.status.code() {
            Some(0 | 1) => Ok(output),
            _ => {
                let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                Err(Error::internal(format!("`repertoire {}` failed: {why}", args.join(" "))))
            }
        }
    }
}
