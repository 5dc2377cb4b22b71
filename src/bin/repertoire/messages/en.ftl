# Answers, failures and notes. Keys and variables are the same in every language: a test holds them so.

## What verbs answer

written = Written, { $kind }: { $handle }
mark-verified = { $handle }: verified until { $until }
mark-useful = { $handle }: useful to { $count }
mark-thanks = { $handle }: { $count ->
    [one] 1 thank-you
   *[other] { $count } thank-yous
}
mark-used = { $handle }: used { $count ->
    [one] once
   *[other] { $count } times
}
mark-voices = { $handle }: validated by { $count } of { $quorum }
mark-solved = Question solved by { $by }. Next: `repertoire distil { $handle }`
mark-solutions = { $handle }: { $count } solutions, all kept. Next: `repertoire distil { $handle }`
mark-undone = { $handle }: taken back
mark-made = { $handle }: noted
pull-taken = { $field }: { $count ->
    [one] 1 line
   *[other] { $count } lines
} taken from the source.
pull-dropped = { $count ->
    [one] 1 line
   *[other] { $count } lines
} went as in the source.
pull-both = Both had changed the same place: yours stands first.
pull-reread = Please reread.
pull-nothing = Nothing new in the source.
links-absent = Adapted from "{ $title }", which is not here.
card-level = level { $level }
card-stars = { $count ->
    [0] no stars
    [one] 1 star
   *[other] { $count } stars
}
card-adapted = Adapted from { $source }
card-adapted-absent = Adapted from "{ $title }", which is not here
card-distilled = Distilled from { $thread }
card-thanks = thanks to { $people }
card-upstream = The source has changed since: `repertoire pull-from-source { $handle }`
card-reports = { $count ->
    [one] 1 report
   *[other] { $count } reports
}
card-none = none
card-topics = about { $topics }
card-missing = Missing for a complete practice: { $list }
standing-verified = Verified until { $until } by { $by }
standing-changed = { $count ->
    [one] 1 change
   *[other] { $count } changes
} since verification, by { $by }
standing-successor = Replaced by { $list }
standing-duplicate = Was asked before: { $list }
standing-solutions = { $count } solutions
standing-taken = { $by } is on it
standing-useful = useful to { $count }
standing-used = used { $count ->
    [one] once
   *[other] { $count } times
}
standing-thanks = { $count ->
    [one] 1 thank-you
   *[other] { $count } thank-yous
}
standing-apart = Two people said different things without knowing of each other: the more cautious one is shown. `repertoire history { $handle }`
evidence-level = level { $level } of 5: { $what }.
evidence-1 = nobody has reported yet that it worked
evidence-2 = a report that it worked, at { $sites ->
    [one] 1 site
   *[other] { $sites } sites
}
evidence-3 = a report with before-after at { $sites ->
    [one] 1 site
   *[other] { $sites } sites
}
evidence-4 = positive reports by different people at { $sites } sites
evidence-5 = positive reports by different people at { $sites } sites over a year, validated
evidence-next-2 = For level 2: a report that it worked, by somebody who saw it.
evidence-next-3 = For level 3: a report with before-after or comparison.
evidence-next-4 = For level 4: a positive report by someone else at another site.
evidence-next-5 = For level 5: three sites over a year, 70 % success, and validation.
evidence-fell = One level less: the latest two reports say that it failed.
evidence-success = Success { $success } % of { $count } reports (95 % interval { $low } to { $high } %).
outcome-worked = worked
outcome-partly = partly
outcome-failed = failed
outcome-stopped = stopped
outcome-not-applicable = not applicable
post-accepted = ✓ accepted
post-synthesis = synthesis
stance-for = for
stance-against = against
stance-nuance = nuance
link-see-also = see also
link-distilled-from = distilled from
link-supersedes = replaces
link-requires = requires
link-part-of = part of
link-translates = translates
link-contradicts = contradicts
link-illustrates = illustrates
link-duplicates = repeats
link-answers = answers
link-about = about
link-adapts = adapts
link-published-from = published from
linked-about = about it
linked-distilled-from = became
ask-report = How did it go: { $title }?
show-taken = with lines from the source, please reread
init-done = Founded { $name }. You are { $person }, founder, at { $site }.
init-next = Write with `repertoire add practice "…"`, let others in with `repertoire invite --out FILE`.
join-done = You are { $handle }, { $role } of { $name }, at { $site }. Nothing received yet: run `repertoire sync`.
join-pending = Pending: { $why } An animator may admit you; what you write counts from then on.
pending-used = the invitation was already used by { $by }.
pending-used-unnamed = the invitation was already used.
pending-expired = the invitation had expired.
pending-closed = the invitation was closed before you came.
pending-confirm = an animator has to confirm, after comparing six words with you.
pending-inviter = who invited you may not, or waits too.
status-pending-me = Pending: { $why } An animator may admit you.
why-pending-me = pending: { $why }
members-admitted = { $handle } is a member.
members-words = Six words of { $handle }: { $words }. Did they read you the same? [y/N]
invite-done = Invitation written: { $uses ->
    [one] { $uses } use
   *[other] { $uses } uses
}, role { $role }, valid until { $until }.
invite-none = No invitation is open.
invite-uses = { $used } of { $uses } used
invite-until = until { $until }
invite-waits = { $count ->
    [one] { $count } waits
   *[other] { $count } wait
}
invite-confirm = to be confirmed
invite-recalled = Invitation { $id } recalled: whoever comes with it now waits for an animator.
invite-code = Code { $at } of { $all }
invite-codes = { $all ->
    [one] Scan the code into a file, and enter with `repertoire join FILE`.
   *[other] Scan the { $all } codes into one file, in any order, and enter with `repertoire join FILE`.
}
invite-codes-small = The codes carry no starter pack, which would not fit: the newcomer's first screen is empty until the first sync.
join-done-with = You are { $handle }, { $role } of { $name }, at { $site }. The invitation brought { $list }. The rest: run `repertoire sync`.
join-words = Compare these six words with an animator, by voice: { $words }
invite-secret = Whoever holds this file can enter, and read what its role reads: hand it over like a key.
invite-addresses = It names the addresses of this node: { $addresses }
members-you = (you)
members-devices = { $count ->
    [one] { $count } device
   *[other] { $count } devices
}
search-unknown = `{ $word }` is no filter, and was searched as words. Filters: { $facets }, since.
search-near = Nothing holds these words exactly. Near them:
conflicts-none = No conflicts.
conflicts-shown = shown: { $value }
conflicts-left = { $count ->
    [one] { $count } field has two values: run `repertoire conflicts`.
   *[other] { $count } fields have two values: run `repertoire conflicts`.
}
held-left = { $count ->
    [one] { $count } entry waits or is set aside: run `repertoire status`.
   *[other] { $count } entries wait or are set aside: run `repertoire status`.
}
glossary-uses = { $count ->
    [one] { $count } use
   *[other] { $count } uses
}
sync-done = Synced with { $peer }. Received { $received ->
    [one] { $received } operation
   *[other] { $received } operations
}, sent { $sent }.
sync-part = Synced in part with { $peer }. Received { $received ->
    [one] { $received } operation
   *[other] { $received } operations
}, sent { $sent }. Not complete: { $why }.
sync-failed = Not synced with { $peer }: { $why }.
sync-new = New: { $list }.
sync-nobody = Nobody to sync with. Give an address: `repertoire sync ADDRESS`.
peers-none = No peer is known yet. Run `repertoire serve` on both sides, or `repertoire sync ADDRESS`.
peers-connected = connected
peers-relayed = connected over a relay
peers-away = not connected
peers-last = last complete { $at }
peers-never = never complete
serve-done = Serving { $names } on port { $port }. No internet needed.
serve-end = Stop it with Ctrl-C, or with `repertoire stop` elsewhere.
stop-done = Stopped.
status-who = { $name }: you are { $me }, { $role }.
status-counts = { $documents ->
    [one] { $documents } document
   *[other] { $documents } documents
}, { $entries ->
    [one] { $entries } entry
   *[other] { $entries } entries
}.
status-running = The node is running: { $addresses }
status-stopped = The node is stopped: `repertoire serve` starts it.{ $addresses }
status-spread = { $have } of { $all ->
    [one] { $all } person has
   *[other] { $all } people have
} all of yours.
status-lacks-since = { $member } lacks { $missing ->
    [one] { $missing } entry
   *[other] { $missing } entries
} since { $since }.
status-never-met = { $member } was never met by this node.
status-waits = { $count ->
    [one] { $count } entry waits
   *[other] { $count } entries wait
} for { $why }.
status-quarantined = { $count ->
    [one] { $count } entry is
   *[other] { $count } entries are
} in quarantine.
status-fallen = { $member } ({ $role }) offered less on { $at } than it held on { $since }: { $entries } entries and { $payloads } payloads are gone from it. It was copied, or restored from an older state, or it holds something back.
status-fallen-again = What is here was given to it again.
status-fork = A device of { $member } ({ $device }) was copied or restored: two histories in { $space } from entry { $seq }. Nothing is lost: `repertoire govern fork` settles it.
status-unindexed = { $count ->
    [one] { $count } document is
   *[other] { $count } documents are
} not in the search index yet.
check-documents = { $count ->
    [one] { $count } document
   *[other] { $count } documents
}
check-entries = { $count ->
    [one] { $count } entry
   *[other] { $count } entries
}
check-waiting = { $count } waiting
check-quarantined = { $count } in quarantine
rebuild-done = Folded { $documents ->
    [one] { $documents } document
   *[other] { $documents } documents
} again: { $differed ->
    [0] all as before.
    [one] { $differed } came out otherwise.
   *[other] { $differed } came out otherwise.
}
device-added = Device file written: { $file }. On the other machine: `repertoire device join FILE`.
device-secret = Whoever holds this file is that device: hand it over like a key, and delete it afterwards.
device-delete-file = Delete the file now: whoever holds it is this device.
device-joined = This machine is a device of { $handle }, { $role } of { $name }. Nothing received yet: run `repertoire sync`.
device-dropped = Device { $device } dropped: { $count ->
    [one] { $count } operation
   *[other] { $count } operations
} kept, later ones don't count. What it already had cannot be taken back.
device-dropped-on = dropped { $at }
device-since = since { $at }
device-entries = { $count ->
    [one] { $count } operation
   *[other] { $count } operations
}
device-me = (this one)
key-words = Write these 24 words down, and keep the paper away from your machines:
key-once = They bring you back when every device is lost, drop a stolen one that is older, and open backups. They are on this machine no longer.
key-sealed = The keys on this machine are sealed under the passphrase. It is asked for whenever no node runs here; texts and index stay in clear.
key-open = The keys on this machine are in clear.
key-unprinted = Write your printed key down: `repertoire key print` shows its 24 words once.
backup-done = Backup written: { $file }
backup-passphrase = It is sealed: only the passphrase opens it, and nobody can reset that.
backup-printed = It is sealed: only the 24 words of your printed key open it, and nobody can reset those.
ask-passphrase = Passphrase:
ask-passphrase-new = New passphrase:
ask-passphrase-again = Once more:
ask-printed-key = The 24 words of your printed key:
restore-done = Restored { $names }. Nothing is lost; this machine continues as the same person.
export-done = { $count ->
    [one] { $count } document
   *[other] { $count } documents
} written to { $path }
bundle-name = { $number ->
    [0] Bundle
   *[other] Bundle { $number }
} from { $from }
bundle-written = Bundle { $number } for { $to }: { $count ->
    [one] { $count } operation
   *[other] { $count } operations
}, 0 attachments, encrypted.
bundle-written-all = Bundle for every member: { $count ->
    [one] { $count } operation
   *[other] { $count } operations
}, 0 attachments, encrypted.
bundle-nothing = { $name }: nothing new.
bundle-applied = { $name }: { $count ->
    [one] { $count } operation
   *[other] { $count } operations
} applied.
bundle-waiting = { $name }: { $count ->
    [one] { $count } operation waits
   *[other] { $count } operations wait
} for what comes before. Apply the earlier bundle, then this one again.
bundle-refused = { $name }: { $count ->
    [one] { $count } operation
   *[other] { $count } operations
} not taken.
bundle-inspect = { $bytes } bytes, from { $from } to { $to }, bundle { $number }: { $count ->
    [one] { $count } operation
   *[other] { $count } operations
}. Contents: encrypted.
bundle-inspect-after = { $bytes } bytes, from { $from } to { $to }, bundle { $number }, after bundle { $after }: { $count ->
    [one] { $count } operation
   *[other] { $count } operations
}. Contents: encrypted.
bundle-inspect-all = { $bytes } bytes, from { $from } to every member: { $count ->
    [one] { $count } operation
   *[other] { $count } operations
}. Contents: encrypted.
import-nothing = Nothing new.
import-done = Read { $read }: { $new } new, { $changed } changed, { $known } known.
import-changed = { $count } changed: { $list }
import-would = Would read { $read }: { $new } new, { $changed } changed, { $known } known. Nothing was written.
import-skipped = Left out, { $place }: { $why }
import-skipped-more = … and { $count } more.
man-done = { $count ->
    [one] { $count } page
   *[other] { $count } pages
} written to { $dir }
why-silence-none = Nothing is silent.
show-by = { $by }, { $created }, changed { $modified }
show-with = with { $others }
show-reread = written together by { $people }, please reread
show-values = ⚠ { $count } values: { $list }. Settle it: `repertoire resolve { $handle } { $field } --take N`
show-newer = Needs a newer version of the program: { $names }
show-held = Entry { $entry }: { $why }
block-adaptations = Adaptations
block-reports = Reports
block-questions = Open questions
block-who = Who
progress-work = working
progress-sync = syncing
progress-import = importing
progress-export = exporting
editor-comment = Write below; what stands in a comment like this one is left out. Save and close to write, close unchanged to give up.

## The demonstration

demo-found = 1. Awa, at Bakel, founds a community. The practices that ship with the program come in, and she writes one more.
demo-enter = 2. Boris, at Kayes, and Chloé, at Montréal, enter by a file. Nobody has to be awake for it.
demo-first-meeting = 3. Their machines meet Awa's. Now all three hold the same.
demo-apart = 4. The network is gone. All three go on writing.
demo-meet = 5. They meet again, in whatever order.
demo-merge = 6. Awa and Boris both changed the procedure: both lines are there.
demo-conflict = 7. They also set the same value differently. Everybody sees the same one, and that there are two, until somebody settles it.
demo-search = 8. What was written at one site is found at the others.
demo-same = 9. All three hold the same, by fingerprint.
demo-moved = What moved over the network:
demo-bytes = { $received } bytes received, { $sent } sent
demo-trips = { $count ->
    [one] { $count } round trip
   *[other] { $count } round trips
}
demo-kept = The three homes are in { $dir }

## Rights, spaces and the vitrine

revoke-done = { $handle } revoked: { $kept ->
    [one] { $kept } operation
   *[other] { $kept } operations
} kept, later ones go to quarantine. Keys of { $rotated ->
    [one] { $rotated } space
   *[other] { $rotated } spaces
} changed. What { $handle } already had cannot be taken back.
revoke-would = { $handle } would be revoked: { $kept ->
    [one] { $kept } operation
   *[other] { $kept } operations
} kept, keys of { $rotated ->
    [one] { $rotated } space
   *[other] { $rotated } spaces
} changed. Nothing was written.
revoke-unheard = The others hear of it when they sync: `repertoire status` says who has not yet.
leave-done = You have left { $community }. Your contributions stay under the name { $handle }. Local copy kept, read-only.
leave-erased = You have left { $community }. Your contributions stay with the others under the name { $handle }. The copy on this machine is erased.
leave-unheard = Nobody is known to have heard that you left, so the copy is kept: `repertoire sync`, then `repertoire leave --erase-local` again; --yes erases it in any case.
leave-ask = Leave, and erase the copy on this machine with its keys? It cannot come back. Type yes:
leave-sync = The others hear of it when you sync once more.
role-done = { $handle }: { $role }
quarantine-none = Nothing is in quarantine.
quarantine-admission = admission of { $by }: { $why }
quarantine-edit = change of { $on } by { $by }: { $why }
quarantine-mark = mark on { $on } by { $by }: { $why }
quarantine-member = { $handle } is a member.
quarantine-refused = { $handle } stays out.
quarantine-counts = { $count ->
    [one] { $count } entry counts.
   *[other] { $count } entries count.
}
quarantine-dropped = { $count ->
    [one] { $count } entry stays without effect.
   *[other] { $count } entries stay without effect.
}
fork-none = No device was copied or restored: every chain is whole.
fork-line = { $n }  { $member } ({ $device }), { $space }, from entry { $seq }: { $state }
fork-open = open
fork-closed = settled
fork-branch = branch { $n }: { $entries ->
    [one] { $entries } entry
   *[other] { $entries } entries
}, { $counts } counted, { $first } to { $last }
fork-settled = { $count ->
    [one] One fork is settled: all that is here of its branches counts.
   *[other] { $count } forks are settled: all that is here of their branches counts.
}
fork-taken = { $count ->
    [one] One fork is settled: one branch counts, the others are in quarantine from where they part.
   *[other] { $count } forks are settled: one branch of each counts, the others are in quarantine from where they part.
}
govern-proposed = Proposed: { $act } { $on } ({ $signed } of { $needed } signatures). The others sign with `repertoire govern sign { $id }`.
govern-signed = proposed: { $signed } of { $needed } signatures ({ $who })
verdict-proposed = proposed
void-removed = a removal at the same time takes it away
void-rests = what its author's right rests on is void
void-vetoed = vetoed
void-checkpoint = a checkpoint came before it
void-outranked = the act it was aimed at stands
void-floor = nobody would govern any more
govern-done = Written: { $act } { $on }
space-closed = closed to you
publish-done = { $handle } is in the vitrine.
consent-named = Your name may stand beside { $handle }.
consent-unnamed = Your name does not stand beside { $handle }.
published-on = published { $at }
published-by-site = a member at { $site }
published-by-nobody = a member
member-ended = { $status } { $at }
member-since = { $role } since { $at }
hit-erased = (erased)
erase-would = { $handle }: the content of { $count ->
    [one] { $count } entry
   *[other] { $count } entries
} would go. Nothing was erased.
erase-ask = Erase { $handle }? The content of { $count ->
    [one] { $count } entry
   *[other] { $count } entries
} goes on every node and cannot come back. Type yes:
erase-ask-again = Really? Type its handle:
erase-done = { $handle }: the content of { $count ->
    [one] { $count } entry
   *[other] { $count } entries
} is erased here, and elsewhere when it is heard of. A headstone stays.
reason-used = invitation already used by { $names }
reason-used-unnamed = invitation already used
reason-expired = invitation expired
reason-closed = invitation closed before
reason-confirm = waits for six words to be compared
reason-inviter = who invited may not, or waits too
reason-revoked = written after its author was revoked
reason-dropped = written after the device was dropped
reason-circle = written after its author left the circle
reason-fork = written on a branch that does not go on
reason-demoted = written after its author lost the right
act-found = found
act-invite = invite
act-admission = admission
act-seat = seat
act-close = close invitation
act-join = join
act-grant = grant
act-resign = resign
act-leave = leave
act-revoke = revoke
act-device-add = add device of
act-device-drop = drop device of
act-rotate = new key of
act-checkpoint = checkpoint
act-recover = recover
act-veto = veto
act-confirm = confirm
act-rule = rule
act-circle-create = create
act-circle-add = add to
act-circle-remove = remove from
act-admit = admit
act-dismiss = leave out
act-resolve = resolve a fork
act-owed-cut = cut in
act-end = end of the community
act-newer = act of a newer version
void-right = its author had not the right
void-lost = another act at the same time, or one it rests on, takes it away
void-place = it stands in the wrong place
void-shape = it can't be read
void-past = acts before it are missing
void-pending = its author waits
void-cut = beyond the cut of a removal
void-unauthorised = its author has no right any more

## Reasons of a silence

why-not-tried = not tried yet
why-unreachable = no address answered
why-not-a-member = not a member
why-pending = pending: an animator may admit you
why-stranger = not a member of a community of ours
why-refused = refused
why-nothing-new = nothing new: both hold the same
why-syncing = meeting right now
why-offers-less = it offers less than it held when we last met: copied, or restored from an older state, or it holds something back; see `repertoire status`
why-offered-less = it once offered less than it held: copied, or restored from an older state, or it held something back; see `repertoire status`
why-behind = connected, but not all that was written here is there yet
why-not-connected = not connected; the last meeting was complete
why-busy = too busy, try again
why-entries-refused = some entries were refused
why-different = the two still differ
why-ended = ended
why-cut = the connection was cut
why-version = another version of the protocol
why-malformed = it sent something malformed
why-blamed = it sent something that breaks the rules
why-silence = it fell silent
why-store = its store failed
why-stopped = it was stopped
why-waiting = entries of it wait for their past, their text or a key
why-quarantined = in quarantine, until an animator decides
why-void = entries of it break a rule and have no effect
why-nothing = every entry of it that is here counts
why-forked = a device was copied or restored: `repertoire govern fork` shows the branches
why-never-met = never met: no address of this member is known here
why-none-known = none is known here: sync with an address, or serve on one network

## Words of open lists

kind-community = community
kind-member = member
kind-practice = practice
kind-report = report
kind-thread = thread
kind-post = post
kind-resource = resource
kind-term = term
kind-collection = collection
kind-event = event
state-draft = draft
state-proposed = proposed
state-validated = validated
state-due = due
state-deprecated = deprecated
state-withdrawn = withdrawn
state-open = open
state-answered = answered
state-solved = solved
state-closed = closed
state-declined = declined
state-duplicate = duplicate
role-founder = founder
role-animator = animator
role-expert = expert
role-member = member
role-observer = observer
role-relay = relay
status-active = active
status-pending = pending
status-left = left
status-revoked = revoked
status-suspended = suspended
space-governance = governance
space-commons = commons
space-vitrine = vitrine
scheme-topic = topic
scheme-glossary = glossary
scheme-competence = competence
scheme-site = site
need-past = entries that came before
need-payload = their text
need-key = a key
need-parts = their other parts
verdict-counted = counted
verdict-masked = masked
verdict-waiting = waiting
verdict-void = void
held-masked = masked
held-waiting = waiting
held-void = void
count-practice = { $count ->
    [one] { $count } practice
   *[other] { $count } practices
}
count-report = { $count ->
    [one] { $count } report
   *[other] { $count } reports
}
count-thread = { $count ->
    [one] { $count } thread
   *[other] { $count } threads
}
count-post = { $count ->
    [one] { $count } post
   *[other] { $count } posts
}
count-resource = { $count ->
    [one] { $count } resource
   *[other] { $count } resources
}
count-collection = { $count ->
    [one] { $count } collection
   *[other] { $count } collections
}
count-event = { $count ->
    [one] { $count } event
   *[other] { $count } events
}
count-member = { $count ->
    [one] { $count } member
   *[other] { $count } members
}
count-term = { $count ->
    [one] { $count } term
   *[other] { $count } terms
}
count-community = { $count ->
    [one] { $count } charter
   *[other] { $count } charters
}

## Parts of sentences that the library gives

phrase-characters = characters
phrase-items = items
phrase-values = values
phrase-kib = KiB
phrase-mib = MiB
phrase-name-the-item-by-its-id = name the item by its number, as FIELD.NUMBER
phrase-it-holds-a-single-value-set-or-clear = it holds a single value: set or clear
phrase-practices-and-terms-are-proposed = practices and terms are proposed
phrase-an-instant-a-date-or-7d = an instant, a date, or 7d
phrase-a-number-or-the-start-of-an-entry-s-id-as-history-shows = a number or the start of an entry's id, as `history` shows
one-of = one of { $list }
phrase-the-point = the point
phrase-the-title = the title
phrase-you-have-left = you have left
phrase-you-were-removed = you were removed
phrase-the-text = the text
phrase-the-text-of-the-reply = the text of the reply
phrase-the-name-of-the-community = the name of the community
phrase-a-name-with-at-least-one-letter-name = a name with at least one letter (--name)
phrase-the-end-of-a-project-community-ends-date = the end of a project community (--ends DATE)
phrase-the-object-that-a-service-community-shares-object-text = the object that a service community shares (--object TEXT)
phrase-either-take-n-or-value-v = either --take N or --value V
phrase-a-label-needs-at-least-one-letter = a label needs at least one letter
phrase-it-is-a-text-set-or-append = it is a text: set or append
phrase-it-follows-from-other-things = it follows from other things
phrase-name-the-key-as-field-key = name the key as FIELD.KEY
phrase-it-has-no-keys = it has no keys
phrase-it-exists-already = it exists already
phrase-it-is-used-up = it is used up
phrase-it-is-closed = it is closed
phrase-it-has-expired = it has expired

## Wrong use

error-no-verb-empty = There is no community here yet.
hint-no-verb-empty = Found one: `repertoire init NAME --name YOU --site PLACE`. Enter one: `repertoire join FILE --name YOU --site PLACE`. See it work first: `repertoire demo`. All verbs: `repertoire help`.
error-no-verb-joined = You are in { $names }. Say what to do.
hint-no-verb-joined = Find: `repertoire search WORDS`. Write: `repertoire add practice "TITLE"`. Ask: `repertoire ask "QUESTION"`. Meet the others: `repertoire serve`. How things stand: `repertoire status`. All verbs: `repertoire help`.
error-wrong-verb = There is no verb `{ $verb }`.
hint-wrong-verb = { $near ->
    [none] See `repertoire help`.
   *[other] Near it: { $near }. All verbs: `repertoire help`.
}
error-wrong-argument = `{ $argument }` is not known here.
hint-wrong-argument = { $near ->
    [none] See `{ $page }`.
   *[other] Near it: { $near }. See `{ $page }`.
}
error-wrong-missing = Missing: { $what }.
hint-wrong-missing = See `{ $page }`.
error-wrong-no-value = { $argument } needs a value.
hint-wrong-no-value = See `{ $page }`. A value that begins with `--` is written `--OPTION=VALUE`.
error-wrong-choice = `{ $value }` is no value for { $argument }.
hint-wrong-choice = Values: { $choices }. See `{ $page }`.
error-wrong-value = `{ $value }` is no value for { $argument }.
hint-wrong-value = See `{ $page }`.
error-wrong-together = { $argument } can't be used together with { $other }.
hint-wrong-together = See `{ $page }`.
error-wrong-use = That is not how it is used.
hint-wrong-use = See `{ $page }`.
error-bad-filter = `{ $word }` is no filter.
hint-bad-filter = A filter is a kind, or NAME:VALUE with one of these names: { $facets }, since.
error-bad-now = REPERTOIRE_NOW is `{ $value }`, which is no instant.
hint-bad-now = Write it like 2026-03-02T08:00:00Z.
error-no-home = There is no folder to keep things in.
hint-no-home = Name one with `--home DIR` or REPERTOIRE_HOME.
error-stdin-twice = The standard input can be read only once.
hint-stdin-twice = Use `-` for one text and `@FILE` for the others.
error-not-utf8 = `{ $path }` is no text in UTF-8.
hint-not-utf8 = Convert it first, for example with `iconv -t UTF-8`.
error-editor-unchanged = Nothing changed: nothing written.
hint-editor-unchanged = The text can also be given on the command line: a string, `@FILE`, or `-` for the standard input.
error-editor-failed = The editor `{ $editor }` failed: { $why }.
hint-editor-failed = Set EDITOR to another one, or give the text on the command line.
error-nothing-to-edit = Nothing to change was given.
hint-nothing-to-edit = For example `--set FIELD=VALUE`, `--append FIELD TEXT`; or set EDITOR. See `repertoire help edit`.
error-empty-field = { $name } has nothing in { $field }.
hint-empty-field = It has: { $fields }.
error-no-concept = There is no word `{ $word }` to explain.
hint-no-concept = { $near ->
    [none] `repertoire help concept` lists them.
   *[other] Near it: { $near }. `repertoire help concept` lists them all.
}
error-export-folder = Markdown is written as one file a document.
hint-export-folder = Name a folder with `--out DIR`.
error-sync-none = Not synced. { $why }.
hint-sync-none = `repertoire why` says more.
error-check-damage = Damaged: { $what }.
hint-check-damage = `repertoire rebuild` makes the views anew; what is missing comes back with `repertoire sync`.
error-passphrases-differ = The two are not the same.
hint-passphrases-differ = Type it again, or write it into a file: `--passphrase-file FILE`.
error-detach-failed = The node did not start: { $why }.
hint-detach-failed = Start it without `--detach` to see what it says.

## Failures that the library names

error-no_community = There is no community here yet.
hint-no_community = Found one with `repertoire init NAME --name YOU --site PLACE`, or enter one with `repertoire join FILE --name YOU --site PLACE`.
error-several_communities = This home holds several communities: { $names }.
hint-several_communities = Name one with `--community NAME`.
error-unknown_community = There is no community `{ $name }` here.
hint-unknown_community = `repertoire status` names those that are here.
error-community_exists = A community `{ $name }` is here already.
hint-community_exists = Choose another name, or another home with `--home DIR`.
error-no_document = There is no document `{ $name }`.
hint-no_document = `repertoire list` and `repertoire search WORDS` name those that are here.
error-held_document = `{ $name }` is here and can't be shown: { $why }.
hint-held_document = `repertoire status` says what waits.
error-ambiguous = `{ $name }` can mean several documents: { $candidates }.
hint-ambiguous = Give more of the name or of the id.
error-no_member = There is no member `{ $name }`.
hint-no_member = `repertoire members` lists them.
error-no_field = A { $kind } has no field `{ $field }`.
hint-no_field = { $near ->
    [none] `repertoire help add` says where the fields are listed.
   *[other] Near it: { $near }.
}
error-bad_value = `{ $value }` is no value for { $field }: { $why }.
hint-bad_value = See `repertoire help { $verb }`.
error-bad_operation = Not possible with { $field }: { $why }.
hint-bad_operation = See `repertoire help { $verb }`.
error-not_a_bundle = This is no bundle.
hint-not_a_bundle = Choose the file that `repertoire bundle create` wrote.
error-damaged_bundle = Damaged bundle: nothing written.
hint-damaged_bundle = Copy the file again, or ask for another.
error-foreign_bundle = This bundle is of another community.
hint-foreign_bundle = Apply it in the home of a member of that community.
error-bundle_of_another = This bundle is for { $member }.
hint-bundle_of_another = Carry it there; `repertoire bundle inspect` says what it is.
error-own_kind = A { $kind } is not brought in: every community has its own charter and acts, every member writes their own profile.
hint-own_kind = See `repertoire help import`.
error-bad_kind = `{ $kind }` is no kind of document.
hint-bad_kind = Kinds: { $kinds }.
error-missing = Missing: { $what }.
hint-missing = See `repertoire help { $verb }`.
error-too_large = Too large: { $what }. The limit is { $limit }.
hint-too_large = Shorten it, or split it over two documents.
error-nothing_to_do = Nothing would change.
hint-nothing_to_do = Say what to change, for example `--set FIELD=VALUE`.
error-no_conflict = { $name } has no two values in { $field }.
hint-no_conflict = `repertoire conflicts` lists those that have.
error-no_such_value = There is no value { $number }: there are { $count }.
hint-no_such_value = `repertoire conflicts` numbers them.
error-not_allowed = The role { $role } may not { $act }.
hint-not_allowed = Ask an animator: `repertoire members` names them.
error-not_yet_member = Your admission is not confirmed here yet.
hint-not_yet_member = Run `repertoire sync` with a member, or wait for an animator.
error-not_an_invitation = This is no invitation, or it is damaged: nothing written.
hint-not_an_invitation = Ask for the file again. It must be whole, with its BEGIN and END lines.
error-too_many_invitations = { $count } of your invitations are open: no more may be.
hint-too_many_invitations = `repertoire invite --list` shows them; recall one with `repertoire invite --recall ID`.
error-too_long_for_codes = The invitation is too long for { $most } codes: nobody can come with it.
hint-too_long_for_codes = Hand over the file: `repertoire invite --out FILE`.
error-no_invitation = There is no invitation `{ $id }`.
hint-no_invitation = `repertoire invite --list` shows those that are open.
error-invitation_over = The invitation { $id } is over: { $why }.
hint-invitation_over = `repertoire members` shows who came by it.
error-already_member = You are a member of { $name } already.
hint-already_member = On another device, ask for an invitation of its own.
error-waits_not = { $name } does not wait.
hint-waits_not = `repertoire members` shows who waits.
error-words_needed = { $name } came by an invitation to be confirmed: six words have to be compared first.
hint-words_needed = Let them read you their six words, then: `repertoire members admit NAME --words "…"`.
error-other_words = These are not the six words of { $name }.
hint-other_words = Compare again by voice. If they differ, somebody stands between you: recall the invitation.
error-not_a_device_file = This is no device file, or it is damaged: nothing written.
hint-not_a_device_file = Make another with `repertoire device add` on a device that is in already.
error-key_printed = The words of the printed key are not on this machine.
hint-key_printed = They were printed once, and stay on that paper alone.
error-no_device = You have no device `{ $name }`.
hint-no_device = `repertoire device list` shows them.
error-own_device = This is the device you are on.
hint-own_device = Drop it from another of your devices.
error-older_device = The device { $device } is older than this one.
hint-older_device = Drop it from an older device, or with your printed key: `--printed-key`.
error-too_many_devices = You have { $count } devices: no more may be.
hint-too_many_devices = Drop one with `repertoire device drop DEVICE`.
error-no_key = The key of the space { $space } is not here.
hint-no_key = Run `repertoire sync` with a member who holds it.
error-no_space = There is no space `{ $name }`.
hint-no_space = Spaces here: commons, vitrine.
error-no_peer = No peer was reached ({ $tried }).
hint-no_peer = Is `repertoire serve` running there? `repertoire why` says more.
error-pending = Pending, says { $peer }: { $why ->
    [used] the invitation was already used by { $used_by }
    [used-unnamed] the invitation was already used
    [expired] the invitation had expired
    [closed] the invitation was closed before
    [inviter] who invited you may not, or waits too
   *[other] an animator has to confirm, after comparing six words with you
}.
hint-pending = An animator may admit you. Until then you can read what the invitation brought.
error-refused_by_peer = Refused by { $peer }: { $why }.
hint-refused_by_peer = { "" }
error-bad_address = `{ $address }` is no address and no member.
hint-bad_address = Write it like 192.168.1.20:7420, or name a member.
error-cannot_listen = Can't listen on port { $port }: { $why }.
hint-cannot_listen = Choose another with `--port N`.
error-already_serving = A node is running in this home (process { $pid }).
hint-already_serving = `repertoire stop` ends it.
error-not_serving = No node is running in this home.
hint-not_serving = `repertoire serve` starts one.
error-busy = The store is in use by process { $pid }.
hint-busy = Try again in a moment. `repertoire stop` ends a node.
error-limit = The limit of { $limit } { $what } is reached.
hint-limit = Try again later.
error-wrong_secret = That is not the passphrase, or not the printed key.
hint-wrong_secret = Check capitals and the keyboard. Nothing was written.
error-short_passphrase = A passphrase has at least { $least } characters.
hint-short_passphrase = Take several words that belong to nothing.
error-no_secret = A passphrase is needed.
hint-no_secret = Give it at a terminal, or in a file: `--passphrase-file FILE` or REPERTOIRE_PASSPHRASE_FILE.
error-no_printed_key = The 24 words of the printed key are needed.
hint-no_printed_key = Give them at a terminal, or in a file: `--passphrase-file FILE` or REPERTOIRE_PASSPHRASE_FILE.
error-newer_store = This store was written by a newer version (format { $found }, this program knows { $known }).
hint-newer_store = Install the newer version. Nothing was changed.
error-damaged = Damaged data: { $what }.
hint-damaged = Restore a backup with `repertoire restore-backup FILE`, or sync again into a new home.
error-storage = The store failed: { $why }.
hint-storage = Check the disk: free space, permissions.
error-file = Can't use `{ $path }`: { $why }.
hint-file = Check the name and the permissions.
error-not_empty = `{ $path }` holds a repertoire already.
hint-not_empty = Choose an empty home with `--home DIR`.
error-node_gone = The running node went away: { $why }.
hint-node_gone = What was printed is kept. Run the command again.
error-version_skew = The running node is version { $theirs }, this program is { $ours }.
hint-version_skew = Run `repertoire stop`, then again.
error-internal = A fault of this program: { $what }.
hint-internal = Please report it, with what you did.
error-refused_entry = An entry is refused: { $why }.
hint-refused_entry = Whoever sent it runs a faulty program.
error-stopping = The running node is stopping.
hint-stopping = Try again in a moment.
error-unconfirmed = This cannot be undone, and was not confirmed: nothing was done.
hint-unconfirmed = Answer at a terminal, or say `--yes`.
error-gone = No longer a member ({ $why }): this copy is kept to be read.
hint-gone = An animator may invite you again.
error-void_act = The rules of the community give this no effect: { $act }.
hint-void_act = There is always an animator, and rights follow from acts before: `repertoire govern log`.
error-unsent = { $count } of the entries you wrote are with nobody yet, and whoever hears that you left takes them no longer.
hint-unsent = `repertoire sync` first, then leave; --yes leaves all the same.
error-needs_community_key = Fewer than three write here: the printed key of the community has to sign.
hint-needs_community_key = `--printed-key`: the words that whoever founded it printed.
error-recovery_waits = The recovery is young: who was believed lost can say no until { $until }.
hint-recovery_waits = Try again then; `repertoire govern veto ACT` is what they would say.
error-no_fork = There is no fork `{ $name }`.
hint-no_fork = `repertoire govern fork` numbers them.
error-no_quarantine = There is nothing `{ $name }` in quarantine.
hint-no_quarantine = `repertoire quarantine list` numbers what is there.
error-no_act = There is no act `{ $name }`.
hint-no_act = `repertoire govern log` lists them.
