//! The kinds and their fields.

use super::words::*;
use super::{FieldSpec, KindSpec, Merge, Type};

/// Scalar values of a title, at most.
const TITLE: usize = 200;
/// Scalar values of a reason, at most: as many as in the note of a mark.
const REMARK: usize = 500;
/// Scalar values of a text, at most; its bytes are limited besides.
const TEXT: usize = 256 * 1024;
/// Scalar values of the list of those who are thanked, at most: 120 people by their ids.
const CREDITS: usize = 7_800;
/// Scalar values of a single value, at most.
const VALUE: usize = 2_000;

const fn spec(name: &'static str, french: &'static str, merge: Merge, value: Type) -> FieldSpec {
    let scalars_max = match merge {
        Merge::Txt | Merge::Map(Merge::Txt) => TEXT,
        _ => VALUE,
    };
    FieldSpec { name, french, merge, value, required: false, scalars_max, inner: &[] }
}

const fn txt(name: &'static str, french: &'static str) -> FieldSpec {
    spec(name, french, Merge::Txt, Type::Markdown)
}

const fn line(name: &'static str, french: &'static str) -> FieldSpec {
    spec(name, french, Merge::Reg, Type::Line)
}

const fn reg(name: &'static str, french: &'static str, value: Type) -> FieldSpec {
    spec(name, french, Merge::Reg, value)
}

const fn once(name: &'static str, french: &'static str, value: Type) -> FieldSpec {
    spec(name, french, Merge::Once, value)
}

const fn set(name: &'static str, french: &'static str, value: Type) -> FieldSpec {
    spec(name, french, Merge::Set, value)
}

const fn map(name: &'static str, french: &'static str, merge: &'static Merge, value: Type) -> FieldSpec {
    spec(name, french, Merge::Map(merge), value)
}

const fn list(name: &'static str, french: &'static str, inner: &'static [FieldSpec]) -> FieldSpec {
    let mut field = spec(name, french, Merge::List, Type::Line);
    field.inner = inner;
    field
}

const fn records(name: &'static str, french: &'static str, inner: &'static [FieldSpec]) -> FieldSpec {
    let mut field = spec(name, french, Merge::Records, Type::Line);
    field.inner = inner;
    field
}

const fn derived(name: &'static str, french: &'static str) -> FieldSpec {
    spec(name, french, Merge::Derived, Type::Line)
}

const fn required(mut field: FieldSpec) -> FieldSpec {
    field.required = true;
    field
}

const fn at_most(mut field: FieldSpec, scalars: usize) -> FieldSpec {
    field.scalars_max = scalars;
    field
}

const fn title(need: bool) -> FieldSpec {
    let mut field = at_most(line("title", "titre"), TITLE);
    field.required = need;
    field
}

/// Fields of every document. Those of the header (id, kind, space, creator, created) are not written by edits.
pub const ENVELOPE: &[FieldSpec] = &[
    derived("id", "identifiant"),
    derived("kind", "genre"),
    derived("space", "espace"),
    derived("creator", "auteur"),
    derived("created", "créé le"),
    derived("modified", "modifié le"),
    derived("contributors", "contributeurs"),
    derived("standing", "état"),
    at_most(once("handle", "nom court", Type::Line), TITLE),
    title(false),
    reg("language", "langue", Type::Language),
    set("topics", "thèmes", Type::Term),
    set("sites", "sites", Type::Term),
    set("links", "liens", Type::Link),
    list("attachments", "pièces jointes", &[]),
    line("license", "licence"),
    once("origin.system", "provenance : système", Type::Line),
    once("origin.id", "provenance : identifiant", Type::Line),
    once("origin.url", "provenance : adresse", Type::Url),
    once("origin.imported", "provenance : importé le", Type::Time),
    once("origin.author", "provenance : auteur", Type::Line),
    set("audience", "public visé", Type::Choice(AUDIENCES)),
    at_most(once("credits", "remerciements", Type::Line), CREDITS),
    once("published.from", "publié depuis", Type::Document),
    line("published.site", "publié par un membre à"),
    line("published.author", "publié avec l'accord de"),
];

const COMMUNITY: &[FieldSpec] = &[
    title(false),
    txt("purpose", "entreprise commune"),
    txt("domain", "domaine"),
    txt("stakes", "enjeux"),
    txt("risks", "risques"),
    set("types", "types de communauté", Type::Choice(COMMUNITY_TYPES)),
    set("aims", "motivations", Type::Choice(AIMS)),
    set("benefits", "atouts attendus", Type::Choice(BENEFITS)),
    set("resource_types", "types de ressources", Type::Choice(RESOURCE_TYPES)),
    reg("origin_mode", "origine", Type::Choice(ORIGIN_MODES)),
    reg("reach", "portée", Type::Choice(REACHES)),
    reg("host", "structure porteuse", Type::Choice(HOSTS)),
    line("object", "objet partagé"),
    reg("starts", "début", Type::Time),
    reg("ends", "fin", Type::Time),
    line("sponsor", "parrain"),
    txt("mandate", "mandat"),
    txt("resources", "moyens"),
    txt("rules", "règles de vie"),
    list("needs", "besoins", NEEDS),
    list("offers", "apports", NEEDS),
    list("scenario", "scénario de création", &[line("step", "étape"), line("item", "point"), line("help", "aide")]),
    list(
        "factors",
        "facteurs de succès",
        &[line("factor", "facteur"), reg("phase", "phase", Type::Choice(FACTOR_PHASES))],
    ),
    list(
        "relations",
        "liens avec l'organisation",
        &[line("name", "nom"), line("relation", "relation"), line("feed", "fil ou clé publique")],
    ),
    reg("review_months", "périodicité de révision", Type::Integer),
    reg("report_due_days", "délai de retour d'expérience", Type::Integer),
    reg("question_due_days", "délai de réponse", Type::Integer),
    reg("min_cell", "effectif minimal", Type::Integer),
    list("languages", "langues", &[]),
];

const NEEDS: &[FieldSpec] = &[
    line("text", "texte"),
    reg("member", "membre", Type::Member),
    reg("site", "site", Type::Term),
    reg("open", "ouvert", Type::Flag),
];

const MEMBER: &[FieldSpec] = &[
    required(at_most(line("name", "nom"), TITLE)),
    txt("bio", "présentation"),
    reg("home_site", "site", Type::Term),
    line("unit", "service"),
    line("organisation", "organisme"),
    line("sector", "secteur"),
    line("occupation", "métier"),
    reg("function", "fonction", Type::Choice(FUNCTIONS)),
    set("languages", "langues", Type::Language),
    set("interests", "centres d'intérêt", Type::Term),
    records(
        "competences",
        "compétences",
        &[reg("level", "niveau", Type::Choice(LEVELS)), line("note", "note"), reg("findable", "trouvable", Type::Flag)],
    ),
    set("wants_to_learn", "veut apprendre", Type::Term),
    set("offers", "propose", Type::Choice(OFFERS)),
    list("contacts", "contacts", &[]),
    set("channels", "moyens", Type::Line),
    reg("response_time", "délai", Type::Time),
    line("tool_comfort", "aisance avec les outils"),
    map("visibility", "visibilité", &Merge::Reg, Type::Choice(VISIBILITIES)),
    derived("role", "rôle"),
    derived("status", "état"),
    derived("devices", "appareils"),
    derived("joined", "entrée"),
    derived("guide", "guide"),
];

const PRACTICE: &[FieldSpec] = &[
    title(true),
    at_most(txt("summary", "résumé"), 500),
    txt("problem", "problème"),
    txt("context", "contexte d'application"),
    txt("forces", "tensions"),
    txt("procedure", "démarche"),
    txt("materials", "moyens matériels"),
    txt("actors", "acteurs et partenaires"),
    line("mode", "mode"),
    line("dose", "durée et fréquence"),
    line("cost", "coût"),
    line("effort", "charge"),
    txt("impact", "effets constatés"),
    txt("success_factors", "facteurs de succès"),
    txt("constraints", "contraintes"),
    txt("lessons", "leçons"),
    txt("sustainability", "durabilité"),
    txt("replicability", "transférabilité"),
    reg("aim", "finalité", Type::Choice(AIMS)),
    reg("resource_type", "type de ressource", Type::Choice(RESOURCE_TYPES)),
    reg("quality", "qualité", Type::Choice(QUALITIES)),
    reg("difficulty", "difficulté", Type::Choice(DIFFICULTIES)),
    reg("editing", "écriture", Type::Choice(EDITINGS)),
    set("verifiers", "vérificateurs", Type::Line),
    reg("review_months", "périodicité", Type::Integer),
    once("adapts", "adapte", Type::Document),
    once("adapts.version", "version adaptée", Type::Line),
    once("adapts.title", "titre de la source", Type::Line),
    spec("adapts.pulled", "version reprise", Merge::Lww, Type::Line),
    reg("adaptation.planned", "prévue ou subie", Type::Choice(PLANS)),
    line("adaptation.decided_by", "décidée par"),
    set("adaptation.changed", "ce qui change", Type::Choice(CHANGED)),
    set("adaptation.nature", "nature du changement", Type::Choice(NATURES)),
    reg("adaptation.fidelity", "fidélité", Type::Choice(FIDELITIES)),
    txt("adaptation.goal", "but"),
    txt("adaptation.reasons", "raisons"),
    derived("state", "état"),
    derived("verified_until", "vérifiée jusqu'au"),
    derived("evidence_level", "niveau de preuve"),
    derived("stars", "étoiles"),
    derived("completeness", "complétude"),
    derived("adaptations", "adaptations"),
    derived("reports", "retours d'expérience"),
    derived("sites_reached", "sites touchés"),
    derived("upstream_changed", "source modifiée"),
];

const REPORT: &[FieldSpec] = &[
    title(false),
    once("about", "porte sur", Type::Document),
    once("about.version", "version", Type::Line),
    once("site", "site", Type::Term),
    reg("period", "période", Type::Time),
    reg("outcome", "issue", Type::Choice(OUTCOMES)),
    txt("expected", "attendu"),
    txt("happened", "constaté"),
    txt("why", "pourquoi"),
    txt("next_time", "la prochaine fois"),
    list(
        "measures",
        "mesures",
        &[
            line("indicator", "indicateur"),
            line("before", "avant"),
            line("after", "après"),
            line("unit", "unité"),
            line("how", "comment"),
        ],
    ),
    reg("method", "méthode", Type::Choice(METHODS)),
    reg("people", "personnes concernées", Type::Integer),
    line("cost", "coût"),
    line("effort", "charge"),
    reg("value", "valeur créée", Type::Choice(GAINS)),
    list("quotes", "témoignages", &[line("text", "texte"), line("who", "qui"), reg("consent", "accord", Type::Flag)]),
    reg("named_outside", "nom cité hors de l'espace", Type::Flag),
];

const THREAD: &[FieldSpec] = &[
    title(true),
    reg("mode", "nature", Type::Choice(MODES)),
    once("about", "porte sur", Type::Document),
    once("about.version", "version", Type::Line),
    txt("body", "texte"),
    set("asked_of", "adressé à", Type::Line),
    reg("urgency", "urgence", Type::Choice(URGENCIES)),
    list("options", "options", &[line("label", "libellé")]),
    reg("choice", "choix", Type::Choice(CHOICES)),
    reg("threshold", "seuil", Type::Integer),
    reg("closes_at", "clôture", Type::Time),
    reg("show_results", "résultats", Type::Choice(RESULTS)),
    once("set_by", "thème posé par", Type::Choice(SETTERS)),
    derived("status", "état"),
    derived("accepted", "acceptée"),
    derived("synthesis", "synthèse"),
    derived("replies", "réponses"),
];

const POST: &[FieldSpec] = &[
    title(false),
    required(once("thread", "fil", Type::Document)),
    once("parent", "en réponse à", Type::Document),
    once("role", "rôle", Type::Choice(POST_ROLES)),
    required(txt("body", "texte")),
    reg("stance", "position", Type::Choice(STANCES)),
];

const RESOURCE: &[FieldSpec] = &[
    title(true),
    reg("url", "adresse", Type::Url),
    line("blob", "fichier"),
    list("renditions", "formes", &[]),
    txt("description", "description"),
    reg("resource_type", "type", Type::Choice(MEDIA_TYPES)),
    list("creators", "auteurs", &[]),
    line("publisher", "éditeur"),
    reg("issued", "paru le", Type::Time),
    line("extent", "étendue"),
    line("identifier", "identifiant"),
    txt("citation", "référence"),
    spec("keep", "conservation", Merge::Lww, Type::Choice(KEEPS)),
    derived("media", "média"),
];

const TERM: &[FieldSpec] = &[
    title(false),
    required(once("scheme", "liste", Type::Choice(SCHEMES))),
    required(at_most(map("pref_label", "libellé", &Merge::Reg, Type::Line), TITLE)),
    at_most(map("alt_label", "autre libellé", &Merge::Set, Type::Line), TITLE),
    at_most(map("hidden_label", "libellé caché", &Merge::Set, Type::Line), TITLE),
    map("definition", "définition", &Merge::Txt, Type::Markdown),
    txt("scope_note", "note d'application"),
    txt("example", "exemple"),
    set("broader", "plus large", Type::Term),
    set("related", "voisins", Type::Term),
    set("exact_match", "équivalents", Type::Url),
    line("country", "pays"),
    line("place", "localité"),
    line("geo", "coordonnées"),
    line("zone", "fuseau horaire"),
    line("site_status", "état du site"),
];

const COLLECTION: &[FieldSpec] = &[
    title(true),
    reg("purpose", "usage", Type::Choice(PURPOSES)),
    txt("description", "description"),
    list(
        "items",
        "éléments",
        &[
            line("target", "document ou adresse"),
            txt("note", "note"),
            reg("added_by", "ajouté par", Type::Member),
            reg("added", "ajouté le", Type::Time),
        ],
    ),
    set("curators", "responsables", Type::Member),
    reg("open", "ouverte", Type::Flag),
];

const EVENT: &[FieldSpec] = &[
    title(true),
    once("uid", "identifiant", Type::Line),
    reg("starts", "début", Type::Time),
    reg("ends", "fin", Type::Time),
    line("zone", "fuseau horaire"),
    line("place", "lieu"),
    reg("site", "site", Type::Term),
    reg("url", "adresse", Type::Url),
    line("repeats", "répétition"),
    reg("status", "état", Type::Choice(EVENT_STATUSES)),
    reg("mode", "mode", Type::Choice(EVENT_MODES)),
    reg("style", "style", Type::Choice(STYLES)),
    once("hashtag", "mot-dièse", Type::Line),
    set("organisers", "organisateurs", Type::Member),
    set("speakers", "intervenants", Type::Line),
    list("agenda", "ordre du jour", &[line("text", "texte"), line("who", "qui"), line("duration", "durée")]),
    reg("minutes", "compte rendu", Type::Document),
    reg("recording", "enregistrement", Type::Document),
];

/// Scalar values of an act that is proposed, at most: a recovery that names 64 people, in base64.
const PROPOSAL: usize = 8_000;

/// The sealed words of an act of governance, which itself lies in clear: the reason of a removal, the name of a circle. Or
/// an act that is proposed, and a signature under it.
const NOTE: &[FieldSpec] = &[
    required(at_most(line("title", "texte"), REMARK)),
    required(once("act", "acte", Type::Line)),
    at_most(once("proposal", "proposition", Type::Line), PROPOSAL),
];

/// All kinds of documents.
pub const KINDS: &[KindSpec] = &[
    KindSpec { name: "community", french: "communauté", fields: COMMUNITY },
    KindSpec { name: "member", french: "membre", fields: MEMBER },
    KindSpec { name: "practice", french: "pratique", fields: PRACTICE },
    KindSpec { name: "report", french: "retour d'expérience", fields: REPORT },
    KindSpec { name: "thread", french: "fil", fields: THREAD },
    KindSpec { name: "post", french: "message", fields: POST },
    KindSpec { name: "resource", french: "ressource", fields: RESOURCE },
    KindSpec { name: "term", french: "terme", fields: TERM },
    KindSpec { name: "collection", french: "collection", fields: COLLECTION },
    KindSpec { name: "event", french: "rencontre", fields: EVENT },
    KindSpec { name: "note", french: "note", fields: NOTE },
];
