//! `device`: one's own devices.

use std::path::PathBuf;

use clap::ValueEnum;
use repertoire::node::request::DeviceRow;
use repertoire::node::{Error, Reply, Request, Secret};

use crate::failure::{self, wrong};
use crate::input::secret;
use crate::labels::date;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ACTION")]
    action: Action,
    #[arg(value_name = "DEVICE_OR_FILE")]
    what: Option<String>,
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[arg(long)]
    printed_key: bool,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Action {
    #[value(alias = "ajouter")]
    Add,
    #[value(alias = "rejoindre")]
    Join,
    #[value(alias = "lister")]
    List,
    #[value(alias = "retirer")]
    Drop,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        match self.action {
            Action::Add => self.add(context),
            Action::Join => self.join(context),
            Action::List => list(context),
            Action::Drop => self.drop(context),
        }
    }

    fn what(&self, name: &str) -> Result<String, Error> {
        let page = "repertoire help device";
        self.what.clone().ok_or_else(|| wrong("wrong-missing", &[("what", name), ("page", page)]))
    }

    /// The words of the printed key, where they are asked for.
    fn words(&self, context: &Context) -> Result<Option<Secret>, Error> {
        if !self.printed_key {
            return Ok(None);
        }
        match secret::given(self.passphrase_file.as_deref())? {
            None if secret::can_ask() => secret::ask(&text!(context.ui.messages, "ask-printed-key")).map(Some),
            None => Err(Error::no_printed_key()),
            given => Ok(given),
        }
    }

    fn add(self, context: &mut Context) -> Result<(), Error> {
        let file = answer!(context, Request::DeviceAdd, Reply::DeviceFile);
        let ui = &context.ui;
        if let Some(path) = &self.out {
            super::invite::write_private(path, &file.text).map_err(|error| failure::file(path, &error))?;
        }
        match (ui.mode, &self.out) {
            (Mode::Json, _) => ui.object(&file),
            (_, None) => ui.lines(file.text.trim_end()),
            (Mode::Quiet, _) => ui.line(&file.device),
            (Mode::Human, Some(path)) => {
                ui.safe_line(&text!(ui.messages, "device-added", file = path.display().to_string()));
            }
        }
        ui.hint(&text!(ui.messages, "device-secret"));
        Ok(())
    }

    fn join(self, context: &mut Context) -> Result<(), Error> {
        let file = self.what("FILE")?;
        let argument = if file == "-" || file.contains('\n') { file } else { format!("@{file}") };
        let text = context.input.text(&argument)?;
        let printed = self.words(context)?;
        let joined = answer!(context, Request::DeviceJoin { text, printed }, Reply::Joined);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&joined),
            Mode::Quiet => ui.line(&joined.handle),
            Mode::Human => {
                let role = ui.messages.word("role", &joined.role);
                let (handle, name) = (&joined.handle, &joined.name);
                ui.safe_line(&text!(ui.messages, "device-joined", handle = handle, role = role, name = name));
            }
        }
        ui.hint(&text!(ui.messages, "device-delete-file"));
        Ok(())
    }

    fn drop(self, context: &mut Context) -> Result<(), Error> {
        let device = self.what("DEVICE")?;
        let printed = self.words(context)?;
        let rows = answer!(context, Request::DeviceDrop { device, printed }, Reply::Devices);
        let ui = &context.ui;
        for row in &rows {
            match ui.mode {
                Mode::Json => ui.object(row),
                Mode::Quiet => ui.line(&row.device),
                Mode::Human => {
                    let device = row.device.get(..8).unwrap_or(&row.device);
                    ui.safe_line(&text!(ui.messages, "device-dropped", device = device, count = row.entries));
                }
            }
        }
        Ok(())
    }
}

fn list(context: &mut Context) -> Result<(), Error> {
    let rows = answer!(context, Request::Devices, Reply::Devices);
    let ui = &context.ui;
    match ui.mode {
        Mode::Json => rows.iter().for_each(|row| ui.object(row)),
        Mode::Quiet => rows.iter().for_each(|row| ui.line(&row.device)),
        Mode::Human => table::print(ui, &rows.iter().map(|row| cells(ui, row)).collect::<Vec<_>>()),
    }
    Ok(())
}

fn cells(ui: &Ui, row: &DeviceRow) -> Vec<String> {
    let dropped = row.dropped.as_deref().map(|at| text!(ui.messages, "device-dropped-on", at = date(at)));
    let me = if row.me { text!(ui.messages, "device-me") } else { String::new() };
    vec![
        row.n.to_string(),
        row.device.get(..8).unwrap_or(&row.device).to_owned(),
        text!(ui.messages, "device-since", at = date(&row.added)),
        text!(ui.messages, "device-entries", count = row.entries),
        dropped.unwrap_or(me),
    ]
}
