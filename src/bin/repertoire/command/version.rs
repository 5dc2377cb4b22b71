//! `version`: which program this is.

use repertoire::node::Error;

use crate::session::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let version = env!("CARGO_PKG_VERSION");
        if context.ui.json() {
            context.ui.object(&serde_json::json!({"program": "repertoire", "version": version}));
        } else {
            context.ui.line(&format!("repertoire {version}"));
        }
        Ok(())
    }
}
