//! The verbs, one file each: its `Args` and its `run`.

macro_rules! modules {
    ($($name:ident),* $(,)?) => { $(pub(crate) mod $name;)* };
}

modules! {
    adapt, add, ask, backup, bundle, check, completions, conflicts, consent, demo, device, diff, distil, edit, erase, export, glossary, govern, help, history, import, init, invite, join, key, leave, links, list, man, mark, me, member, members, offer_upstream, peers, publish, pull_from_source, quarantine, rebuild, reply, report, resolve, restore_backup, revoke, role, search, serve, show, space, start, status, stop, sync, synthesise, thread, version, why,
}
