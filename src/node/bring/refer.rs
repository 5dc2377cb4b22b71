//! What a record of another community names: its documents and people, found again among those that are here.
//!
//! A record names documents by the ids that they had where it was written. Here they have others, if they are here at
//! all: an earlier import keeps the old id as the origin, and the import that runs remembers which became which.

use std::collections::{BTreeMap, BTreeSet};

use super::super::engine::fold_row::origin_key;
use super::super::engine::rows;
use super::super::error::{Error, ErrorKind};
use super::super::names::Names;
use crate::interchange::{FieldValue, Record};
use crate::model::document::schema::{self, FieldSpec, Merge, Type};
use crate::model::{DocumentId, MemberId};

/// Origins of what another community exported.
pub(super) const SYSTEM: &str = "repertoire";

/// Documents of the import that runs: from the id in the file to the id here.
pub(crate) type Aliases = BTreeMap<DocumentId, DocumentId>;

/// Something that a record names and that is not here.
pub(super) struct Lost {
    pub(super) field: String,
    pub(super) target: String,
    /// The field can be written at the creation alone.
    pub(super) once: bool,
    /// There is no such document without it.
    pub(super) required: bool,
}

impl Lost {
    /// Returns the document that is missing, if it is one.
    pub(super) fn document(&self) -> Option<DocumentId> {
        self.target.parse().ok()
    }

    /// Says it to whoever imports.
    pub(super) fn words(&self) -> String {
        let Lost { field, target, .. } = self;
        let missing = match self.document() {
            Some(_) => format!("`{field}` names {target}, which is neither here nor in what is imported"),
            None => format!("`{field}` names {target}, who is no member here"),
        };
        if self.required { missing } else { format!("{missing}; the rest was taken in") }
    }
}

/// Looks up what records name.
pub(super) struct Refer<'a> {
    pub(super) names: &'a Names<'a>,
    pub(super) aliases: &'a Aliases,
}

impl Refer<'_> {
    /// Finds the document that another community's id means here.
    pub(super) fn document(&self, id: DocumentId) -> Result<Option<DocumentId>, Error> {
        let reader = self.names.reader;
        if let Some(here) = self.aliases.get(&id) {
            return Ok(Some(*here));
        }
        if rows::row(reader, id)?.is_some() {
            return Ok(Some(id));
        }
        let key = origin_key(SYSTEM, &id.to_string());
        Ok(rows::by_origin(reader, &key)?.first().copied())
    }

    /// Puts what is here in the place of what the record names; takes out and returns what is not here.
    pub(super) fn localise(&self, record: &mut Record) -> Result<Vec<Lost>, Error> {
        let Some(kind) = schema::kind(&record.kind) else { return Ok(Vec::new()) };
        let mut lost = Vec::new();
        let mut fields = BTreeMap::new();
        // Where a copy was published from says nothing in another community: it is a document like others there.
        let kept = |(name, _): &(String, FieldValue)| !name.starts_with("published.");
        for (name, value) in std::mem::take(&mut record.fields).into_iter().filter(kept) {
            let value = match kind.field(&name) {
                Some(spec) => self.value(spec, spec, value, &mut lost)?,
                None => Some(value),
            };
            fields.extend(value.map(|value| (name, value)));
        }
        record.fields = fields;
        for (name, labels) in [("topics", &mut record.topics), ("sites", &mut record.sites)] {
            let Some(spec) = kind.field(name) else { continue };
            let mut found = BTreeSet::new();
            for label in std::mem::take(labels) {
                found.extend(self.text(spec, spec, label, &mut lost)?);
            }
            *labels = found;
        }
        Ok(lost)
    }

    /// `spec` is what the value is, `top` the field of the document that it stands in.
    fn value(
        &self,
        top: &FieldSpec,
        spec: &FieldSpec,
        value: FieldValue,
        lost: &mut Vec<Lost>,
    ) -> Result<Option<FieldValue>, Error> {
        Ok(match value {
            FieldValue::Text(text) => self.text(top, spec, text, lost)?.map(FieldValue::Text),
            FieldValue::Many(values) => {
                let mut found = Vec::new();
                for value in values {
                    found.extend(self.value(top, spec, value, lost)?);
                }
                Some(FieldValue::Many(found))
            }
            FieldValue::Map(values) => {
                let mut found = BTreeMap::new();
                for (key, value) in values {
                    let inner = spec.inside(&key).unwrap_or(spec);
                    found.extend(self.value(top, inner, value, lost)?.map(|value| (key, value)));
                }
                Some(FieldValue::Map(found)).filter(|map| !map.is_empty())
            }
            other => Some(other),
        })
    }

    fn text(
        &self,
        top: &FieldSpec,
        spec: &FieldSpec,
        text: String,
        lost: &mut Vec<Lost>,
    ) -> Result<Option<String>, Error> {
        let (before, target) = match spec.value {
            Type::Link => text.split_once(':').map_or(("", text.as_str()), |(relation, target)| (relation, target)),
            _ => ("", text.as_str()),
        };
        let mut miss = |target: &str| {
            let once = top.merge == Merge::Once;
            let (field, target) = (top.name.to_owned(), target.to_owned());
            lost.push(Lost { field, target, once, required: once && top.required });
            None
        };
        if spec.value == Type::Member {
            let member = self.member(target)?;
            return Ok(member.or_else(|| miss(target)));
        }
        // A line is an id only where one belongs, or where we know it for one.
        let sure = match spec.value {
            Type::Document | Type::Term | Type::Link => true,
            Type::Line => matches!(spec.name, "target" | "attachments"),
            _ => return Ok(Some(text)),
        };
        let Ok(id) = target.parse::<DocumentId>() else { return Ok(Some(text)) };
        Ok(match self.document(id)? {
            Some(here) if before.is_empty() => Some(here.to_string()),
            Some(here) => Some(format!("{before}:{here}")),
            None if sure => miss(target),
            None => Some(text),
        })
    }

    /// Returns the name under which a person stands here.
    fn member(&self, text: &str) -> Result<Option<String>, Error> {
        let known = |member: MemberId| self.names.engine.state().members.contains_key(&member);
        let id = match text.parse::<MemberId>() {
            Ok(id) if known(id) => id,
            Ok(_) => return Ok(None),
            Err(_) => match self.names.member_named(text) {
                Ok(id) => id,
                Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            },
        };
        Ok(Some(self.names.member(id)?.0))
    }
}
