//! Forks: chains of a device that was copied or restored and have several branches since. Every branch is kept, passed on
//! and counts; somebody says how it goes on, once for everybody, and the fork is open no longer.

use std::collections::BTreeSet;

use super::engine::governed::chain_name;
use super::engine::{Changes, Engine, is_after, is_on, owner};
use super::env::Env;
use super::error::Error;
use super::names::{Names, instant};
use super::reply::{BranchRow, ForkRow, ForkSettled};
use crate::model::governance::{self, Branches, Cut, Place, Resolution};
use crate::model::{Chain, EntryId, SpaceId};
use crate::store::{Reader, Tip};

/// A chain with several branches.
struct Forked {
    chain: Chain,
    /// The first place where they part.
    seq: u64,
    /// The last entries of the branches, the longest first.
    tips: Vec<Tip>,
    /// The act that settled it; none while a branch is here of which no act says anything.
    settled: Option<EntryId>,
}

impl Engine {
    /// Lists the forks that are open, by space and device; and with `all` those that were settled, after them.
    pub(crate) fn forks(&self, reader: &Reader, all: bool) -> Result<Vec<ForkRow>, Error> {
        let names = Names::new(self, reader);
        let forked = self.forked(reader)?;
        let rows = forked.iter().enumerate().filter(|(_, fork)| all || fork.settled.is_none());
        rows.map(|(at, fork)| self.fork_row(&names, at + 1, fork)).collect()
    }

    fn forked(&self, reader: &Reader) -> Result<Vec<Forked>, Error> {
        let mut found: Vec<Forked> = Vec::new();
        for space in reader.spaces()? {
            // The places of one chain come together, the first one first.
            for fork in reader.forks(space)? {
                let settled = self.settled_by(reader, &fork.chain, fork.seq, &fork.ids);
                match found.last_mut().filter(|last| last.chain == fork.chain) {
                    Some(last) => last.settled = last.settled.and(settled),
                    None => {
                        let mut tips = reader.tips_of(fork.chain)?;
                        tips.sort_by_key(|tip| (std::cmp::Reverse(tip.seq), tip.id));
                        found.push(Forked { chain: fork.chain, seq: fork.seq, tips, settled });
                    }
                }
            }
        }
        found.sort_by_key(|fork| (fork.settled.is_some(), fork.chain));
        Ok(found)
    }

    /// Returns the act that settled what stands at one place of a chain, if whoever settled it knew of each.
    fn settled_by(&self, reader: &Reader, chain: &Chain, seq: u64, ids: &[EntryId]) -> Option<EntryId> {
        let settled = self.state().resolved.get(&chain_name(chain))?;
        let known = |id: &EntryId| settled.iter().any(|one| knows(reader, one, &place(chain, seq, *id)));
        settled.first().filter(|_| ids.iter().all(known)).map(|one| one.by)
    }

    fn fork_row(&self, names: &Names<'_>, n: usize, fork: &Forked) -> Result<ForkRow, Error> {
        let reader = names.reader;
        let member = owner(self.state(), fork.chain.device);
        let mut branches = Vec::new();
        for (at, tip) in fork.tips.iter().enumerate() {
            let parts = self.parts_at(reader, fork, tip)?;
            let run = reader.run(tip.id, parts, usize::MAX)?;
            let at_of = |stored: Option<&crate::store::Stored>| {
                stored.map(|stored| instant(stored.entry.header().time)).unwrap_or_default()
            };
            let counts = run.iter().filter(|stored| self.is_free(reader, &stored.entry)).count();
            branches.push(BranchRow {
                n: at + 1,
                tip: tip.id.to_string(),
                entries: run.len(),
                counts,
                first: at_of(run.first()),
                last: at_of(run.last()),
            });
        }
        Ok(ForkRow {
            n,
            member: member.map_or(Ok(String::new()), |member| Ok::<_, Error>(names.member(member)?.0))?,
            device: fork.chain.device.to_string(),
            incarnation: fork.chain.incarnation.to_string(),
            space: names.space(fork.chain.space),
            seq: fork.seq,
            branches,
            settled: fork.settled.map(|act| act.to_string()),
        })
    }

    /// Returns the first place of a branch that no other branch has.
    fn parts_at(&self, reader: &Reader, fork: &Forked, tip: &Tip) -> Result<u64, Error> {
        let mut parts = fork.seq;
        for other in fork.tips.iter().filter(|other| other.id != tip.id) {
            let (mut common, mut apart) = (fork.seq - 1, tip.seq.min(other.seq) + 1);
            while apart - common > 1 {
                let middle = common + (apart - common) / 2;
                let same = reader.id_at(tip.id, middle)? == reader.id_at(other.id, middle)?;
                if same { common = middle } else { apart = middle }
            }
            parts = parts.max(common + 1);
        }
        Ok(parts)
    }

    /// Says how forks go on: with all of their branches, as far as they are here, or with one alone.
    pub(crate) fn settle_forks(
        &mut self,
        env: &mut Env,
        which: &[String],
        take: Option<usize>,
    ) -> Result<(ForkSettled, Changes), Error> {
        let forked = self.reading(|reader| self.forked(reader))?;
        let chosen = chosen(&forked, which)?;
        if chosen.is_empty() || take.is_none() && chosen.iter().all(|fork| fork.settled.is_some()) {
            return Err(Error::nothing_to_do());
        }
        let mut shapes = Vec::new();
        for fork in &chosen {
            let at = take.unwrap_or(1);
            let choice = at.checked_sub(1).and_then(|at| fork.tips.get(at));
            let choice = choice.ok_or_else(|| Error::bad_value("branch", at, "no branch has this number"))?;
            let mut cut = Cut::default();
            cut.spaces.extend(Some(fork.chain.space).filter(|space| *space != SpaceId::GOVERNANCE));
            let others = fork.tips.iter().filter(|tip| tip.id != choice.id && take.is_none());
            others.for_each(|tip| cut.add(place(&fork.chain, tip.seq, tip.id)));
            shapes.push(governance::resolve(&place(&fork.chain, choice.seq, choice.id), &cut));
        }
        let (acts, changes) = self.writing(env, |pen| {
            shapes.iter().map(|shape| pen.act(shape, "fork")).collect::<Result<Vec<EntryId>, Error>>()
        })?;
        let settled = ForkSettled { forks: acts.len(), entries: acts.iter().map(EntryId::to_string).collect() };
        Ok((settled, changes))
    }
}

/// Tells whether whoever settled a fork had heard of this branch of it.
fn knows(reader: &Reader, resolution: &Resolution, place: &Place) -> bool {
    // All on one branch is a choice between those that were known: the tips of the others are not named then.
    let alone = resolution.cut.tips.is_empty();
    let on = |tip| is_on(reader, tip, place);
    let after = |seq, id| is_after(reader, place, seq, id);
    alone || resolution.keeps(place, &Branches { on: &on, after: &after })
}

fn place(chain: &Chain, seq: u64, id: EntryId) -> Place {
    Place { space: chain.space, device: chain.device, incarnation: chain.incarnation, seq, id }
}

/// Finds forks by their numbers in the list; all that are open where none is named.
fn chosen<'a>(forked: &'a [Forked], which: &[String]) -> Result<Vec<&'a Forked>, Error> {
    let numbers: BTreeSet<&str> = which.iter().map(|word| word.trim()).collect();
    if numbers.is_empty() || numbers.iter().any(|word| matches!(*word, "all" | "tous")) {
        return Ok(forked.iter().filter(|fork| fork.settled.is_none()).collect());
    }
    let find = |word: &str| {
        let at = word.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        at.and_then(|at| forked.get(at)).ok_or_else(|| Error::no_fork(word))
    };
    numbers.into_iter().map(find).collect()
}
