# Pages of help.

program-about = The shared repertoire of a community of practice: offline first, from machine to machine
program-usage = Usage: repertoire [--home DIR] [--community NAME] [--lang fr|en] [--json | -q] VERB …
program-more = `repertoire help VERB` explains a verb, `repertoire help concept WORD` a word of the model.
    Exit status: 0 done, 1 done but something needs attention, 2 wrong use, 3 not allowed, 4 not found,
    5 no peer reached, 6 damaged data, 7 busy, 8 a fault of ours.
heading-usage = Usage:
heading-arguments = Arguments:
heading-options = Options:
group-start = Begin
group-write = Write
group-look = Look
group-talk = Talk
group-stand = Say where it stands
group-carry = Meet the others
group-exchange = Exchange
group-care = Care

verb-init = Found a community
verb-init-more =
    Types: trade, thematic, innovation, improvement, project, interest, learning, practice, professional, service,
    epistemic, problem-solving, knowledge-network, expertise, online; French names are taken too.

    Further options set fields of the charter: --purpose "…", --rules @FILE, --ends 2027-06-30.
verb-join = Enter a community by an invitation
verb-invite = Make an invitation, list the open ones, recall one
verb-invite-more =
    Whoever holds the invitation can enter and read what its role reads: hand it over like a key. It works with nobody awake.

    At most 20 invitations of one person are open at a time. A recalled one lets nobody in; whoever comes with it, or second
    with one that is used up, waits for an animator: `repertoire members` shows them.
verb-members = List the people, admit those who wait
verb-members-more =
    `members admit MEMBER` lets somebody in who waits. Where the invitation asks for confirmation, let them read you the six
    words that `join` or `status` showed them, by voice: at a terminal the same words are shown to you, elsewhere --words takes
    what they read. Words that differ mean that somebody stands between you.
verb-member = Show one person
verb-me = Show or change your own profile
verb-device = Add, list and drop your own devices
verb-device-more =
    add prints a file (--out FILE) that makes another machine a device of yours, with `device join FILE` there; both are the same
    member. list numbers them. drop DEVICE takes one out that is lost, by number or by the beginning of its id: what it wrote
    until now stays. A device can't drop an older one without --printed-key.

    When every device is lost: `device join INVITATION --printed-key` on a new machine, with an invitation of any member, brings
    you back as the same person. The 24 words come from --passphrase-file, REPERTOIRE_PASSPHRASE_FILE, or the terminal.
verb-key = Print your recovery key, seal the keys of this machine
verb-key-more =
    print shows the 24 words of your printed key once, and takes them off this machine.

    passphrase seals the keys on this disk under a passphrase (Argon2id, 64 MiB, 3 passes), for all communities of this home;
    --off opens them again. A node that runs has them open. The passphrase comes from --passphrase-file, else from the file that
    REPERTOIRE_PASSPHRASE_FILE names, else from the terminal; never from an argument.
verb-add = Write a new document: a practice, a term, …
verb-add-more =
    Every further option sets a field: --problem "…", --topic pump --topic well, --dose PT30M. `-` and `_` in names are
    the same; the singular of a set adds one element. A text is a string, @FILE, or - for the standard input; with
    none at a terminal, the editor opens.
help-every-kind = every kind
verb-edit = Change a document
verb-edit-more =
    The changes are made in the order given. --FIELD VALUE is short for --set FIELD=VALUE. A text is a string,
    @FILE, or - for the standard input. With no change at all, the editor opens.
verb-show = Show one document
verb-list = List documents
verb-list-more = A filter is a kind (practice, thread, term, …) or NAME:VALUE, with topic, site, state, difficulty, type, aim, by, space, mode or since.
verb-search = Find words in all texts
verb-search-more =
    Accents and endings do not matter, in French and English; "two words" in quotes of their own are a phrase, -word leaves
    out, word* completes, topic:x filters.
verb-history = Tell who wrote what in a document
verb-diff = Show what changed in a document
verb-diff-more = A and B are numbers of entries in its history, from 1, or beginnings of their ids. Without them: what the last entry changed.
verb-ask = Ask a question
verb-discuss = Begin a discussion
verb-idea = Note an idea
verb-announce = Announce something
verb-reply = Reply in a thread, comment on anything
verb-propose = Propose a draft to the community
verb-adapt = Adapt a practice to a site: a copy that keeps its source and its credits
verb-adapt-more = What differs is said with the fields of a practice, and with --planned or --reactive, --changed (content, context, training, scale-up), --nature (adding, removing, …), --reasons, --goal, --decided-by, --fidelity.
verb-pull-from-source = Take up what the source of an adaptation changed since
verb-offer-upstream = Offer what an adaptation changed to its source, in a thread
verb-distil = Make a practice of a thread, with thanks to all who took part
verb-synthesise = Sum a thread up, in a text that everybody may go on with
verb-links = Links of a document, and the lineage of a practice
verb-validate = Validate what was proposed
verb-return = Send a proposal back to its author, with a reason
verb-verify = Say that it was checked and holds, until a day
verb-verify-more = Without --until it holds for the months that the practice, or the charter, says in review_months; else for twelve. Changes to the text are counted from then on; a change to procedure or materials makes it due at once.
verb-deprecate = Say that it should no longer be used
verb-withdraw = Take it out of lists; it is kept
verb-restore = Bring back what was withdrawn
verb-useful = Say that it was useful to you
verb-thanks = Say thanks
verb-used = Say that you used it
verb-accept = Accept an answer to your question
verb-accept-more = Several answers may be accepted: both stay, as two solutions.
verb-close = End a thread
verb-decline = Decline an idea or a question, with a reason
verb-duplicate = Say that a thread was there before
verb-take = Say that you are on it
verb-conflicts = List the fields with two values
verb-resolve = Settle a field with two values
verb-glossary = List the words of the community
verb-bundle = Carry everything in a file, where no network goes
verb-bundle-more =
    `bundle create --for MEMBER --out FILE` writes what that member is not known to have, `bundle create --out FILE`
    everything that every member reads. `bundle apply FILE` takes it, whole or not at all; twice brings nothing new.
    `bundle inspect FILE` says from whom and for whom it is.

    The file is sealed: who is not of the community learns nothing from it but its size. Members, those who left and
    carriers see who wrote when and how much; the words only those read who hold their key.
verb-import = Bring documents in
verb-import-more =
    What was imported or exported before is recognised and merged: importing twice brings nothing new.

    jsonl reads what `export jsonl` writes, and objects of title, language, body, tags, source; markdown reads files with front matter.
verb-export = Write documents out
verb-export-more = jsonl: one object a line; markdown: one file a document, into the folder --out; canonical: what fingerprints are made of.
verb-sync = Meet another node now, and leave
verb-sync-more = An address (192.168.1.20:7420), a member, or nothing: all known peers and the local network.
verb-serve = Run a node that others meet
verb-stop = End the running node
verb-peers = List the known nodes
verb-status = Tell what is here, who has it, what waits
verb-why = Tell the reason of a silence
verb-check = Count and compare: fingerprints of every space
verb-rebuild = Make all views anew from the log
verb-backup = Write everything to one sealed file, keys included
verb-backup-more =
    The file is sealed under a passphrase (Argon2id, 64 MiB, 3 passes): from --passphrase-file, else from the file that
    REPERTOIRE_PASSPHRASE_FILE names (its first 4 KiB without the line end; /dev/fd/3 works), else asked at the terminal.
    Where none is given, it is sealed under your printed key, if you have one. Nobody can open it without.
verb-restore-backup = Restore a backup into an empty home
verb-demo = Show the main job, with three sites of its own
verb-completions = Print what a shell completes
verb-man = Write the manual pages
verb-version = Print the version
verb-help = Explain a verb or a word

arg-help = Print this page
arg-version = Print the version
arg-home = Folder of this node (or REPERTOIRE_HOME)
arg-community = Community, where the home holds several
arg-lang = Language of the interface: fr or en (or REPERTOIRE_LANG)
arg-json = Print one JSON object a line
arg-quiet = Print handles only
arg-id = Document: handle, handle~xxxx, or the beginning of its id
arg-title = Title
arg-body = Text: a string, @FILE, or - for the standard input
arg-space = Space, commons when not given
arg-set = Set a field (can be repeated)
arg-append = Add a line to a text (can be repeated)
arg-add = Add an element to a set or list (can be repeated)
arg-remove = Remove an element (can be repeated)
arg-clear = Empty a field (can be repeated)
arg-limit = Most to print
arg-kind = Kind of document
arg-topic = With this topic (can be repeated)
arg-site = At this site (can be repeated)
arg-state = In this state
arg-difficulty = Of this difficulty
arg-resource_type = With this type of resource
arg-aim = With this aim
arg-by = By this member (can be repeated)
arg-mode = Of this mode: question, discussion, idea, announcement
arg-ask-report_on = Ask those who use this practice elsewhere for a report
value-PRACTICE = PRACTICE
arg-adapt-planned = It was planned
arg-adapt-reactive = It was forced by events
arg-adapt-title = Title of the adaptation
arg-distil-title = Title of the practice
arg-with_source = Against what it was adapted from
arg-level = Of this level of evidence, 1 to 5; `level>=3` among the words asks for that and all above
arg-due = yes: validated, and to be checked again
arg-undo = Take your own mark back
arg-verify-until = Until this day
arg-deprecate-by = What replaces it
arg-used-site = Where
arg-duplicate-of = The thread that was there before
arg-since = Changed since: an instant, a date, or a span such as 7d
arg-withdrawn = Withdrawn ones too
arg-filters = Kind, or NAME:VALUE (can be repeated)
arg-out = File to write
arg-members-action = admit
arg-members-member = Who
arg-members-words = The six words as the newcomer read them
arg-device-action = add, join, list or drop
arg-device-what = For drop: number or beginning of the id; for join: the file
arg-device-printed_key = Use the 24 words of your printed key
arg-key-action = print or passphrase
arg-key-off = Open the keys again
arg-passphrase_file = File that holds the passphrase, or the 24 words (or REPERTOIRE_PASSPHRASE_FILE)
arg-init-community_name = Name of the community
arg-init-types = Type of community (can be repeated)
arg-init-name = Your name
arg-init-site = Your site
arg-join-file = File of the invitation or of its scanned codes, or - for the standard input
arg-join-name = Your name
arg-join-site = Your site
arg-join-learn = Something you want to learn (can be repeated)
arg-join-offers = Something you offer: mentor, translate, host, review, visit (can be repeated)
arg-invite-role = Role: member, animator
arg-invite-uses = How many people may use it
arg-invite-days = How many days it is open
arg-invite-confirm = Wait for an animator's word before it counts
arg-invite-with = Document to hand over with it (can be repeated)
arg-invite-qr = Draw it as QR codes, to be scanned into a file
arg-invite-list = List the open invitations
arg-invite-recall = Recall the invitation with this beginning of its id
arg-member-who = Handle, name or id of a member
arg-me-competence = Competence, level 1 to 5, findable yes or no (can be repeated)
arg-add-kind = Kind of document: practice, term, thread, …
arg-show-field = Print this field alone
arg-show-history = Its history too
arg-search-words = Words, "phrases", -word, word*, NAME:VALUE
arg-diff-a = Older side
arg-diff-b = Newer side
arg-ask-to = Member or term the question is for (can be repeated)
arg-ask-urgent = Needed in the field now
arg-reply-id = Thread, document, or THREAD#POST
arg-note = Why, or how it was seen
arg-resolve-field_name = Field
arg-resolve-take = Take the value of this number in `conflicts`
arg-resolve-value = Write this value
arg-glossary-word = One word alone
arg-bundle-act = create, apply or inspect
arg-bundle-file = The bundle to apply or inspect
arg-bundle-to = The member whom it is for
arg-bundle-out = The file to write
arg-import-format = jsonl or markdown
arg-import-file = File, folder, or - for the standard input
arg-import-into = Space to write into
arg-import-dry_run = Count only, write nothing
arg-export-format = jsonl, markdown or canonical
arg-export-out = File, or for markdown the folder, to write
arg-sync-peer = Address or member
arg-serve-port = Port to listen on; kept for the next time
arg-serve-loopback = This machine only
arg-serve-no_mdns = Do not announce on the local network
arg-serve-detach = Return once it listens
arg-why-what = Peer, member or document
arg-check-full = Verify every entry and fold every view anew
arg-backup-file = File to write; it must not exist
arg-restore-backup-file = File of the backup
arg-demo-keep = Keep the homes in this folder
arg-completions-shell = bash, zsh or fish
arg-man-dir = Folder to write into
arg-help-verb = Verb, or `concept`
arg-help-word = Word to explain

value-DIR = DIR
value-NAME = NAME
value-LANG = LANG
value-KIND = KIND
value-TITLE = TITLE
value-TEXT = TEXT
value-SPACE = SPACE
value-FIELD = FIELD
value-FILE = FILE
value-SITE = SITE
value-TYPE = TYPE
value-TERM = TERM
value-OFFER = OFFER
value-ROLE = ROLE
value-MEMBER = MEMBER
value-TOPIC = TOPIC
value-STATE = STATE
value-LEVEL = LEVEL
value-AIM = AIM
value-MODE = MODE
value-YES_NO = YES
value-DATE = DATE
value-NEW = ID
value-THREAD = THREAD
value-WHEN = WHEN
value-WORDS = WORDS
value-WORD = WORD
value-WHO = WHO
value-VALUE = VALUE
value-FORMAT = FORMAT
value-ACT = ACT
value-FILTER = FILTER
value-PEER = PEER
value-PORT = PORT
value-SHELL = SHELL
value-VERB = VERB
value-FILE_OR_DIR = FILE_OR_DIR
value-PEER_OR_ID = PEER_OR_ID
value-KIND_OR_FILTER = KIND_OR_FILTER
verb-role = Change what members are
verb-role-more = Actions: grant, resign. Roles: founder, animator, expert (of --topic T), member, observer, relay. One gives one's own role up with `resign`.
verb-revoke = Remove a member
verb-revoke-more = What is known of the member here goes on counting; what comes later goes to quarantine, whenever and by whatever road. The keys change. What the member already had cannot be taken back.
verb-leave = Leave the community
verb-space = Spaces, and circles of some members
verb-space-more = Actions: list, create NAME --members a,b, add CIRCLE MEMBER, remove CIRCLE MEMBER. Those who are not in a circle never hold a byte of it.
verb-quarantine = Decide about what waits: admissions, and writings after a removal
verb-quarantine-more = Actions: list, admit NUMBER…, drop NUMBER…
verb-govern = Acts of governance: list them, write them
verb-govern-more = Actions: log (also with none), rule, checkpoint, rotate [SPACE], recover MEMBER…, veto ACT, confirm ACT, sign PROPOSAL, fork [NUMBER…|all], close. The log names every act, valid and void, with the reason.

    checkpoint takes more than half of those who govern, recover and confirm two thirds of those who write, close a founder or more than half of those who govern. The first one proposes; the proposal travels with the other entries; each signs with `sign`, in their own time, and the last signature writes the act. Who is named by a recovery governs after 14 days, and a vetoed one can be confirmed after 14 days: who was believed lost has that time to say no. Where fewer than three write, --printed-key adds the founder's printed words.

    fork lists chains of a device that was copied or restored, branch by branch. `fork NUMBER` settles one for everybody: all that is here of its branches counts; with --take N branch N alone does, and the others wait in quarantine. The owner does it from any of their devices, or an animator.
verb-report = Tell what happened when a practice was used
verb-report-more = --outcome worked, partly, failed, stopped or not-applicable; --expected, --happened, --why, --next-time take texts.
verb-publish = Show a document to those who only look
verb-publish-more = A copy stands in the vitrine. It names its author only with the author's own consent: `repertoire consent ID named`.
verb-consent = Say whether your name may stand beside what is published
verb-erase = Erase the content of what you wrote, for good
verb-erase-more = On every node that hears of it, carriers too. A headstone stays. It asks twice, unless --yes.
group-govern = Govern
arg-role-action = grant or resign
arg-role-who = Whose role
arg-role-role = The role
arg-role-topic = A topic of an expert (can be repeated)
arg-revoke-who = Who is removed
arg-revoke-reason = Why; read by those who read the commons
arg-leave-erase_local = Erase the copy on this machine, keys too, once somebody has heard
arg-leave-yes = Don't ask; leave and erase also where nobody has what you wrote
arg-leave-forget_name = Be named no longer: the profile says "former member"
arg-space-action = list, create, add or remove
arg-space-name = The name of a circle
arg-space-who = Whom to add or remove
arg-space-members = Who is in it beside you, with commas between
arg-space-hidden = Don't show it to those who are not in it
arg-quarantine-action = list, admit or drop
arg-quarantine-which = Numbers in the list, or beginnings of ids
arg-govern-action = log, rule, checkpoint, rotate, recover, veto, confirm, sign, fork or close
arg-govern-what = A space, members, or an act, as the action asks
arg-govern-printed_key = Sign with the printed key of the community, too
arg-govern-take = Of a fork: the one branch that counts
arg-govern-inviters = The lowest role that invites members
arg-govern-validations = How many people validate a practice
arg-govern-yes = Don't ask
arg-consent-consent = named or unnamed
arg-erase-yes = Don't ask
arg-dry_run = Say what would happen, and write nothing
