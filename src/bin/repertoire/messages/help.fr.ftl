# Pages d'aide.

program-about = Le répertoire partagé d'une communauté de pratique : hors ligne d'abord, de machine à machine
program-usage = Usage : repertoire [--home DOSSIER] [--community NOM] [--lang fr|en] [--json | -q] VERBE …
program-more = `repertoire aide VERBE` explique un verbe, `repertoire aide concept MOT` un mot du modèle.
    Code de sortie : 0 fait, 1 fait mais quelque chose demande attention, 2 mauvais emploi, 3 pas permis, 4 introuvable,
    5 aucun pair atteint, 6 données endommagées, 7 occupé, 8 une faute de notre part.
heading-usage = Usage :
heading-arguments = Arguments :
heading-options = Options :
group-start = Commencer
group-write = Écrire
group-look = Regarder
group-talk = Parler
group-stand = Dire où cela en est
group-carry = Rencontrer les autres
group-exchange = Échanger
group-care = Entretenir

verb-init = Fonder une communauté
verb-init-more =
    Types : métier, thématique, innovation, progrès, projet, intérêt, apprentissage, pratique, professionnelle, service,
    épistémique, résolution de problèmes, réseau de savoir, expertise, en ligne.

    Les autres options remplissent des champs de la charte : --purpose "…", --rules @FICHIER, --ends 2027-06-30.
verb-join = Entrer dans une communauté par une invitation
verb-invite = Faire une invitation, lister celles qui sont ouvertes, en rappeler une
verb-invite-more =
    Qui tient l'invitation peut entrer et lire ce que lit son rôle : remettez-la comme une clé. Elle marche sans que personne
    soit là.

    Une personne a au plus 20 invitations ouvertes à la fois. Une invitation rappelée ne fait entrer personne ; qui vient avec
    elle, ou en second avec une invitation épuisée, attend un animateur : `repertoire membres` les montre.
verb-members = Lister les personnes, admettre celles qui attendent
verb-members-more =
    `membres admit MEMBRE` fait entrer quelqu'un qui attend. Si l'invitation demande confirmation, faites-vous lire de vive voix
    les six mots que `rejoindre` ou `état` lui a montrés : au terminal les mêmes mots vous sont montrés, ailleurs --words prend
    ce qu'on vous a lu. Des mots qui diffèrent veulent dire que quelqu'un se tient entre vous.
verb-member = Montrer une personne
verb-me = Montrer ou changer votre profil
verb-device = Ajouter, lister et retirer vos appareils
verb-device-more =
    add écrit un fichier (--out FICHIER) qui fait d'une autre machine un de vos appareils, avec `appareil join FICHIER` là-bas ; les
    deux sont le même membre. list les numérote. drop APPAREIL en retire un qui est perdu, par numéro ou par le début de son
    identifiant : ce qu'il a écrit jusqu'ici reste. Un appareil n'en retire pas de plus ancien sans --printed-key.

    Quand tout appareil est perdu : `appareil join INVITATION --printed-key` sur une machine neuve, avec une invitation de
    n'importe quel membre, vous ramène comme la même personne. Les 24 mots viennent de --passphrase-file, de
    REPERTOIRE_PASSPHRASE_FILE, ou du terminal.
verb-key = Imprimer votre clé de secours, sceller les clés de cette machine
verb-key-more =
    print montre une fois les 24 mots de votre clé imprimée, et les retire de cette machine.

    passphrase scelle les clés sur ce disque sous une phrase secrète (Argon2id, 64 Mio, 3 passes), pour toutes les communautés de
    ce dossier ; --off les rouvre. Un nœud qui tourne les tient ouvertes. La phrase vient de --passphrase-file, sinon du fichier
    que nomme REPERTOIRE_PASSPHRASE_FILE, sinon du terminal ; jamais d'un argument.
verb-add = Écrire un nouveau document : une pratique, un terme…
verb-add-more =
    Toute autre option remplit un champ : --problem "…", --topic pompe --topic puits, --dose PT30M. `-` et `_` se valent
    dans les noms ; le singulier d'un ensemble ajoute un élément. Un texte est une chaîne, @FICHIER, ou - pour l'entrée
    standard ; sans texte, dans un terminal, l'éditeur s'ouvre.
help-every-kind = tous
verb-edit = Modifier un document
verb-edit-more =
    Les changements se font dans l'ordre donné. --CHAMP VALEUR abrège --set CHAMP=VALEUR. Un texte est une chaîne,
    @FICHIER, ou - pour l'entrée standard. Sans aucun changement, l'éditeur s'ouvre.
verb-show = Montrer un document
verb-list = Lister des documents
verb-list-more = Un filtre est un genre (practice, thread, term…) ou NOM:VALEUR, avec topic, site, state, difficulty, type, aim, by, space, mode ou since.
verb-search = Trouver des mots dans tous les textes
verb-search-more =
    Accents et terminaisons n'importent pas, en français et en anglais ; "deux mots" entre guillemets à eux forment une
    expression, -mot écarte, mot* complète, topic:x filtre.
verb-history = Dire qui a écrit quoi dans un document
verb-diff = Montrer ce qui a changé dans un document
verb-diff-more = A et B sont des numéros d'entrées de son historique, à partir de 1, ou des débuts d'identifiants. Sans eux : ce qu'a changé la dernière entrée.
verb-ask = Poser une question
verb-discuss = Ouvrir une discussion
verb-idea = Noter une idée
verb-announce = Annoncer quelque chose
verb-reply = Répondre dans un fil, commenter un document
verb-propose = Proposer un brouillon à la communauté
verb-adapt = Adapter une pratique à un lieu : une copie qui garde sa source et ses remerciements
verb-adapt-more = Ce qui diffère se dit avec les champs d'une pratique, et avec --planned ou --reactive, --changed (content, context, training, scale-up), --nature (adding, removing, …), --reasons, --goal, --decided-by, --fidelity.
verb-pull-from-source = Reprendre ce que la source d'une adaptation a changé depuis
verb-offer-upstream = Proposer à la source, dans un fil, ce qu'une adaptation a changé
verb-distil = Faire d'un fil une pratique, en remerciant tous ceux qui y ont pris part
verb-synthesise = Résumer un fil, dans un texte que chacun peut continuer
verb-links = Les liens d'un document, et la lignée d'une pratique
verb-validate = Valider ce qui a été proposé
verb-return = Renvoyer une proposition à son auteur, avec une raison
verb-verify = Dire que c'est relu et que cela tient, jusqu'à une date
verb-verify-more = Sans --until, cela tient le nombre de mois que dit la pratique, ou la charte, dans review_months ; sinon douze. Dès lors les changements du texte sont comptés ; un changement de la démarche ou des moyens matériels la met à revoir aussitôt.
verb-deprecate = Dire que cela ne doit plus servir
verb-withdraw = Retirer des listes ; c'est gardé
verb-restore = Rétablir ce qui a été retiré
verb-useful = Dire que cela vous a été utile
verb-thanks = Dire merci
verb-used = Dire que vous l'avez utilisée
verb-accept = Accepter une réponse à votre question
verb-accept-more = Plusieurs réponses peuvent être acceptées : elles restent toutes, comme deux solutions.
verb-close = Clore un fil
verb-decline = Décliner une idée ou une question, avec une raison
verb-duplicate = Dire qu'un fil existait déjà
verb-take = Dire que vous vous en chargez
verb-conflicts = Lister les champs à deux valeurs
verb-resolve = Trancher un champ à deux valeurs
verb-glossary = Lister les mots de la communauté
verb-bundle = Tout porter dans un fichier, là où ne va aucun réseau
verb-bundle-more =
    `colis creer --for MEMBRE --out FICHIER` écrit ce que ce membre n'a pas, à ce qu'on sait ; `colis creer --out FICHIER`
    tout ce que lisent tous les membres. `colis appliquer FICHIER` le reprend, tout entier ou pas du tout ; deux fois n'apporte
    rien de plus. `colis examiner FICHIER` dit de qui et pour qui il est.

    Le fichier est scellé : qui n'est pas de la communauté n'en apprend que la taille. Les membres, ceux qui sont partis et
    les porteurs voient qui a écrit quand et combien ; les mots, seuls les lisent ceux qui ont leur clé.
verb-import = Faire entrer des documents
verb-import-more =
    Ce qui a déjà été importé ou exporté est reconnu et fusionné : importer deux fois n'apporte rien de plus.

    jsonl lit ce qu'écrit `exporter jsonl`, et des objets title, language, body, tags, source ; markdown lit des fichiers avec en-tête.
verb-export = Faire sortir des documents
verb-export-more = jsonl : un objet par ligne ; markdown : un fichier par document, dans le dossier --out ; canonical : ce dont sont faites les empreintes.
verb-sync = Rencontrer un autre nœud maintenant, et repartir
verb-sync-more = Une adresse (192.168.1.20:7420), un membre, ou rien : tous les pairs connus et le réseau local.
verb-serve = Faire tourner un nœud que les autres rencontrent
verb-stop = Arrêter le nœud qui tourne
verb-peers = Lister les nœuds connus
verb-status = Dire ce qui est ici, qui l'a, ce qui attend
verb-why = Dire la raison d'un silence
verb-check = Compter et comparer : l'empreinte de chaque espace
verb-rebuild = Refaire toutes les vues à partir du journal
verb-backup = Tout écrire dans un fichier scellé, clés comprises
verb-backup-more =
    Le fichier est scellé sous une phrase secrète (Argon2id, 64 Mio, 3 passes) : celle de --passphrase-file, sinon du fichier que
    nomme REPERTOIRE_PASSPHRASE_FILE (ses 4 premiers Kio sans la fin de ligne ; /dev/fd/3 convient), sinon demandée au terminal.
    Sans phrase, il est scellé sous votre clé imprimée, si vous en avez une. Sans elle, personne ne l'ouvre.
verb-restore-backup = Restaurer une sauvegarde dans un dossier vide
verb-demo = Montrer l'essentiel, avec trois sites à elle
verb-completions = Écrire ce qu'un shell complète
verb-man = Écrire les pages du manuel
verb-version = Écrire la version
verb-help = Expliquer un verbe ou un mot

arg-help = Afficher cette page
arg-version = Afficher la version
arg-home = Dossier de ce nœud (ou REPERTOIRE_HOME)
arg-community = Communauté, là où il y en a plusieurs
arg-lang = Langue de l'interface : fr ou en (ou REPERTOIRE_LANG)
arg-json = Écrire un objet JSON par ligne
arg-quiet = N'écrire que les noms courts
arg-id = Document : nom court, nom~xxxx, ou début de son identifiant
arg-title = Titre
arg-body = Texte : une chaîne, @FICHIER, ou - pour l'entrée standard
arg-space = Espace, commons à défaut
arg-set = Remplir un champ (peut se répéter)
arg-append = Ajouter une ligne à un texte (peut se répéter)
arg-add = Ajouter un élément à un ensemble ou une liste (peut se répéter)
arg-remove = Retirer un élément (peut se répéter)
arg-clear = Vider un champ (peut se répéter)
arg-limit = Combien au plus
arg-kind = Genre de document
arg-topic = De ce thème (peut se répéter)
arg-site = De ce site (peut se répéter)
arg-state = Dans cet état
arg-difficulty = De cette difficulté
arg-resource_type = De ce type de ressource
arg-aim = De cette finalité
arg-by = De ce membre (peut se répéter)
arg-mode = De cette nature : question, discussion, idea, announcement
arg-ask-report_on = Demander un retour à ceux qui utilisent cette pratique ailleurs
value-PRACTICE = PRATIQUE
arg-adapt-planned = Elle était prévue
arg-adapt-reactive = Elle a été subie
arg-adapt-title = Titre de l'adaptation
arg-distil-title = Titre de la pratique
arg-with_source = Par rapport à ce qu'elle adapte
arg-level = De ce niveau de preuve, 1 à 5 ; `niveau>=3` parmi les mots demande celui-ci et tous ceux au-dessus
arg-due = oui : validée, et à revoir
arg-undo = Reprendre sa propre marque
arg-verify-until = Jusqu'à ce jour
arg-deprecate-by = Ce qui la remplace
arg-used-site = Où
arg-duplicate-of = Le fil qui existait déjà
arg-since = Modifié depuis : un instant, une date, ou une durée comme 7d
arg-withdrawn = Les documents retirés aussi
arg-filters = Genre, ou NOM:VALEUR (peut se répéter)
arg-out = Fichier à écrire
arg-members-action = admit
arg-members-member = Qui
arg-members-words = Les six mots que le nouveau venu a lus
arg-device-action = add, join, list ou drop
arg-device-what = Pour drop : numéro ou début de l'identifiant ; pour join : le fichier
arg-device-printed_key = Utiliser les 24 mots de votre clé imprimée
arg-key-action = print ou passphrase
arg-key-off = Rouvrir les clés
arg-passphrase_file = Fichier qui contient la phrase secrète, ou les 24 mots (ou REPERTOIRE_PASSPHRASE_FILE)
arg-init-community_name = Nom de la communauté
arg-init-types = Type de communauté (peut se répéter)
arg-init-name = Votre nom
arg-init-site = Votre site
arg-join-file = Fichier de l'invitation ou de ses codes lus, ou - pour l'entrée standard
arg-join-name = Votre nom
arg-join-site = Votre site
arg-join-learn = Ce que vous voulez apprendre (peut se répéter)
arg-join-offers = Ce que vous proposez : mentor, translate, host, review, visit (peut se répéter)
arg-invite-role = Rôle : member, animator
arg-invite-uses = Combien de personnes peuvent s'en servir
arg-invite-days = Combien de jours elle reste ouverte
arg-invite-confirm = Attendre la parole d'un animateur avant qu'elle compte
arg-invite-with = Document à remettre avec elle (peut se répéter)
arg-invite-qr = La dessiner en codes QR, à lire dans un fichier
arg-invite-list = Lister les invitations ouvertes
arg-invite-recall = Rappeler l'invitation dont l'identifiant commence ainsi
arg-member-who = Nom court, nom ou identifiant d'un membre
arg-me-competence = Compétence, niveau de 1 à 5, trouvable ou non (peut se répéter)
arg-add-kind = Genre de document : practice, term, thread…
arg-show-field = N'écrire que ce champ
arg-show-history = Son historique aussi
arg-search-words = Mots, "expressions", -mot, mot*, NOM:VALEUR
arg-diff-a = Côté ancien
arg-diff-b = Côté nouveau
arg-ask-to = Membre ou terme à qui va la question (peut se répéter)
arg-ask-urgent = Il le faut sur le terrain maintenant
arg-reply-id = Fil, document, ou FIL#MESSAGE
arg-note = Pourquoi, ou comment cela a été vu
arg-resolve-field_name = Champ
arg-resolve-take = Prendre la valeur de ce numéro dans `conflits`
arg-resolve-value = Écrire cette valeur
arg-glossary-word = Un seul mot
arg-bundle-act = creer, appliquer ou examiner
arg-bundle-file = Le colis à appliquer ou à examiner
arg-bundle-to = Le membre pour qui il est
arg-bundle-out = Le fichier à écrire
arg-import-format = jsonl ou markdown
arg-import-file = Fichier, dossier, ou - pour l'entrée standard
arg-import-into = Espace où écrire
arg-import-dry_run = Compter seulement, ne rien écrire
arg-export-format = jsonl, markdown ou canonical
arg-export-out = Fichier à écrire, ou dossier pour le Markdown
arg-sync-peer = Adresse ou membre
arg-serve-port = Port où écouter ; gardé pour la fois suivante
arg-serve-loopback = Cette machine seulement
arg-serve-no_mdns = Ne pas s'annoncer sur le réseau local
arg-serve-detach = Rendre la main dès qu'il écoute
arg-why-what = Pair, membre ou document
arg-check-full = Vérifier chaque entrée et refaire chaque vue
arg-backup-file = Fichier à écrire ; il ne doit pas exister
arg-restore-backup-file = Fichier de la sauvegarde
arg-demo-keep = Garder les dossiers à cet endroit
arg-completions-shell = bash, zsh ou fish
arg-man-dir = Dossier où écrire
arg-help-verb = Verbe, ou `concept`
arg-help-word = Mot à expliquer

value-DIR = DOSSIER
value-NAME = NOM
value-LANG = LANGUE
value-KIND = GENRE
value-TITLE = TITRE
value-TEXT = TEXTE
value-SPACE = ESPACE
value-FIELD = CHAMP
value-FILE = FICHIER
value-SITE = SITE
value-TYPE = TYPE
value-TERM = TERME
value-OFFER = OFFRE
value-ROLE = RÔLE
value-MEMBER = MEMBRE
value-TOPIC = THÈME
value-STATE = ÉTAT
value-LEVEL = NIVEAU
value-AIM = FINALITÉ
value-MODE = NATURE
value-YES_NO = OUI
value-DATE = DATE
value-NEW = ID
value-THREAD = FIL
value-WHEN = QUAND
value-WORDS = MOTS
value-WORD = MOT
value-WHO = QUI
value-VALUE = VALEUR
value-FORMAT = FORMAT
value-ACT = ACTION
value-FILTER = FILTRE
value-PEER = PAIR
value-PORT = PORT
value-SHELL = SHELL
value-VERB = VERBE
value-FILE_OR_DIR = FICHIER_OU_DOSSIER
value-PEER_OR_ID = PAIR_OU_DOCUMENT
value-KIND_OR_FILTER = GENRE_OU_FILTRE
verb-role = Changer ce que sont les membres
verb-role-more = Actions : grant (donner), resign (rendre). Rôles : fondateur, animateur, expert (de --topic T), membre, observateur, porteur. On rend son propre rôle avec `resign`.
verb-revoke = Révoquer un membre
verb-revoke-more = Ce qui est connu ici de ce membre continue de compter ; la suite va en quarantaine, quand et par quelque voie qu'elle arrive. Les clés changent. Ce que le membre avait déjà ne peut être repris.
verb-leave = Quitter la communauté
verb-space = Espaces, et cercles de quelques membres
verb-space-more = Actions : list (lister), create (créer) NOM --members a,b, add (ajouter) CERCLE MEMBRE, remove (retirer) CERCLE MEMBRE. Qui n'est pas d'un cercle n'en a jamais un octet.
verb-quarantine = Décider de ce qui attend : admissions, écrits d'après une révocation
verb-quarantine-more = Actions : list (lister), admit (admettre) NUMÉRO…, drop (écarter) NUMÉRO…
verb-govern = Actes de gouvernance : les lister, les écrire
verb-govern-more = Actions : log (journal), rule (règle), checkpoint (jalon), rotate (renouveler) [ESPACE], recover (reprendre) MEMBRE…, veto ACTE, confirm (confirmer) ACTE, sign (signer) PROPOSITION, fork (fourche) [NUMÉRO…|tous], close (fermer). Le journal nomme chaque acte, valide ou nul, avec la raison.

    checkpoint demande plus de la moitié de ceux qui gouvernent, recover et confirm les deux tiers de ceux qui écrivent, close un fondateur ou plus de la moitié de ceux qui gouvernent. Le premier propose ; la proposition voyage avec les autres entrées ; chacun signe par `signer`, à son heure, et la dernière signature écrit l'acte. Qui est nommé par une reprise gouverne après 14 jours, et une reprise refusée peut être confirmée après 14 jours : qui l'on croyait perdu a ce temps pour s'y opposer. Où moins de trois personnes écrivent, --printed-key ajoute les mots imprimés du fondateur.

    fork liste les chaînes d'un appareil copié ou restauré, branche par branche. `fork NUMÉRO` en règle une pour tous : tout ce qui est ici de ses branches compte ; avec --take N, seule la branche N compte, les autres attendent en quarantaine. Le propriétaire le fait depuis n'importe lequel de ses appareils, ou un animateur.
verb-report = Dire ce qui s'est passé quand une pratique a servi
verb-report-more = --outcome worked, partly, failed, stopped ou not-applicable ; --expected, --happened, --why, --next-time prennent des textes.
verb-publish = Montrer un document à qui ne fait que regarder
verb-publish-more = Une copie est dans la vitrine. Elle ne nomme son auteur qu'avec son propre accord : `repertoire consentir ID nommé`.
verb-consent = Dire si votre nom peut figurer à côté de ce qui est publié
verb-erase = Effacer le contenu de ce que vous avez écrit, pour de bon
verb-erase-more = Sur chaque nœud qui l'apprend, porteurs compris. Une stèle reste. Il demande deux fois, sauf avec --yes.
group-govern = Gouverner
arg-role-action = grant ou resign
arg-role-who = Le rôle de qui
arg-role-role = Le rôle
arg-role-topic = Un thème d'un expert (peut être répété)
arg-revoke-who = Qui est révoqué
arg-revoke-reason = Pourquoi ; lu par ceux qui lisent le commun
arg-leave-erase_local = Effacer la copie de cette machine, clés comprises, dès que quelqu'un le sait
arg-leave-yes = Ne pas demander ; quitter et effacer même si personne n'a ce que vous avez écrit
arg-leave-forget_name = Ne plus être nommé : le profil dit « former member »
arg-space-action = list, create, add ou remove
arg-space-name = Le nom d'un cercle
arg-space-who = Qui ajouter ou retirer
arg-space-members = Qui en est avec vous, séparés par des virgules
arg-space-hidden = Ne pas le montrer à qui n'en est pas
arg-quarantine-action = list, admit ou drop
arg-quarantine-which = Numéros de la liste, ou débuts d'identifiants
arg-govern-action = log, rule, checkpoint, rotate, recover, veto, confirm, sign, fork ou close
arg-govern-what = Un espace, des membres ou un acte, selon l'action
arg-govern-printed_key = Signer aussi par la clé imprimée de la communauté
arg-govern-take = D'une fourche : la seule branche qui compte
arg-govern-inviters = Le rôle le plus bas qui invite des membres
arg-govern-validations = Combien de personnes valident une pratique
arg-govern-yes = Ne pas demander
arg-consent-consent = nommé ou anonyme
arg-erase-yes = Ne pas demander
arg-dry_run = Dire ce qui se passerait, sans rien écrire
