# Réponses, échecs et remarques. Clés et variables sont les mêmes dans chaque langue : un essai y veille.

## Ce que répondent les verbes

written = Écrit, { $kind } : { $handle }
mark-verified = { $handle } : vérifiée jusqu'au { $until }
mark-useful = { $handle } : utile à { $count }
mark-thanks = { $handle } : { $count ->
    [one] 1 merci
   *[other] { $count } mercis
}
mark-used = { $handle } : utilisée { $count ->
    [one] une fois
   *[other] { $count } fois
}
mark-voices = { $handle } : validée par { $count } sur { $quorum }
mark-solved = Question résolue par { $by }. Ensuite : `repertoire distiller { $handle }`
mark-solutions = { $handle } : { $count } solutions, toutes gardées. Ensuite : `repertoire distiller { $handle }`
mark-undone = { $handle } : reprise
mark-made = { $handle } : noté
pull-taken = { $field } : { $count ->
    [one] 1 ligne reprise
   *[other] { $count } lignes reprises
} de la source.
pull-dropped = { $count ->
    [one] 1 ligne ôtée
   *[other] { $count } lignes ôtées
} comme dans la source.
pull-both = Les deux avaient changé le même endroit : le vôtre vient d'abord.
pull-reread = À relire.
pull-nothing = Rien de nouveau dans la source.
links-absent = Adaptée de « { $title } », qui n'est pas ici.
card-level = niveau { $level }
card-stars = { $count ->
    [0] sans étoile
    [one] 1 étoile
   *[other] { $count } étoiles
}
card-adapted = Adaptée de { $source }
card-adapted-absent = Adaptée de « { $title } », qui n'est pas ici
card-distilled = Distillée de { $thread }
card-thanks = merci à { $people }
card-upstream = La source a changé depuis : `repertoire pull-from-source { $handle }`
card-reports = { $count ->
    [one] 1 retour
   *[other] { $count } retours
}
card-none = aucun
card-topics = sur { $topics }
card-missing = Manque pour une pratique complète : { $list }
standing-verified = Vérifiée jusqu'au { $until } par { $by }
standing-changed = { $count ->
    [one] 1 changement
   *[other] { $count } changements
} depuis la vérification, par { $by }
standing-successor = Remplacée par { $list }
standing-duplicate = Déjà demandé : { $list }
standing-solutions = { $count } solutions
standing-taken = { $by } s'en charge
standing-useful = utile à { $count }
standing-used = utilisée { $count ->
    [one] une fois
   *[other] { $count } fois
}
standing-thanks = { $count ->
    [one] 1 merci
   *[other] { $count } mercis
}
standing-apart = Deux personnes ont dit des choses différentes sans savoir l'une de l'autre : la plus prudente est montrée. `repertoire historique { $handle }`
evidence-level = niveau { $level } sur 5 : { $what }.
evidence-1 = personne n'a encore rapporté que cela marche
evidence-2 = un retour positif, sur { $sites ->
    [one] 1 site
   *[other] { $sites } sites
}
evidence-3 = un retour avec avant-après, sur { $sites ->
    [one] 1 site
   *[other] { $sites } sites
}
evidence-4 = des retours positifs de personnes différentes sur { $sites } sites
evidence-5 = des retours positifs de personnes différentes sur { $sites } sites, sur un an, et une validation
evidence-next-2 = Pour le niveau 2 : un retour positif de quelqu'un qui l'a vu.
evidence-next-3 = Pour le niveau 3 : un retour avec avant-après ou comparaison.
evidence-next-4 = Pour le niveau 4 : un retour positif de quelqu'un d'autre, ailleurs.
evidence-next-5 = Pour le niveau 5 : trois sites sur un an, 70 % de réussite, et la validation.
evidence-fell = Un niveau de moins : les deux derniers retours disent un échec.
evidence-success = Réussite { $success } % de { $count } retours (intervalle à 95 % : { $low } à { $high } %).
outcome-worked = réussi
outcome-partly = en partie
outcome-failed = échoué
outcome-stopped = arrêté
outcome-not-applicable = sans objet
post-accepted = ✓ acceptée
post-synthesis = synthèse
stance-for = pour
stance-against = contre
stance-nuance = nuance
link-see-also = voir aussi
link-distilled-from = distillée de
link-supersedes = remplace
link-requires = demande
link-part-of = fait partie de
link-translates = traduit
link-contradicts = contredit
link-illustrates = illustre
link-duplicates = répète
link-answers = répond à
link-about = à propos de
link-adapts = adapte
link-published-from = publiée depuis
linked-about = à son propos
linked-distilled-from = est devenu
ask-report = Retour d'expérience : { $title } ?
show-taken = avec des lignes de la source, à relire
init-done = { $name } est fondée. Vous y êtes { $person }, fondateur, à { $site }.
init-next = Écrivez avec `repertoire ajouter practice "…"`, faites entrer d'autres personnes avec `repertoire inviter --out FICHIER`.
join-done = Vous êtes { $handle }, { $role } de { $name }, à { $site }. Rien de reçu encore : lancez `repertoire synchroniser`.
join-pending = En attente : { $why } Un animateur peut vous admettre ; vos écrits compteront dès lors.
pending-used = l'invitation avait déjà servi à { $by }.
pending-used-unnamed = l'invitation avait déjà servi.
pending-expired = l'invitation avait expiré.
pending-closed = l'invitation était close avant votre arrivée.
pending-confirm = un animateur doit confirmer, après avoir comparé six mots avec vous.
pending-inviter = qui vous a invité n'en a pas le droit, ou attend aussi.
status-pending-me = En attente : { $why } Un animateur peut vous admettre.
why-pending-me = en attente : { $why }
members-admitted = { $handle } est membre.
members-words = Six mots de { $handle } : { $words }. Vous a-t-on lu les mêmes ? [o/N]
invite-done = Invitation écrite : { $uses ->
    [one] { $uses } usage
   *[other] { $uses } usages
}, rôle { $role }, valable jusqu'au { $until }.
invite-none = Aucune invitation n'est ouverte.
invite-uses = { $used } sur { $uses } utilisées
invite-until = jusqu'au { $until }
invite-waits = { $count ->
    [one] { $count } en attente
   *[other] { $count } en attente
}
invite-confirm = à confirmer
invite-recalled = Invitation { $id } rappelée : qui vient avec elle désormais attend un animateur.
invite-code = Code { $at } sur { $all }
invite-codes = { $all ->
    [one] Lisez le code dans un fichier, puis entrez avec `repertoire rejoindre FICHIER`.
   *[other] Lisez les { $all } codes dans un seul fichier, dans n'importe quel ordre, puis entrez avec `repertoire rejoindre FICHIER`.
}
invite-codes-small = Les codes ne portent pas de dotation, qui n'y tiendrait pas : le premier écran du nouveau venu est vide jusqu'à la première synchronisation.
join-done-with = Vous êtes { $handle }, { $role } de { $name }, à { $site }. L'invitation a apporté { $list }. Pour le reste : lancez `repertoire synchroniser`.
join-words = Comparez ces six mots avec un animateur, de vive voix : { $words }
invite-secret = Qui tient ce fichier peut entrer et lire ce que lit ce rôle : remettez-le comme une clé.
invite-addresses = Elle nomme les adresses de ce nœud : { $addresses }
members-you = (vous)
members-devices = { $count ->
    [one] { $count } appareil
   *[other] { $count } appareils
}
search-unknown = `{ $word }` n'est pas un filtre, et a été cherché comme des mots. Filtres : { $facets }, depuis.
search-near = Rien ne contient ces mots exactement. Proches d'eux :
conflicts-none = Aucun conflit.
conflicts-shown = affichée : { $value }
conflicts-left = { $count ->
    [one] { $count } champ a deux valeurs : lancez `repertoire conflits`.
   *[other] { $count } champs ont deux valeurs : lancez `repertoire conflits`.
}
held-left = { $count ->
    [one] { $count } entrée attend ou est mise de côté : lancez `repertoire état`.
   *[other] { $count } entrées attendent ou sont mises de côté : lancez `repertoire état`.
}
glossary-uses = { $count ->
    [one] { $count } emploi
   *[other] { $count } emplois
}
sync-done = Synchronisé avec { $peer }. { $received ->
    [one] { $received } opération reçue
   *[other] { $received } opérations reçues
}, { $sent ->
    [one] { $sent } envoyée
   *[other] { $sent } envoyées
}.
sync-part = Synchronisé en partie avec { $peer }. { $received ->
    [one] { $received } opération reçue
   *[other] { $received } opérations reçues
}, { $sent ->
    [one] { $sent } envoyée
   *[other] { $sent } envoyées
}. Incomplet : { $why }.
sync-failed = Pas synchronisé avec { $peer } : { $why }.
sync-new = Nouveau : { $list }.
sync-nobody = Personne avec qui synchroniser. Donnez une adresse : `repertoire synchroniser ADRESSE`.
peers-none = Aucun pair connu encore. Lancez `repertoire servir` des deux côtés, ou `repertoire synchroniser ADRESSE`.
peers-connected = connecté
peers-relayed = connecté par un relais
peers-away = pas connecté
peers-last = dernier échange complet le { $at }
peers-never = jamais complet
serve-done = { $names } est servie sur le port { $port }. Internet n'est pas nécessaire.
serve-end = Arrêtez par Ctrl-C, ou ailleurs par `repertoire arrêter`.
stop-done = Arrêté.
status-who = { $name } : vous êtes { $me }, { $role }.
status-counts = { $documents ->
    [one] { $documents } document
   *[other] { $documents } documents
}, { $entries ->
    [one] { $entries } entrée
   *[other] { $entries } entrées
}.
status-running = Le nœud tourne : { $addresses }
status-stopped = Le nœud est arrêté : `repertoire servir` le démarre.{ $addresses }
status-spread = { $have ->
    [one] { $have } personne sur { $all } a
   *[other] { $have } personnes sur { $all } ont
} tout ce que vous avez écrit.
status-lacks-since = Il manque à { $member } { $missing ->
    [one] { $missing } entrée
   *[other] { $missing } entrées
} depuis le { $since }.
status-never-met = Ce nœud n'a jamais rencontré { $member }.
status-waits = { $count ->
    [one] { $count } entrée attend
   *[other] { $count } entrées attendent
} { $why }.
status-quarantined = { $count ->
    [one] { $count } entrée est
   *[other] { $count } entrées sont
} en quarantaine.
status-fallen = { $member } ({ $role }) a proposé moins le { $at } que ce qu'il détenait le { $since } : { $entries } entrées et { $payloads } contenus y manquent. Il a été copié, ou restauré d'un état plus ancien, ou il retient quelque chose.
status-fallen-again = Ce qui est ici lui a été redonné.
status-fork = Un appareil de { $member } ({ $device }) a été copié ou restauré : deux histoires dans { $space } depuis l'entrée { $seq }. Rien n'est perdu : `repertoire gouverner fourche` règle cela.
status-unindexed = { $count ->
    [one] { $count } document n'est
   *[other] { $count } documents ne sont
} pas encore dans l'index de recherche.
check-documents = { $count ->
    [one] { $count } document
   *[other] { $count } documents
}
check-entries = { $count ->
    [one] { $count } entrée
   *[other] { $count } entrées
}
check-waiting = { $count } en attente
check-quarantined = { $count } en quarantaine
rebuild-done = { $documents ->
    [one] { $documents } document reconstruit
   *[other] { $documents } documents reconstruits
} : { $differed ->
    [0] tout comme avant.
    [one] { $differed } en diffère.
   *[other] { $differed } en diffèrent.
}
device-added = Fichier d'appareil écrit : { $file }. Sur l'autre machine : `repertoire appareil rejoindre FICHIER`.
device-secret = Qui tient ce fichier est cet appareil : remettez-le comme une clé, puis effacez-le.
device-delete-file = Effacez le fichier maintenant : qui le tient est cet appareil.
device-joined = Cette machine est un appareil de { $handle }, { $role } de { $name }. Rien de reçu encore : lancez `repertoire synchroniser`.
device-dropped = Appareil { $device } retiré : { $count ->
    [one] { $count } opération gardée
   *[other] { $count } opérations gardées
}, les suivantes ne comptent pas. Ce qu'il avait déjà ne peut être repris.
device-dropped-on = retiré le { $at }
device-since = depuis le { $at }
device-entries = { $count ->
    [one] { $count } opération
   *[other] { $count } opérations
}
device-me = (celui-ci)
key-words = Écrivez ces 24 mots, et gardez le papier loin de vos machines :
key-once = Ils vous ramènent quand tout appareil est perdu, retirent un appareil volé plus ancien, et ouvrent les sauvegardes. Ils ne sont plus sur cette machine.
key-sealed = Les clés sur cette machine sont scellées sous la phrase secrète. Elle est demandée quand aucun nœud ne tourne ici ; textes et index restent en clair.
key-open = Les clés sur cette machine sont en clair.
key-unprinted = Écrivez votre clé imprimée : `repertoire clé imprimer` montre ses 24 mots une fois.
backup-done = Sauvegarde écrite : { $file }
backup-passphrase = Elle est scellée : seule la phrase secrète l'ouvre, et personne ne peut la changer.
backup-printed = Elle est scellée : seuls les 24 mots de votre clé imprimée l'ouvrent, et personne ne peut les changer.
ask-passphrase = Phrase secrète :
ask-passphrase-new = Nouvelle phrase secrète :
ask-passphrase-again = Encore une fois :
ask-printed-key = Les 24 mots de votre clé imprimée :
restore-done = { $names } : restauré. Rien n'est perdu ; cette machine continue comme la même personne.
export-done = { $count ->
    [one] { $count } document écrit
   *[other] { $count } documents écrits
} dans { $path }
bundle-name = { $number ->
    [0] Colis
   *[other] Colis { $number }
} de { $from }
bundle-written = Colis { $number } pour { $to } : { $count ->
    [one] { $count } opération
   *[other] { $count } opérations
}, 0 pièce jointe, chiffré.
bundle-written-all = Colis pour tous les membres : { $count ->
    [one] { $count } opération
   *[other] { $count } opérations
}, 0 pièce jointe, chiffré.
bundle-nothing = { $name } : rien de nouveau.
bundle-applied = { $name } : { $count ->
    [one] { $count } opération reprise
   *[other] { $count } opérations reprises
}.
bundle-waiting = { $name } : { $count ->
    [one] { $count } opération attend
   *[other] { $count } opérations attendent
} ce qui précède. Appliquez le colis d'avant, puis celui-ci de nouveau.
bundle-refused = { $name } : { $count ->
    [one] { $count } opération non reprise
   *[other] { $count } opérations non reprises
}.
bundle-inspect = { $bytes } octets, de { $from } à { $to }, colis { $number } : { $count ->
    [one] { $count } opération
   *[other] { $count } opérations
}. Contenu : chiffré.
bundle-inspect-after = { $bytes } octets, de { $from } à { $to }, colis { $number }, après le colis { $after } : { $count ->
    [one] { $count } opération
   *[other] { $count } opérations
}. Contenu : chiffré.
bundle-inspect-all = { $bytes } octets, de { $from } à tous les membres : { $count ->
    [one] { $count } opération
   *[other] { $count } opérations
}. Contenu : chiffré.
import-nothing = Rien de nouveau.
import-done = { $read } lus : { $new } nouveaux, { $changed } changés, { $known } connus.
import-changed = { $count ->
    [one] { $count } changé : { $list }
   *[other] { $count } changés : { $list }
}
import-would = { $read } seraient lus : { $new } nouveaux, { $changed } changés, { $known } connus. Rien n'a été écrit.
import-skipped = Laissé de côté, { $place } : { $why }
import-skipped-more = … et { $count } de plus.
man-done = { $count ->
    [one] { $count } page écrite
   *[other] { $count } pages écrites
} dans { $dir }
why-silence-none = Rien ne reste sans réponse.
show-by = { $by }, { $created }, modifié le { $modified }
show-with = avec { $others }
show-reread = écrit ensemble par { $people }, à relire
show-values = ⚠ { $count } valeurs : { $list }. Pour trancher : `repertoire régler { $handle } { $field } --take N`
show-newer = Demande une version plus récente du programme : { $names }
show-held = Entrée { $entry } : { $why }
block-adaptations = Adaptations
block-reports = Retours d'expérience
block-questions = Questions ouvertes
block-who = Qui
progress-work = en cours
progress-sync = synchronisation
progress-import = importation
progress-export = exportation
editor-comment = Écrivez dessous ; ce qui se trouve dans un commentaire comme celui-ci est laissé de côté. Enregistrez et fermez pour écrire, fermez sans rien changer pour renoncer.

## La démonstration

demo-found = 1. Awa, à Bakel, fonde une communauté. Les pratiques livrées avec le programme y entrent, et elle en écrit une de plus.
demo-enter = 2. Boris, à Kayes, et Chloé, à Montréal, entrent par un fichier. Personne n'a besoin d'être là pour cela.
demo-first-meeting = 3. Leurs machines rencontrent celle d'Awa. Toutes trois ont maintenant la même chose.
demo-apart = 4. Plus de réseau. Tous trois continuent d'écrire.
demo-meet = 5. Ils se retrouvent, dans n'importe quel ordre.
demo-merge = 6. Awa et Boris ont tous deux changé la démarche : les deux lignes y sont.
demo-conflict = 7. Ils ont aussi donné deux valeurs au même champ. Chacun voit la même, et qu'il y en a deux, jusqu'à ce que quelqu'un tranche.
demo-search = 8. Ce qui fut écrit sur un site se trouve sur les autres.
demo-same = 9. Tous trois ont la même chose, d'après les empreintes.
demo-moved = Ce qui est passé par le réseau :
demo-bytes = { $received } octets reçus, { $sent } envoyés
demo-trips = { $count ->
    [one] { $count } aller-retour
   *[other] { $count } allers-retours
}
demo-kept = Les trois dossiers sont dans { $dir }

## Droits, espaces et vitrine

revoke-done = { $handle } révoqué : { $kept ->
    [one] { $kept } opération gardée
   *[other] { $kept } opérations gardées
}, les suivantes vont en quarantaine. Clés de { $rotated ->
    [one] { $rotated } espace changées
   *[other] { $rotated } espaces changées
}. Ce que { $handle } avait déjà ne peut être repris.
revoke-would = { $handle } serait révoqué : { $kept ->
    [one] { $kept } opération gardée
   *[other] { $kept } opérations gardées
}, clés de { $rotated ->
    [one] { $rotated } espace changées
   *[other] { $rotated } espaces changées
}. Rien n'a été écrit.
revoke-unheard = Les autres l'apprennent en synchronisant : `repertoire état` dit qui ne le sait pas encore.
leave-done = Vous avez quitté { $community }. Vos contributions restent sous le nom { $handle }. Copie locale gardée, en lecture seule.
leave-erased = Vous avez quitté { $community }. Vos contributions restent chez les autres sous le nom { $handle }. La copie sur cette machine est effacée.
leave-unheard = Personne ne semble encore savoir que vous êtes parti : la copie est gardée. `repertoire synchroniser`, puis de nouveau `repertoire quitter --erase-local` ; --yes l'efface dans tous les cas.
leave-ask = Quitter, et effacer la copie de cette machine avec ses clés ? Elle ne reviendra pas. Tapez yes :
leave-sync = Les autres l'apprennent quand vous synchronisez encore une fois.
role-done = { $handle } : { $role }
quarantine-none = Rien n'est en quarantaine.
quarantine-admission = admission de { $by } : { $why }
quarantine-edit = changement de { $on } par { $by } : { $why }
quarantine-mark = marque sur { $on } par { $by } : { $why }
quarantine-member = { $handle } est membre.
quarantine-refused = { $handle } reste dehors.
quarantine-counts = { $count ->
    [one] { $count } entrée compte.
   *[other] { $count } entrées comptent.
}
quarantine-dropped = { $count ->
    [one] { $count } entrée reste sans effet.
   *[other] { $count } entrées restent sans effet.
}
fork-none = Aucun appareil n'a été copié ni restauré : toutes les chaînes sont entières.
fork-line = { $n }  { $member } ({ $device }), { $space }, depuis l'entrée { $seq } : { $state }
fork-open = ouverte
fork-closed = réglée
fork-branch = branche { $n } : { $entries ->
    [one] { $entries } entrée
   *[other] { $entries } entrées
}, { $counts } comptées, du { $first } au { $last }
fork-settled = { $count ->
    [one] Une fourche est réglée : tout ce qui est ici de ses branches compte.
   *[other] { $count } fourches sont réglées : tout ce qui est ici de leurs branches compte.
}
fork-taken = { $count ->
    [one] Une fourche est réglée : une branche compte, les autres sont en quarantaine à partir de la bifurcation.
   *[other] { $count } fourches sont réglées : une branche de chacune compte, les autres sont en quarantaine à partir de la bifurcation.
}
govern-proposed = Proposé : { $act } { $on } ({ $signed } signatures sur { $needed }). Les autres signent par `repertoire gouverner signer { $id }`.
govern-signed = proposé : { $signed } signatures sur { $needed } ({ $who })
verdict-proposed = proposé
void-removed = un retrait au même moment l'annule
void-rests = ce dont son auteur tient ce droit est nul
void-vetoed = un veto s'y oppose
void-checkpoint = un jalon est passé avant
void-outranked = l'acte qu'il visait l'emporte
void-floor = plus personne ne gouvernerait
govern-done = Écrit : { $act } { $on }
space-closed = fermé pour vous
publish-done = { $handle } est dans la vitrine.
consent-named = Votre nom peut figurer à côté de { $handle }.
consent-unnamed = Votre nom ne figure pas à côté de { $handle }.
published-on = publiée { $at }
published-by-site = un membre à { $site }
published-by-nobody = un membre
member-ended = { $status } { $at }
member-since = { $role } depuis { $at }
hit-erased = (effacé)
erase-would = { $handle } : le contenu de { $count ->
    [one] { $count } entrée partirait
   *[other] { $count } entrées partirait
}. Rien n'a été effacé.
erase-ask = Effacer { $handle } ? Le contenu de { $count ->
    [one] { $count } entrée
   *[other] { $count } entrées
} part de tous les nœuds et ne revient pas. Tapez yes :
erase-ask-again = Vraiment ? Tapez son nom court :
erase-done = { $handle } : le contenu de { $count ->
    [one] { $count } entrée
   *[other] { $count } entrées
} est effacé ici, et ailleurs quand on l'apprend. Une stèle reste.
reason-used = invitation déjà utilisée par { $names }
reason-used-unnamed = invitation déjà utilisée
reason-expired = invitation expirée
reason-closed = invitation close avant
reason-confirm = six mots restent à comparer
reason-inviter = qui a invité n'en a pas le droit, ou attend aussi
reason-revoked = écrit après la révocation de son auteur
reason-dropped = écrit après le retrait de l'appareil
reason-circle = écrit après le départ de son auteur du cercle
reason-fork = écrit sur une branche qui ne continue pas
reason-demoted = écrit après que son auteur a perdu ce droit
act-found = fondation
act-invite = invitation
act-admission = admission
act-seat = siège
act-close = clôture d'invitation
act-join = jonction
act-grant = attribution
act-resign = renoncement
act-leave = départ
act-revoke = révocation
act-device-add = ajout d'un appareil de
act-device-drop = retrait d'un appareil de
act-rotate = nouvelle clé de
act-checkpoint = jalon
act-recover = reprise
act-veto = veto
act-confirm = confirmation
act-rule = règle
act-circle-create = création
act-circle-add = ajout à
act-circle-remove = retrait de
act-admit = admission par décision
act-dismiss = mise à l'écart
act-resolve = fourche réglée
act-owed-cut = coupe dans
act-end = fin de la communauté
act-newer = acte d'une version plus récente
void-right = son auteur n'en avait pas le droit
void-lost = un acte du même moment, ou celui dont il dépend, l'annule
void-place = il n'est pas à sa place
void-shape = il est illisible
void-past = des actes d'avant manquent
void-pending = son auteur attend
void-cut = au-delà de la coupe d'une révocation
void-unauthorised = son auteur n'a plus ce droit

## Raisons d'un silence

why-not-tried = pas encore essayé
why-unreachable = aucune adresse n'a répondu
why-not-a-member = pas membre
why-pending = en attente : un animateur peut vous admettre
why-stranger = pas membre d'une communauté à nous
why-refused = refusé
why-nothing-new = rien de nouveau : les deux ont la même chose
why-syncing = en train d'échanger
why-offers-less = il propose moins que ce qu'il détenait à notre dernière rencontre : copié, ou restauré d'un état plus ancien, ou il retient quelque chose ; voir `repertoire état`
why-offered-less = il a déjà proposé moins que ce qu'il détenait : copié, ou restauré d'un état plus ancien, ou il retenait quelque chose ; voir `repertoire état`
why-behind = connecté, mais tout ce qui a été écrit ici n'y est pas encore
why-not-connected = pas connecté ; le dernier échange était complet
why-busy = trop occupé, à réessayer
why-entries-refused = des entrées ont été refusées
why-different = les deux diffèrent encore
why-ended = terminé
why-cut = la connexion a été coupée
why-version = autre version du protocole
why-malformed = il a envoyé quelque chose de malformé
why-blamed = il a envoyé quelque chose qui enfreint les règles
why-silence = il s'est tu
why-store = son magasin a échoué
why-stopped = il a été arrêté
why-waiting = des entrées attendent leur passé, leur texte ou une clé
why-quarantined = en quarantaine, jusqu'à ce qu'un animateur décide
why-void = des entrées enfreignent une règle et n'ont aucun effet
why-nothing = chaque entrée qui est ici compte
why-forked = un appareil a été copié ou restauré : `repertoire gouverner fourche` montre les branches
why-never-met = jamais rencontré : aucune adresse de ce membre n'est connue ici
why-none-known = aucun n'est connu ici : synchronisez avec une adresse, ou servez sur un même réseau

## Mots des listes ouvertes

kind-community = communauté
kind-member = membre
kind-practice = pratique
kind-report = retour d'expérience
kind-thread = fil
kind-post = message
kind-resource = ressource
kind-term = terme
kind-collection = collection
kind-event = rencontre
state-draft = brouillon
state-proposed = proposée
state-validated = validée
state-due = à vérifier
state-deprecated = périmée
state-withdrawn = retirée
state-open = ouvert
state-answered = répondu
state-solved = résolu
state-closed = clos
state-declined = décliné
state-duplicate = doublon
role-founder = fondateur
role-animator = animateur
role-expert = expert
role-member = membre
role-observer = observateur
role-relay = porteur
status-active = actif
status-pending = en attente
status-left = parti
status-revoked = révoqué
status-suspended = suspendu
space-governance = gouvernance
space-commons = commun
space-vitrine = vitrine
scheme-topic = thème
scheme-glossary = glossaire
scheme-competence = compétence
scheme-site = lieu
need-past = des entrées qui les précèdent
need-payload = leur texte
need-key = une clé
need-parts = leurs autres parties
verdict-counted = comptée
verdict-masked = masquée
verdict-waiting = en attente
verdict-void = nulle
held-masked = masquée
held-waiting = en attente
held-void = nulle
count-practice = { $count ->
    [one] { $count } pratique
   *[other] { $count } pratiques
}
count-report = { $count ->
    [one] { $count } retour d'expérience
   *[other] { $count } retours d'expérience
}
count-thread = { $count ->
    [one] { $count } fil
   *[other] { $count } fils
}
count-post = { $count ->
    [one] { $count } message
   *[other] { $count } messages
}
count-resource = { $count ->
    [one] { $count } ressource
   *[other] { $count } ressources
}
count-collection = { $count ->
    [one] { $count } collection
   *[other] { $count } collections
}
count-event = { $count ->
    [one] { $count } rencontre
   *[other] { $count } rencontres
}
count-member = { $count ->
    [one] { $count } membre
   *[other] { $count } membres
}
count-term = { $count ->
    [one] { $count } terme
   *[other] { $count } termes
}
count-community = { $count ->
    [one] { $count } charte
   *[other] { $count } chartes
}

## Parties de phrases que donne la bibliothèque

phrase-characters = caractères
phrase-items = éléments
phrase-values = valeurs
phrase-kib = Kio
phrase-mib = Mio
phrase-name-the-item-by-its-id = nommez l'élément par son numéro : CHAMP.NUMÉRO
phrase-it-holds-a-single-value-set-or-clear = il tient une seule valeur : remplacer ou vider
phrase-practices-and-terms-are-proposed = on propose des pratiques et des termes
phrase-an-instant-a-date-or-7d = un instant, une date, ou 7d
phrase-a-number-or-the-start-of-an-entry-s-id-as-history-shows = un numéro ou le début de l'identifiant d'une entrée, comme `historique` les montre
one-of = une de ces valeurs : { $list }
phrase-the-point = le point
phrase-the-title = le titre
phrase-you-have-left = vous êtes parti
phrase-you-were-removed = vous avez été révoqué
phrase-the-text = le texte
phrase-the-text-of-the-reply = le texte de la réponse
phrase-the-name-of-the-community = le nom de la communauté
phrase-a-name-with-at-least-one-letter-name = un nom avec au moins une lettre (--name)
phrase-the-end-of-a-project-community-ends-date = la fin d'une communauté de projet (--ends DATE)
phrase-the-object-that-a-service-community-shares-object-text = l'objet que partage une communauté de services (--object TEXTE)
phrase-either-take-n-or-value-v = --take N ou --value V
phrase-a-label-needs-at-least-one-letter = un libellé demande au moins une lettre
phrase-it-is-a-text-set-or-append = c'est un texte : remplacer ou ajouter
phrase-it-follows-from-other-things = il découle d'autres choses
phrase-name-the-key-as-field-key = nommez la clé ainsi : CHAMP.CLÉ
phrase-it-has-no-keys = il n'a pas de clés
phrase-it-exists-already = il existe déjà
phrase-it-is-used-up = elle est épuisée
phrase-it-is-closed = elle est close
phrase-it-has-expired = elle a expiré

## Mauvais emploi

error-no-verb-empty = Il n'y a pas encore de communauté ici.
hint-no-verb-empty = En fonder une : `repertoire créer NOM --name VOUS --site LIEU`. Entrer dans une : `repertoire rejoindre FICHIER --name VOUS --site LIEU`. Voir d'abord comment cela marche : `repertoire démo`. Tous les verbes : `repertoire aide`.
error-no-verb-joined = Vous êtes dans { $names }. Dites quoi faire.
hint-no-verb-joined = Trouver : `repertoire chercher MOTS`. Écrire : `repertoire ajouter practice "TITRE"`. Demander : `repertoire demander "QUESTION"`. Rencontrer les autres : `repertoire servir`. Où en sont les choses : `repertoire état`. Tous les verbes : `repertoire aide`.
error-wrong-verb = Il n'y a pas de verbe `{ $verb }`.
hint-wrong-verb = { $near ->
    [none] Voyez `repertoire aide`.
   *[other] Proche : { $near }. Tous les verbes : `repertoire aide`.
}
error-wrong-argument = `{ $argument }` n'est pas connu ici.
hint-wrong-argument = { $near ->
    [none] Voyez `{ $page }`.
   *[other] Proche : { $near }. Voyez `{ $page }`.
}
error-wrong-missing = Il manque : { $what }.
hint-wrong-missing = Voyez `{ $page }`.
error-wrong-no-value = { $argument } demande une valeur.
hint-wrong-no-value = Voyez `{ $page }`. Une valeur qui commence par `--` s'écrit `--OPTION=VALEUR`.
error-wrong-choice = `{ $value }` n'est pas une valeur de { $argument }.
hint-wrong-choice = Valeurs : { $choices }. Voyez `{ $page }`.
error-wrong-value = `{ $value }` n'est pas une valeur de { $argument }.
hint-wrong-value = Voyez `{ $page }`.
error-wrong-together = { $argument } ne va pas avec { $other }.
hint-wrong-together = Voyez `{ $page }`.
error-wrong-use = Cela ne s'emploie pas ainsi.
hint-wrong-use = Voyez `{ $page }`.
error-bad-filter = `{ $word }` n'est pas un filtre.
hint-bad-filter = Un filtre est un genre, ou NOM:VALEUR avec un de ces noms : { $facets }, depuis.
error-bad-now = REPERTOIRE_NOW vaut `{ $value }`, ce qui n'est pas un instant.
hint-bad-now = Écrivez par exemple 2026-03-02T08:00:00Z.
error-no-home = Il n'y a pas de dossier où garder les choses.
hint-no-home = Nommez-en un avec `--home DOSSIER` ou REPERTOIRE_HOME.
error-stdin-twice = L'entrée standard ne se lit qu'une fois.
hint-stdin-twice = Employez `-` pour un texte et `@FICHIER` pour les autres.
error-not-utf8 = `{ $path }` n'est pas un texte en UTF-8.
hint-not-utf8 = Convertissez-le d'abord, par exemple avec `iconv -t UTF-8`.
error-editor-unchanged = Rien n'a changé : rien n'a été écrit.
hint-editor-unchanged = Le texte peut aussi se donner sur la ligne de commande : une chaîne, `@FICHIER`, ou `-` pour l'entrée standard.
error-editor-failed = L'éditeur `{ $editor }` a échoué : { $why }.
hint-editor-failed = Donnez-en un autre dans EDITOR, ou le texte sur la ligne de commande.
error-nothing-to-edit = Aucun changement n'est donné.
hint-nothing-to-edit = Par exemple `--set CHAMP=VALEUR`, `--append CHAMP TEXTE` ; ou donnez un éditeur dans EDITOR. Voyez `repertoire aide modifier`.
error-empty-field = { $name } n'a rien dans { $field }.
hint-empty-field = On y trouve : { $fields }.
error-no-concept = Il n'y a pas de mot `{ $word }` à expliquer.
hint-no-concept = { $near ->
    [none] `repertoire aide concept` en donne la liste.
   *[other] Proche : { $near }. `repertoire aide concept` en donne la liste.
}
error-export-folder = Le Markdown s'écrit en un fichier par document.
hint-export-folder = Nommez un dossier avec `--out DOSSIER`.
error-sync-none = Pas synchronisé. { $why }.
hint-sync-none = `repertoire pourquoi` en dit plus.
error-check-damage = Endommagé : { $what }.
hint-check-damage = `repertoire reconstruire` refait les vues ; ce qui manque revient avec `repertoire synchroniser`.
error-passphrases-differ = Les deux ne sont pas les mêmes.
hint-passphrases-differ = Tapez-la de nouveau, ou écrivez-la dans un fichier : `--passphrase-file FICHIER`.
error-detach-failed = Le nœud n'a pas démarré : { $why }.
hint-detach-failed = Démarrez-le sans `--detach` pour lire ce qu'il dit.

## Échecs que nomme la bibliothèque

error-no_community = Il n'y a pas encore de communauté ici.
hint-no_community = Fondez-en une avec `repertoire créer NOM --name VOUS --site LIEU`, ou entrez dans une avec `repertoire rejoindre FICHIER --name VOUS --site LIEU`.
error-several_communities = Plusieurs communautés sont ici : { $names }.
hint-several_communities = Nommez-en une avec `--community NOM`.
error-unknown_community = Il n'y a pas de communauté `{ $name }` ici.
hint-unknown_community = `repertoire état` nomme celles qui y sont.
error-community_exists = Une communauté `{ $name }` est déjà ici.
hint-community_exists = Choisissez un autre nom, ou un autre dossier avec `--home DOSSIER`.
error-no_document = Il n'y a pas de document `{ $name }`.
hint-no_document = `repertoire lister` et `repertoire chercher MOTS` nomment ceux qui sont ici.
error-held_document = `{ $name }` est ici et ne peut être montré : { $why }.
hint-held_document = `repertoire état` dit ce qui attend.
error-ambiguous = `{ $name }` peut désigner plusieurs documents : { $candidates }.
hint-ambiguous = Donnez davantage du nom ou de l'identifiant.
error-no_member = Il n'y a pas de membre `{ $name }`.
hint-no_member = `repertoire membres` en donne la liste.
error-no_field = Le genre { $kind } n'a pas de champ `{ $field }`.
hint-no_field = { $near ->
    [none] `repertoire aide ajouter` dit où sont les champs.
   *[other] Proche : { $near }.
}
error-bad_value = `{ $value }` n'est pas une valeur de { $field } : { $why }.
hint-bad_value = Voyez `repertoire aide { $verb }`.
error-bad_operation = Impossible avec { $field } : { $why }.
hint-bad_operation = Voyez `repertoire aide { $verb }`.
error-not_a_bundle = Ce fichier n'est pas un colis.
hint-not_a_bundle = Choisissez le fichier qu'a écrit `repertoire colis creer`.
error-damaged_bundle = Colis abîmé : rien n'a été écrit.
hint-damaged_bundle = Recopiez le fichier, ou demandez-en un autre.
error-foreign_bundle = Ce colis est d'une autre communauté.
hint-foreign_bundle = Appliquez-le chez un membre de cette communauté.
error-bundle_of_another = Ce colis est pour { $member }.
hint-bundle_of_another = Portez-le là-bas ; `repertoire colis examiner` dit ce que c'est.
error-own_kind = Un document du genre { $kind } ne se laisse pas importer : chaque communauté a sa charte et ses actes, chaque membre écrit son profil.
hint-own_kind = Voir `repertoire aide import`.
error-bad_kind = `{ $kind }` n'est pas un genre de document.
hint-bad_kind = Genres : { $kinds }.
error-missing = Il manque : { $what }.
hint-missing = Voyez `repertoire aide { $verb }`.
error-too_large = Trop grand : { $what }. La limite est { $limit }.
hint-too_large = Raccourcissez, ou répartissez sur deux documents.
error-nothing_to_do = Rien ne changerait.
hint-nothing_to_do = Dites quoi changer, par exemple `--set CHAMP=VALEUR`.
error-no_conflict = { $name } n'a pas deux valeurs dans { $field }.
hint-no_conflict = `repertoire conflits` donne la liste de ceux qui en ont.
error-no_such_value = Il n'y a pas de valeur { $number } : il y en a { $count }.
hint-no_such_value = `repertoire conflits` les numérote.
error-not_allowed = Le rôle { $role } ne permet pas : { $act }.
hint-not_allowed = Demandez à un animateur : `repertoire membres` les nomme.
error-not_yet_member = Votre admission n'est pas encore confirmée ici.
hint-not_yet_member = Lancez `repertoire synchroniser` avec un membre, ou attendez un animateur.
error-not_an_invitation = Ce n'est pas une invitation, ou elle est endommagée : rien n'a été écrit.
hint-not_an_invitation = Redemandez le fichier. Il doit être entier, avec ses lignes BEGIN et END.
error-too_many_invitations = { $count } de vos invitations sont ouvertes : il n'en faut pas plus.
hint-too_many_invitations = `repertoire inviter --list` les montre ; rappelez-en une avec `repertoire inviter --recall ID`.
error-too_long_for_codes = L'invitation est trop longue pour { $most } codes : personne ne peut venir avec elle.
hint-too_long_for_codes = Remettez le fichier : `repertoire inviter --out FICHIER`.
error-no_invitation = Il n'y a pas d'invitation `{ $id }`.
hint-no_invitation = `repertoire inviter --list` montre celles qui sont ouvertes.
error-invitation_over = L'invitation { $id } est finie : { $why }.
hint-invitation_over = `repertoire membres` montre qui est venu par elle.
error-already_member = Vous êtes déjà membre de { $name }.
hint-already_member = Pour un autre appareil, demandez une invitation à part.
error-waits_not = { $name } n'attend pas.
hint-waits_not = `repertoire membres` montre qui attend.
error-words_needed = { $name } est venu par une invitation à confirmer : il faut d'abord comparer six mots.
hint-words_needed = Faites-vous lire ses six mots, puis : `repertoire membres admit NOM --words "…"`.
error-other_words = Ce ne sont pas les six mots de { $name }.
hint-other_words = Comparez de nouveau de vive voix. S'ils diffèrent, quelqu'un se tient entre vous : rappelez l'invitation.
error-not_a_device_file = Ce n'est pas un fichier d'appareil, ou il est abîmé : rien d'écrit.
hint-not_a_device_file = Faites-en un autre avec `repertoire appareil ajouter` sur un appareil déjà admis.
error-key_printed = Les mots de la clé imprimée ne sont pas sur cette machine.
hint-key_printed = Ils ont été imprimés une fois, et ne restent que sur ce papier.
error-no_device = Vous n'avez pas d'appareil `{ $name }`.
hint-no_device = `repertoire appareil lister` les montre.
error-own_device = C'est l'appareil que vous utilisez.
hint-own_device = Retirez-le depuis un autre de vos appareils.
error-older_device = L'appareil { $device } est plus ancien que celui-ci.
hint-older_device = Retirez-le depuis un appareil plus ancien, ou avec votre clé imprimée : `--printed-key`.
error-too_many_devices = Vous avez { $count } appareils : il n'en faut pas plus.
hint-too_many_devices = Retirez-en un avec `repertoire appareil retirer APPAREIL`.
error-no_key = La clé de l'espace { $space } n'est pas ici.
hint-no_key = Lancez `repertoire synchroniser` avec un membre qui la possède.
error-no_space = Il n'y a pas d'espace `{ $name }`.
hint-no_space = Espaces ici : commons (commun), vitrine.
error-no_peer = Aucun pair n'a été atteint ({ $tried }).
hint-no_peer = Est-ce que `repertoire servir` tourne là-bas ? `repertoire pourquoi` en dit plus.
error-pending = En attente, dit { $peer } : { $why ->
    [used] l'invitation avait déjà servi à { $used_by }
    [used-unnamed] l'invitation avait déjà servi
    [expired] l'invitation avait expiré
    [closed] l'invitation était close avant
    [inviter] qui vous a invité n'en a pas le droit, ou attend aussi
   *[other] un animateur doit confirmer, après avoir comparé six mots avec vous
}.
hint-pending = Un animateur peut vous admettre. D'ici là, vous lisez ce que l'invitation a apporté.
error-refused_by_peer = Refusé par { $peer } : { $why }.
hint-refused_by_peer = { "" }
error-bad_address = `{ $address }` n'est ni une adresse ni un membre.
hint-bad_address = Écrivez par exemple 192.168.1.20:7420, ou nommez un membre.
error-cannot_listen = Impossible d'écouter sur le port { $port } : { $why }.
hint-cannot_listen = Choisissez-en un autre avec `--port N`.
error-already_serving = Un nœud tourne déjà dans ce dossier (processus { $pid }).
hint-already_serving = `repertoire arrêter` y met fin.
error-not_serving = Aucun nœud ne tourne dans ce dossier.
hint-not_serving = `repertoire servir` en démarre un.
error-busy = Le magasin est occupé par le processus { $pid }.
hint-busy = Réessayez dans un instant. `repertoire arrêter` met fin à un nœud.
error-limit = La limite de { $limit } { $what } est atteinte.
hint-limit = Réessayez plus tard.
error-wrong_secret = Ce n'est pas la phrase secrète, ou pas la clé imprimée.
hint-wrong_secret = Vérifiez les majuscules et le clavier. Rien n'a été écrit.
error-short_passphrase = Une phrase secrète a au moins { $least } caractères.
hint-short_passphrase = Prenez plusieurs mots sans rapport entre eux.
error-no_secret = Il faut une phrase secrète.
hint-no_secret = Donnez-la au terminal, ou dans un fichier : `--passphrase-file FICHIER` ou REPERTOIRE_PASSPHRASE_FILE.
error-no_printed_key = Il faut les 24 mots de la clé imprimée.
hint-no_printed_key = Donnez-les au terminal, ou dans un fichier : `--passphrase-file FICHIER` ou REPERTOIRE_PASSPHRASE_FILE.
error-newer_store = Ce magasin a été écrit par une version plus récente (format { $found }, ce programme connaît { $known }).
hint-newer_store = Installez la version plus récente. Rien n'a été changé.
error-damaged = Données endommagées : { $what }.
hint-damaged = Restaurez une sauvegarde avec `repertoire restaurer FICHIER`, ou synchronisez dans un dossier neuf.
error-storage = Le magasin a échoué : { $why }.
hint-storage = Vérifiez le disque : place libre, droits.
error-file = Impossible d'utiliser `{ $path }` : { $why }.
hint-file = Vérifiez le nom et les droits.
error-not_empty = `{ $path }` contient déjà un répertoire.
hint-not_empty = Choisissez un dossier vide avec `--home DOSSIER`.
error-node_gone = Le nœud qui tournait a disparu : { $why }.
hint-node_gone = Ce qui a été affiché est gardé. Relancez la commande.
error-version_skew = Le nœud qui tourne est en version { $theirs }, ce programme en { $ours }.
hint-version_skew = Lancez `repertoire arrêter`, puis recommencez.
error-internal = Une faute de ce programme : { $what }.
hint-internal = Merci de la signaler, avec ce que vous avez fait.
error-refused_entry = Une entrée est refusée : { $why }.
hint-refused_entry = Qui l'a envoyée emploie un programme fautif.
error-stopping = Le nœud qui tourne est en train de s'arrêter.
hint-stopping = Réessayez dans un instant.
error-unconfirmed = Cela ne se défait pas, et n'a pas été confirmé : rien n'a été fait.
hint-unconfirmed = Répondez à un terminal, ou dites `--yes`.
error-gone = Plus membre ({ $why }) : cette copie est gardée pour être lue.
hint-gone = Un animateur peut vous inviter de nouveau.
error-void_act = Les règles de la communauté n'y donnent aucun effet : { $act }.
hint-void_act = Il y a toujours un animateur, et les droits viennent d'actes antérieurs : `repertoire gouverner journal`.
error-unsent = { $count } des entrées que vous avez écrites ne sont encore chez personne, et qui apprend votre départ ne les prend plus.
hint-unsent = D'abord `repertoire synchroniser`, puis quitter ; --yes quitte tout de même.
error-needs_community_key = Moins de trois personnes écrivent ici : la clé imprimée de la communauté doit signer.
hint-needs_community_key = `--printed-key` : les mots imprimés par qui l'a fondée.
error-recovery_waits = La reprise est récente : qui l'on croyait perdu peut s'y opposer jusqu'au { $until }.
hint-recovery_waits = Réessayez alors ; `repertoire gouverner veto ACTE` est ce qu'ils diraient.
error-no_fork = Il n'y a pas de fourche `{ $name }`.
hint-no_fork = `repertoire gouverner fourche` les numérote.
error-no_quarantine = Il n'y a rien `{ $name }` en quarantaine.
hint-no_quarantine = `repertoire quarantaine lister` numérote ce qui y est.
error-no_act = Il n'y a pas d'acte `{ $name }`.
hint-no_act = `repertoire gouverner journal` en donne la liste.
