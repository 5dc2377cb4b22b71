//! Texts that people give: a string, `@file`, `-` for the standard input, or nothing: the editor.

pub(crate) mod editor;
pub(crate) mod secret;

use std::io::{self, Read};
use std::path::Path;

use repertoire::model::document::schema;
use repertoire::node::Error;
use repertoire::node::request::{FieldChange, FieldOp};

use crate::failure::{file, wrong};
use crate::fields::Changes;

/// Most bytes of one text: well over the limit of a field, so that the answer about that comes from the node.
const TEXT_BYTES_MAX: u64 = 16 << 20;

/// Reads texts; the standard input once.
#[derive(Debug, Default)]
pub(crate) struct Input {
    taken: bool,
}

impl Input {
    /// The text that an argument means. `@@x` is the text `@x`.
    pub(crate) fn text(&mut self, argument: &str) -> Result<String, Error> {
        if argument == "-" {
            if std::mem::replace(&mut self.taken, true) {
                return Err(wrong("stdin-twice", &[]));
            }
            return tidy(read(io::stdin(), Path::new("-"))?);
        }
        match argument.strip_prefix('@') {
            Some(rest) if rest.starts_with('@') => Ok(rest.to_owned()),
            Some(path) if !path.is_empty() => {
                let path = Path::new(path);
                let file = std::fs::File::open(path).map_err(|error| file(path, &error))?;
                tidy(read(file, path)?)
            }
            _ => Ok(argument.to_owned()),
        }
    }

    /// The changes that the arguments mean. An option that names a field alone sets it, or adds to it.
    pub(crate) fn changes(&mut self, typed: &Changes, kind: Option<&str>) -> Result<Vec<FieldChange>, Error> {
        let mut changes = Vec::with_capacity(typed.typed.len());
        for (op, field, value) in &typed.typed {
            let op = op.unwrap_or_else(|| plain_op(kind, field));
            changes.push(FieldChange { op, field: field.clone(), value: self.text(value)? });
        }
        Ok(changes)
    }
}

/// Reads all of a source of text that may be too long, or no text.
fn read(source: impl Read, path: &Path) -> Result<String, Error> {
    let mut bytes = Vec::new();
    source.take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| file(path, &error))?;
    if bytes.len() as u64 > TEXT_BYTES_MAX {
        return Err(Error::too_large(path.display(), "16 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| wrong("not-utf8", &[("path", &path.display().to_string())]))
}

/// Line ends as `\n`, no byte order mark, no empty lines at the end.
fn tidy(text: String) -> Result<String, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.replace("\r\n", "\n").trim_end_matches('\n').to_owned())
}

/// What `--FIELD value` does: the singular of a set or list adds one element, everything else sets. Whether there is such
/// a field is for the node to say: it knows the kind of the document.
fn plain_op(kind: Option<&str>, field: &str) -> FieldOp {
    let kinds = schema::KINDS.iter().filter(|spec| kind.is_none_or(|kind| spec.name == kind));
    let single = kinds.filter_map(|spec| spec.find(field)).any(|(_, single)| single);
    if single { FieldOp::Add } else { FieldOp::Set }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_a_text_a_file_or_an_escaped_text() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("texte.md");
        std::fs::write(&path, "\u{feff}une\r\ndeux\n\n").expect("written");
        let mut input = Input::default();
        assert_eq!(input.text("plain").expect("a text"), "plain");
        assert_eq!(input.text("@@home").expect("a text"), "@home");
        assert_eq!(input.text("@").expect("a text"), "@");
        assert_eq!(input.text(&format!("@{}", path.display())).expect("a file"), "une\ndeux");
        assert_eq!(input.text("@/no/such/file").expect_err("no file").code, "file");
    }

    #[test]
    fn the_singular_of_a_set_adds() {
        assert_eq!(plain_op(Some("practice"), "topic"), FieldOp::Add);
        assert_eq!(plain_op(Some("practice"), "topics"), FieldOp::Set);
        assert_eq!(plain_op(Some("practice"), "problem"), FieldOp::Set);
        assert_eq!(plain_op(None, "topic"), FieldOp::Add);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bytes");
        std::fs::write(&path, [0xff, 0xfe]).expect("written");
        assert_eq!(Input::default().text(&format!("@{}", path.display())).expect_err("no text").code, "not-utf8");
    }
}
