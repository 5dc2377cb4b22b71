//! The verbs, one file each: its `Args` and its `run`.

macro_rules! modules {
    ($($name:ident),* $(,)?) => { $(pub(crate) mod $name;)* };
}

modules! {
    add, ask, backup, bundle, check, completions, conflicts, demo, device, diff, edit, export, glossary, help, history,
    import, init, invite, join, key, list, man, me, member, members, peers, propose, rebuild, reply, resolve,
    restore_backup, search, serve, show, start, status, stop, sync, thread, version, why,
}
