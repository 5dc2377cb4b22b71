//! From a request to its answer.

use super::engine::{Changes, Engine};
use super::error::Error;
use super::links::Action;
use super::reply::{Owner, Rebuilt, Reply};
use super::request::{Call, Request, Stage};
use super::{Node, PROGRAM, devices, founding};
use crate::model::{CommunityId, Timestamp};

/// Requests that the door answers, because they need the network.
fn needs_network(request: &Request) -> bool {
    matches!(request, Request::Sync { .. } | Request::Stop)
}

impl Node {
    /// Answers a request. [`Request::Sync`] and [`Request::Stop`] are the door's to answer.
    ///
    /// `progress` hears (done, total) during long work.
    ///
    /// # Errors
    ///
    /// What went wrong, and whose move it is.
    pub fn call(&mut self, call: Call, progress: &mut dyn FnMut(u64, u64)) -> Result<Reply, Error> {
        if needs_network(&call.request) {
            return Err(Error::internal("a request for the network came to the engine"));
        }
        self.env.set_clock(call.now.map(Timestamp).or(self.clock));
        let result = self.answer(call, progress);
        self.env.set_clock(self.clock);
        result
    }

    /// Claims this time for everything that no call claims another for; none = the system's clock.
    pub fn set_clock(&mut self, now: Option<Timestamp>) {
        self.clock = now;
        self.env.set_clock(now);
    }

    fn answer(&mut self, call: Call, progress: &mut dyn FnMut(u64, u64)) -> Result<Reply, Error> {
        match call.request {
            Request::Init(init) => {
                if self.names()?.iter().any(|name| super::row::slug(name) == super::row::slug(&init.name)) {
                    return Err(Error::community_exists(init.name));
                }
                let (engine, written) = founding::found(&self.home, &init, &mut self.env)?;
                self.engines.0.insert(engine.community(), engine);
                Ok(Reply::Written(written))
            }
            Request::Join(join) => {
                let entered = founding::join(&self.home, &join, &mut self.env);
                let (mut engine, joined, addresses) = entered.map_err(|error| self.with_name(error))?;
                engine.remember_addresses(&addresses)?;
                self.engines.0.insert(engine.community(), engine);
                Ok(Reply::Joined(joined))
            }
            Request::BundleApply { path } => {
                Ok(Reply::BundleApplied(self.apply_bundle(std::path::Path::new(&path), progress)?))
            }
            Request::BundleInspect { path } => Ok(Reply::BundleHead(self.inspect_bundle(std::path::Path::new(&path))?)),
            Request::DeviceJoin { text, printed } => {
                let joined = match &printed {
                    Some(words) => devices::recover(&self.home, &text, words, &mut self.env),
                    None => devices::join(&self.home, &text, &mut self.env),
                };
                let (mut engine, joined, addresses) = joined?;
                engine.remember_addresses(&addresses)?;
                self.engines.0.insert(engine.community(), engine);
                Ok(Reply::Joined(joined))
            }
            Request::Leave { forget_name, erase_local, unheard } => {
                let community = self.chosen(call.community.as_deref())?;
                self.leave(community, forget_name, (erase_local, unheard))
            }
            Request::Passphrase { passphrase } => {
                for engine in self.engines.0.values_mut() {
                    engine.keys.set_passphrase(passphrase.as_ref(), &mut self.env)?;
                    engine.keys.save(&engine.folder.join("keys.json"))?;
                }
                Ok(Reply::Done)
            }
            Request::Owner => self.owner(),
            Request::Status => self.status(call.community.as_deref()),
            request => {
                let community = self.chosen(call.community.as_deref())?;
                let (reply, changes) = self.ask(community, request, progress)?;
                self.follow_up(community, changes);
                Ok(reply)
            }
        }
    }

    /// Puts the name of a community in the place of its id.
    fn with_name(&self, error: Error) -> Error {
        let known = self.engines.0.iter().find(|(id, _)| error.args.iter().any(|(_, arg)| *arg == id.to_string()));
        match known.map(|(_, engine)| engine.name()) {
            Some(Ok(name)) if error.code == "already_member" => Error::already_member(name),
            _ => error,
        }
    }

    /// What a request wrote is told to the sessions.
    pub(super) fn follow_up(&mut self, community: CommunityId, changes: Changes) {
        if changes.entries.is_empty() {
            return;
        }
        let documents = changes.documents.iter().map(ToString::to_string).collect();
        self.pending.push(Action::Changed(community, documents));
        self.perform_duties(community, false);
        self.notice_fork(community);
        let actions = self.announce(community, None);
        self.pending.extend(actions);
    }

    /// Leaves a community; `erase` takes it off this machine, too, where somebody heard, or `unheard`.
    fn leave(
        &mut self,
        community: CommunityId,
        forget_name: bool,
        (erase, unheard): (bool, bool),
    ) -> Result<Reply, Error> {
        let engine = self.engines.0.get_mut(&community).expect("it was chosen among those here");
        let before = engine.left()?;
        let mut left = match before {
            Some(left) if erase => left,
            _ => {
                let (left, changes) = engine.leave(&mut self.env, forget_name, unheard)?;
                self.follow_up(community, changes);
                left
            }
        };
        let engine = &self.engines.0[&community];
        if erase && (unheard || engine.left_is_heard()?) {
            let folder = engine.folder.clone();
            // Its store is closed first. A folder with this name is no community's: what a crash leaves is not opened.
            self.engines.0.remove(&community);
            let gone = folder.with_extension("gone");
            let error = |error: std::io::Error| super::home::path_error(&folder, &error);
            std::fs::rename(&folder, &gone).map_err(error)?;
            std::fs::remove_dir_all(&gone).map_err(error)?;
            left.erased = true;
        }
        Ok(Reply::Left(left))
    }

    fn owner(&mut self) -> Result<Reply, Error> {
        let serving = self.serving.as_ref();
        Ok(Reply::Owner(Owner {
            version: PROGRAM.to_owned(),
            pid: std::process::id(),
            node: if serving.is_some() { "running" } else { "stopped" }.to_owned(),
            port: serving.map_or(0, |serving| serving.port),
            communities: self.names()?,
        }))
    }

    fn status(&mut self, community: Option<&str>) -> Result<Reply, Error> {
        let chosen = community.map(|name| self.chosen(Some(name))).transpose()?;
        if self.engines.0.is_empty() {
            return Err(Error::no_community());
        }
        let addresses = self.serving.as_ref().map(|serving| serving.addresses.as_slice());
        let mut out = Vec::new();
        for (id, engine) in &mut self.engines.0 {
            if chosen.is_none_or(|chosen| chosen == *id) {
                out.push(engine.status(addresses)?);
            }
        }
        Ok(Reply::Status(out))
    }

    fn addresses(&self) -> Result<Vec<String>, Error> {
        match &self.serving {
            Some(serving) => Ok(serving.addresses.clone()),
            None => Ok(self.home.profile()?.addresses),
        }
    }

    fn ask(
        &mut self,
        community: CommunityId,
        request: Request,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Reply, Changes), Error> {
        let addresses = self.addresses()?;
        let linked = self.serving.as_ref().map(|serving| serving.linked.clone()).unwrap_or_default();
        let env = &mut self.env;
        let now = env.now();
        let engine = self.engines.0.get_mut(&community).expect("it was chosen among those here");
        let wrote = |(written, changes)| (Reply::Written(written), changes);
        match request {
            Request::Invite(invite) => {
                let invitation = engine.invite(env, &invite, addresses)?;
                let entry = invitation.id.parse().map_err(Error::internal)?;
                Ok((Reply::Invitation(invitation), Changes { entries: vec![entry], ..Changes::default() }))
            }
            Request::Recall { id } => {
                let (row, changes) = engine.recall(env, &id)?;
                Ok((Reply::Invitations(vec![row]), changes))
            }
            Request::Admit { who, words } => {
                let (row, changes) = engine.admit(env, &who, words.as_deref())?;
                Ok((Reply::Members(vec![row]), changes))
            }
            Request::DeviceAdd => {
                let (file, changes) = engine.device_add(env, addresses)?;
                Ok((Reply::DeviceFile(file), changes))
            }
            Request::DeviceDrop { device, printed } => {
                let (row, changes) = engine.device_drop(env, &device, printed.as_ref())?;
                Ok((Reply::Devices(vec![row]), changes))
            }
            Request::PrintedKey => Ok((Reply::PrintedKey(engine.take_printed()?), Changes::default())),
            Request::Me { changes } => {
                let (view, changes) = engine.edit_me(env, &changes)?;
                Ok((Reply::Document(Box::new(view)), changes))
            }
            Request::Add { kind, title, changes, space } => {
                engine.add(env, &kind, &title, &changes, space.as_deref()).map(wrote)
            }
            Request::Edit { id, changes } => engine.edit(env, &id, &changes).map(wrote),
            Request::Reply { to, body, changes } => engine.reply(env, &to, &body, &changes).map(wrote),
            Request::Mark(mark) => {
                let (marked, changes) = engine.mark(env, &mark)?;
                Ok((Reply::Marked(marked), changes))
            }
            Request::Adapt { id, title, changes, space } => {
                engine.adapt(env, &id, title.as_deref(), &changes, space.as_deref()).map(wrote)
            }
            Request::Pull { id } => {
                let (pulled, changes) = engine.pull(env, &id)?;
                Ok((Reply::Pulled(pulled), changes))
            }
            Request::Offer { id } => engine.offer(env, &id).map(wrote),
            Request::Distil { id, title, changes } => engine.distil(env, &id, title.as_deref(), &changes).map(wrote),
            Request::Synthesise { id, text } => engine.synthesise(env, &id, &text).map(wrote),
            Request::Resolve { id, field, take, value } => {
                engine.resolve(env, &id, &field, take, value.as_deref()).map(wrote)
            }
            Request::Import { records, dry_run, space, stage } => {
                let (imported, changes) = engine.import(env, &records, (dry_run, stage), space.as_deref())?;
                if stage == Stage::Last && !dry_run {
                    engine.feed(progress)?;
                }
                Ok((Reply::Imported(imported), changes))
            }
            Request::Search { words, filter, limit } => {
                Ok((Reply::Hits(engine.search(&words, &filter, limit, now, progress)?), Changes::default()))
            }
            Request::Rebuild => {
                let (documents, differed) = engine.rebuild(progress)?;
                engine.forget_index()?;
                engine.feed(progress)?;
                Ok((Reply::Rebuilt(Rebuilt { documents, differed }), Changes::default()))
            }
            Request::Index => {
                engine.feed(progress)?;
                Ok((Reply::Done, Changes::default()))
            }
            Request::BundleCreate { to, path } => {
                let path = std::path::Path::new(&path);
                let written = engine.create_bundle(env, to.as_deref(), path, progress)?;
                Ok((Reply::BundleWritten(written), Changes::default()))
            }
            Request::Backup { path, passphrase } => {
                engine.scrub()?;
                engine.backup(std::path::Path::new(&path), passphrase.as_ref(), env)?;
                Ok((Reply::Done, Changes::default()))
            }
            request => trust(engine, env, request, now, &linked),
        }
    }
}

/// The error of a document that is not found, unless entries of it are here and wait.
fn held_or(names: &super::names::Names<'_>, name: &str, error: Error) -> Error {
    match names.held(name) {
        Ok(Some((_, held))) if held.waiting > 0 => Error::held_document(name, "waiting"),
        Ok(Some((_, held))) if held.masked > 0 => Error::held_document(name, "quarantined"),
        Ok(Some(_)) => Error::held_document(name, "void"),
        _ => error,
    }
}

/// Answers what changes rights, spaces and what stands in the vitrine; and what only reads.
fn trust(
    engine: &mut Engine,
    env: &mut super::env::Env,
    request: Request,
    now: Timestamp,
    linked: &[String],
) -> Result<(Reply, Changes), Error> {
    let one_space = |(row, changes)| (Reply::Spaces(vec![row]), changes);
    Ok(match request {
        Request::Revoke { member, reason, dry_run } => {
            let (removed, changes) = engine.revoke(env, &member, &reason, dry_run)?;
            (Reply::Removed(removed), changes)
        }
        Request::Grant { member, role, topics } => {
            let (row, changes) = engine.grant(env, &member, &role, &topics)?;
            (Reply::Role(row), changes)
        }
        Request::Resign { member, role } => {
            let (row, changes) = engine.resign(env, &member, &role)?;
            (Reply::Role(row), changes)
        }
        Request::Decide { which, admit } => {
            let (decided, changes) = engine.decide(env, &which, admit)?;
            (Reply::Decided(decided), changes)
        }
        Request::Govern(act) => {
            let (done, changes) = engine.govern(env, &act)?;
            (Reply::Act(done), changes)
        }
        Request::SettleForks { which, take } => {
            let (settled, changes) = engine.settle_forks(env, &which, take)?;
            (Reply::ForkSettled(settled), changes)
        }
        Request::SpaceCreate { name, members, hidden } => {
            one_space(engine.create_circle(env, &name, &members, hidden)?)
        }
        Request::SpaceMember { space, member, remove: false } => one_space(engine.circle_add(env, &space, &member)?),
        Request::SpaceMember { space, member, remove: true } => one_space(engine.circle_remove(env, &space, &member)?),
        Request::Publish { id } => {
            let (written, changes) = engine.publish(env, &id)?;
            (Reply::Written(written), changes)
        }
        Request::Consent { id, named } => {
            let (written, changes) = engine.consent(env, &id, named)?;
            (Reply::Written(written), changes)
        }
        Request::Erase { id, dry_run } => {
            let (erased, changes) = engine.erase_document(env, &id, dry_run)?;
            engine.scrub()?;
            (Reply::Erased(erased), changes)
        }
        request => (look(engine, request, now, linked)?, Changes::default()),
    })
}

/// Answers what only reads.
fn look(engine: &Engine, request: Request, now: Timestamp, linked: &[String]) -> Result<Reply, Error> {
    engine.reading(|reader| {
        let names = super::names::Names::new(engine, reader);
        Ok(match request {
            Request::Invitations { all } => {
                let rows = engine.invitations(now);
                Reply::Invitations(rows.into_iter().filter(|row| all || row.state == "open").collect())
            }
            Request::Devices => Reply::Devices(engine.devices(reader)?),
            Request::Quarantine => Reply::Quarantine(engine.quarantined(reader)?),
            Request::Acts => Reply::Acts(engine.acts(reader)?),
            Request::Forks => Reply::Forks(engine.forks(reader, true)?),
            Request::Spaces => Reply::Spaces(engine.spaces(reader)?),
            Request::Members => Reply::Members(engine.members(reader)?),
            Request::Member { who } => {
                let member = names.member_named(&who)?;
                let profile = super::engine::rows::profile(reader, member)?;
                let (id, _) = profile.ok_or_else(|| Error::no_member(&who))?;
                Reply::Document(Box::new(engine.show(reader, id, now)?))
            }
            Request::Show { id } => match names.document(&id) {
                Err(error) if error.code == "no_document" => return Err(held_or(&names, &id, error)),
                found => Reply::Document(Box::new(engine.show(reader, found?, now)?)),
            },
            Request::List { filter, limit } => Reply::Hits(engine.list(reader, &filter, limit, now)?),
            Request::History { id } => Reply::History(engine.history(reader, names.document(&id)?)?),
            Request::Diff { id, a, b } => {
                Reply::Diff(engine.diff(reader, names.document(&id)?, a.as_deref(), b.as_deref())?)
            }
            Request::DiffSource { id } => Reply::Diff(engine.diff_with_source(reader, names.document(&id)?)?),
            Request::Links { id } => Reply::Lineage(Box::new(engine.links(reader, names.document(&id)?)?)),
            Request::Conflicts { id } => {
                let id = id.map(|id| names.document(&id)).transpose()?;
                Reply::Conflicts(engine.conflicts(reader, id)?)
            }
            Request::Glossary { word } => Reply::Glossary(engine.glossary(reader, word.as_deref())?),
            Request::Export { filter, after, limit } => {
                Reply::Records(engine.export(reader, &filter, after.as_deref(), limit, now)?)
            }
            Request::ExportCanonical { space, after, limit } => {
                Reply::Lines(engine.export_canonical(reader, space.as_deref(), after.as_deref(), limit)?)
            }
            Request::Check { full } => Reply::Checks(super::peers::checks(engine, reader, full)?),
            Request::Peers => Reply::Peers(engine.peer_rows(reader, linked)?),
            Request::Why { what } => Reply::Reasons(engine.why(reader, what.as_deref(), linked)?),
            other => return Err(Error::internal(format!("{other:?} is not a request that reads"))),
        })
    })
}
