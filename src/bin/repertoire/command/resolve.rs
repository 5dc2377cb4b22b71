//! `resolve`: settles a field with two values.

use repertoire::node::{Error, Reply, Request};

use crate::labels;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["take", "value"]))]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(value_name = "FIELD")]
    field_name: String,
    #[arg(long, value_name = "N")]
    take: Option<usize>,
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    value: Option<String>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let value = self.value.map(|value| context.input.text(&value)).transpose()?;
        let request =
            Request::Resolve { id: self.id, field: self.field_name.clone(), take: self.take, value: value.clone() };
        let written = answer!(context, request, Reply::Written);
        let ui = &context.ui;
        match ui.mode {
            Mode::Human => {
                let field = written.fields.first().unwrap_or(&self.field_name);
                let value = written.value.clone().or(value).unwrap_or_default();
                ui.line(&format!("{}: {field} = {value}", written.handle));
            }
            _ => labels::written(ui, &written),
        }
        Ok(())
    }
}
