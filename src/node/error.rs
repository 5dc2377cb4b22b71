//! What can go wrong for the one who asks: a kind that says whose move it is, a code that a catalogue can translate, and
//! an English sentence with a hint that names the next step.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whose move it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The request is wrong: ask otherwise. Exit status 2.
    Invalid,
    /// The act is not allowed to this person. Exit status 3.
    Refused,
    /// What is named is not there, or is several things. Exit status 4.
    NotFound,
    /// No peer was reached, or every one refused. Exit status 5.
    Network,
    /// Data are damaged; nothing was written. Exit status 6.
    Corrupt,
    /// Somebody else owns the store, or a limit is reached: try again. Exit status 7.
    Busy,
    /// A fault of this program. Exit status 8.
    Internal,
}

/// A failure, ready to be shown: `code` and `args` for a translation, `message` and `hint` in English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// Whose move it is.
    pub kind: ErrorKind,
    /// Stable name, one of [`CODES`]; also the key of a translation.
    pub code: String,
    /// Named values in the message.
    pub args: Vec<(String, String)>,
    /// One sentence without a full stop.
    pub message: String,
    /// What to do next; may be empty.
    pub hint: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

macro_rules! problems {
    ($($(#[$doc:meta])* $kind:ident $name:ident($($arg:ident),*) $message:literal, $hint:literal;)*) => {
        /// Every code, with the names of its arguments: what a catalogue must translate.
        pub const CODES: &[(&str, &[&str])] = &[$((stringify!($name), &[$(stringify!($arg)),*])),*];

        impl Error {
            $(
                $(#[$doc])*
                pub fn $name($($arg: impl fmt::Display),*) -> Error {
                    Error {
                        kind: ErrorKind::$kind,
                        code: stringify!($name).to_owned(),
                        message: format!($message),
                        args: vec![$((stringify!($arg).to_owned(), $arg.to_string())),*],
                        hint: format!($hint),
                    }
                }
            )*
        }
    };
}

problems! {
    /// No community in this home.
    NotFound no_community()
        "there is no community here yet", "found one with `repertoire init NAME`, or enter one with `repertoire join FILE`";
    /// Several communities, none named.
    NotFound several_communities(names)
        "this home holds several communities: {names}", "name one with `--community NAME`";
    /// The community named is not here.
    NotFound unknown_community(name)
        "there is no community `{name}` here", "`repertoire status` names those that are here";
    /// A community of that name was founded or joined here already.
    Invalid community_exists(name)
        "a community `{name}` is here already", "choose another name, or another home with `--home DIR`";
    /// No such document.
    NotFound no_document(name)
        "there is no document `{name}`", "`repertoire list` and `repertoire search WORDS` name those that are here";
    /// A document whose creating entry has no effect here, or not yet.
    NotFound held_document(name, why)
        "`{name}` is here and can't be shown: {why}", "`repertoire status` says what waits";
    /// A name that fits several documents.
    NotFound ambiguous(name, candidates)
        "`{name}` can mean several documents: {candidates}", "give more of the name or of the id";
    /// No such member.
    NotFound no_member(name)
        "there is no member `{name}`", "`repertoire members` lists them";
    /// No such field.
    Invalid no_field(kind, field, near)
        "a {kind} has no field `{field}`", "near it: {near}";
    /// A value that the field does not take.
    Invalid bad_value(field, value, why)
        "`{value}` is no value for {field}: {why}", "see `repertoire help add`";
    /// An operation that the field's merge type does not have.
    Invalid bad_operation(field, operation, why)
        "not possible with {field}: {why}", "see `repertoire help edit`";
    /// A kind of document that can't be written.
    Invalid bad_kind(kind, kinds)
        "`{kind}` is no kind of document", "kinds: {kinds}";
    /// A record of what each community has of its own.
    Invalid own_kind(kind)
        "a {kind} is not brought in: every community has its own charter and acts, every member writes their own profile", "see `repertoire help import`";
    /// Something required is absent.
    Invalid missing(what)
        "{what} is missing", "see `repertoire help`";
    /// A limit on what one writes.
    Invalid too_large(what, limit)
        "{what} is too large: the limit is {limit}", "shorten it, or split it over two documents";
    /// Nothing to write.
    Invalid nothing_to_do()
        "nothing would change", "say what to change, for example `--set FIELD=VALUE`";
    /// No conflict on that field.
    NotFound no_conflict(name, field)
        "{name} has no two values in {field}", "`repertoire conflicts` lists those that have";
    /// A value number out of range.
    Invalid no_such_value(number, count)
        "there is no value {number}: there are {count}", "`repertoire conflicts` numbers them";
    /// The one who asks lacks the right.
    Refused not_allowed(act, role)
        "a {role} may not {act}", "ask an animator: `repertoire members` names them";
    /// The member is not (yet) one who writes.
    Refused not_yet_member()
        "your admission is not confirmed here yet", "run `repertoire sync` with a member, or wait for an animator";
    /// The one who asks is a member no longer.
    Refused gone(why)
        "{why}: this copy is kept to be read", "an animator may invite you again";
    /// Somebody leaves before anybody has what they wrote.
    Refused unsent(count)
        "{count} of what you wrote is with nobody yet, and who hears that you left takes it no longer", "`repertoire sync` first, then leave; --yes leaves all the same";
    /// So few are left that the printed key of the community has to sign.
    Refused needs_community_key()
        "fewer than three write here: the printed key of the community has to sign", "`--printed-key`: the words that whoever founded it printed";
    /// A recovery is young: who was believed lost may still say no.
    Refused recovery_waits(until)
        "the recovery is young: who was believed lost can say no until {until}", "try again then; `repertoire govern veto ACT` is what they would say";
    /// No fork has this number.
    NotFound no_fork(name)
        "there is no fork `{name}`", "`repertoire govern fork` numbers them";
    /// Nothing of that name is in quarantine.
    NotFound no_quarantine(name)
        "there is nothing `{name}` in quarantine", "`repertoire quarantine list` numbers what is there";
    /// No such act of governance.
    NotFound no_act(name)
        "there is no act `{name}`", "`repertoire govern log` lists them";
    /// An act of governance that the rules leave without effect.
    Refused void_act(act)
        "the rules of the community give this no effect: {act}", "there is always an animator, and rights follow from acts before: `repertoire govern log`";
    /// The file is no invitation.
    Corrupt not_an_invitation()
        "this is no invitation, or it is damaged", "ask for the file again; it must be whole, with its BEGIN and END lines";
    /// The file is no bundle.
    Corrupt not_a_bundle()
        "this is no bundle", "choose the file that `repertoire bundle create` wrote";
    /// The bundle is cut, or altered.
    Corrupt damaged_bundle()
        "damaged bundle: nothing written", "copy the file again, or ask for another";
    /// The bundle is of a community that is not here.
    Refused foreign_bundle()
        "this bundle is of another community", "apply it in the home of a member of that community";
    /// The bundle is for somebody else.
    Refused bundle_of_another(member)
        "this bundle is for {member}", "carry it there; `repertoire bundle inspect` says what it is";
    /// Too many doors of one person stand open.
    Busy too_many_invitations(count)
        "{count} of your invitations are open, and no more may be", "`repertoire invite --list` shows them; recall one with `repertoire invite --recall ID`";
    /// The history that a newcomer has to verify does not fit codes.
    Invalid too_long_for_codes(most)
        "the invitation is too long for {most} codes", "hand over the file: `repertoire invite --out FILE`";
    /// No such invitation.
    NotFound no_invitation(id)
        "there is no invitation `{id}`", "`repertoire invite --list` shows those that are open";
    /// An invitation that is over can't be recalled.
    Invalid invitation_over(id, why)
        "the invitation {id} is over: {why}", "`repertoire members` shows who came by it";
    /// A member already.
    Invalid already_member(name)
        "you are a member of {name} already", "on another device, ask for an invitation of its own";
    /// The file makes nothing a device.
    Corrupt not_a_device_file()
        "this is no device file, or it is damaged", "make another with `repertoire device add` on a device that is in already";
    /// Somebody who doesn't wait can't be admitted.
    Invalid waits_not(name)
        "{name} does not wait", "`repertoire members` shows who waits";
    /// The invitation asks for six words.
    Refused words_needed(name)
        "{name} came by an invitation to be confirmed: six words have to be compared first", "let them read you their six words, then: `repertoire members admit NAME --words \"…\"`";
    /// The words are others: somebody may stand between.
    Refused other_words(name)
        "these are not the six words of {name}", "compare again by voice; if they differ, somebody stands between you: recall the invitation";
    /// The words were given out already.
    NotFound key_printed()
        "the words of the printed key are not on this machine", "they were printed once, and stay on that paper alone";
    /// No such device.
    NotFound no_device(name)
        "you have no device `{name}`", "`repertoire device list` shows them";
    /// A device doesn't drop itself.
    Invalid own_device()
        "this is the device you are on", "drop it from another of your devices";
    /// A device doesn't drop an older one.
    Refused older_device(device)
        "the device {device} is older than this one", "drop it from an older device, or with your printed key: --printed-key";
    /// A person has no more devices than these.
    Busy too_many_devices(count)
        "you have {count} devices, and no more may be", "drop one with `repertoire device drop DEVICE`";
    /// The key of the space is not here.
    Refused no_key(space)
        "the key of the space {space} is not here", "run `repertoire sync` with a member who holds it";
    /// No such space.
    NotFound no_space(name)
        "there is no space `{name}`", "spaces here: commons, vitrine";
    /// No peer answered.
    Network no_peer(tried)
        "no peer was reached ({tried})", "is `repertoire serve` running there? `repertoire why` says more";
    /// Every peer refused.
    Network refused_by_peer(peer, why)
        "refused by {peer}: {why}", "`repertoire why` says more";
    /// Every peer knows the own admission, and lets it wait.
    Network pending(peer, why, used_by, said)
        "pending: {said}, says {peer}", "an animator may admit you: ask one; until then you can read what the invitation brought";
    /// An address that is none.
    Invalid bad_address(address)
        "`{address}` is no address and no member", "write it as 192.168.1.20:7420, or name a member";
    /// The address can't be listened on.
    Busy cannot_listen(port, why)
        "can't listen on port {port}: {why}", "choose another with `--port N`";
    /// The node is already running.
    Busy already_serving(pid)
        "a node is running in this home (process {pid})", "`repertoire stop` ends it";
    /// The node is ending and did nothing of what was asked.
    Busy stopping()
        "the running node is stopping", "try again in a moment";
    /// No node runs.
    NotFound not_serving()
        "no node is running in this home", "`repertoire serve` starts one";
    /// The store is owned by another process that does not answer.
    Busy busy(pid)
        "the store is in use by process {pid}", "try again in a moment; `repertoire stop` ends a node";
    /// The node ended while it was asked.
    Busy node_gone(why)
        "the running node went away: {why}", "what was printed is kept; run the command again";
    /// A limit reached.
    Busy limit(what, limit)
        "the limit of {limit} {what} is reached", "try again later";
    /// Another passphrase or printed key than the file was sealed under.
    Refused wrong_secret()
        "that is not the passphrase or the printed key", "check capitals and the keyboard; nothing was written";
    /// A passphrase that anybody would guess.
    Invalid short_passphrase(least)
        "a passphrase has at least {least} characters", "take several words that belong to nothing";
    /// Nothing to seal or open a file with.
    Invalid no_secret()
        "a passphrase is needed", "give it at a terminal, or in a file named by --passphrase-file or REPERTOIRE_PASSPHRASE_FILE";
    /// The file needs the words of a printed key.
    Invalid no_printed_key()
        "the 24 words of the printed key are needed", "give them at a terminal, or in a file named by --passphrase-file or REPERTOIRE_PASSPHRASE_FILE";
    /// A newer store.
    Corrupt newer_store(found, known)
        "this store was written by a newer version (format {found}, this program knows {known})", "install the newer version; nothing was changed";
    /// A damaged store.
    Corrupt damaged(what)
        "damaged data: {what}", "restore a backup with `repertoire restore-backup FILE`, or sync again into a new home";
    /// A store that can't be written.
    Internal storage(why)
        "the store failed: {why}", "check the disk: free space, permissions";
    /// A file that can't be read or written.
    Invalid file(path, why)
        "can't use `{path}`: {why}", "check the name and the permissions";
    /// The home is not empty.
    Invalid not_empty(path)
        "`{path}` holds a repertoire already", "choose an empty home with `--home DIR`";
    /// A request that the node of another version does not know.
    Invalid version_skew(theirs, ours)
        "the running node is version {theirs}, this program is {ours}", "run `repertoire stop`, then again";
    /// An entry that can't be stored.
    Refused refused_entry(why)
        "an entry is refused: {why}", "whoever sent it runs a faulty program";
    /// Our fault.
    Internal internal(what)
        "a fault of this program: {what}", "please report it with what you did";
}
