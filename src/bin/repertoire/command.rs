//! The verbs, one file each: its `Args` and its `run`.

macro_rules! modules {
    ($($name:ident),* $(,)?) => { $(pub(crate) mod $name;)* };
}

modules! {
    add, ask, backup, bundle, check, completions, conflicts, consent, demo, device, diff, edit, erase, export, glossary, govern, help, history, import, init, invite, join, key, leave, list, man, me, member, members, peers, propose, publish, quarantine, rebuild, reply, report, resolve, restore_backup, revoke, role, search, serve, show, space, start, status, stop, sync, thread, version, why,
}
