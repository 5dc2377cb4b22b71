//! Lists of values, with French labels.

use super::Word;

macro_rules! words {
    ($($name:ident: $($value:literal $french:literal),+;)*) => {
        $(pub(super) const $name: &[Word] = &[$(Word { value: $value, french: $french }),+];)*
    };
}

words! {
    COMMUNITY_TYPES:
        "trade" "métier", "thematic" "thématique", "innovation" "innovation", "improvement" "progrès",
        "project" "projet", "interest" "intérêt", "learning" "apprentissage", "practice" "pratique",
        "professional" "professionnelle", "service" "service", "epistemic" "épistémique",
        "problem-solving" "résolution de problèmes", "knowledge-network" "réseau de savoir",
        "expertise" "expertise", "online" "en ligne";
    RESOURCE_TYPES:
        "knowledge" "connaissances", "document" "documents", "experience" "expériences",
        "know-how" "savoir-faire", "competence" "compétences";
    AIMS:
        "strategic-goal" "objectif stratégique", "operational-process" "processus opérationnel", "risk" "risque";
    BENEFITS:
        "innovation" "innovation", "capitalisation" "capitalisation", "know-how" "savoir-faire",
        "change" "changement", "pooling" "mutualisation";
    ORIGIN_MODES: "spontaneous" "spontanée", "intentional" "intentionnelle";
    REACHES: "internal" "interne", "external" "externe", "both" "les deux";
    HOSTS:
        "association" "association", "club" "club", "company" "entreprise", "public-body" "organisme public",
        "none" "aucune";
    FACTOR_PHASES: "start" "démarrage", "cruise" "régime de croisière";
    FUNCTIONS:
        "member" "membre", "expert" "expert", "maitre-d-oeuvre" "maître d'œuvre",
        "maitre-d-ouvrage" "maître d'ouvrage", "trainer" "formateur", "student" "étudiant", "other" "autre";
    OFFERS:
        "mentor" "accompagner", "translate" "traduire", "host" "accueillir", "review" "relire", "visit" "visiter";
    VISIBILITIES: "space" "espace", "animators" "animateurs", "me" "moi";
    QUALITIES: "to-finish" "à finir", "good" "bonne", "reference" "référence";
    DIFFICULTIES: "beginner" "débutant", "intermediate" "intermédiaire", "advanced" "avancé";
    EDITINGS: "open" "ouverte", "curated" "encadrée";
    AUDIENCES: "novice" "novice", "practitioner" "praticien", "expert" "expert";
    PLANS: "planned" "prévue", "reactive" "subie";
    CHANGED: "content" "contenu", "context" "contexte", "training" "formation", "scale-up" "passage à l'échelle";
    NATURES:
        "tailoring" "ajustement", "adding" "ajout", "removing" "retrait", "shortening" "raccourcissement",
        "lengthening" "allongement", "substituting" "substitution", "reordering" "réordonnancement",
        "integrating" "intégration", "spreading" "étalement", "loosening" "assouplissement";
    FIDELITIES: "consistent" "fidèle", "inconsistent" "infidèle", "unknown" "inconnue";
    OUTCOMES:
        "worked" "réussi", "partly" "en partie", "failed" "échoué", "stopped" "arrêté",
        "not-applicable" "sans objet";
    METHODS:
        "anecdote" "anecdote", "observation" "observation", "before-after" "avant-après",
        "comparison" "comparaison", "evaluation" "évaluation", "case-study" "étude de cas";
    GAINS:
        "immediate" "immédiate", "potential" "potentielle", "applied" "appliquée", "realised" "réalisée",
        "reframing" "recadrage";
    MODES:
        "question" "question", "discussion" "discussion", "idea" "idée", "announcement" "annonce",
        "poll" "sondage", "chat" "conversation";
    URGENCIES: "normal" "normale", "field-urgent" "urgence terrain";
    CHOICES: "one" "un seul", "many" "plusieurs";
    RESULTS: "live" "en direct", "at-close" "à la clôture";
    SETTERS: "members" "membres", "sponsor" "parrain";
    POST_ROLES: "comment" "commentaire", "answer" "réponse", "synthesis" "synthèse", "minutes" "compte rendu";
    STANCES: "for" "pour", "against" "contre", "nuance" "nuance", "none" "aucune";
    MEDIA_TYPES:
        "article" "article", "book" "livre", "thesis" "thèse", "slides" "diapositives", "video" "vidéo",
        "audio" "audio", "image" "image", "map" "carte", "dataset" "jeu de données", "form" "formulaire",
        "software" "logiciel", "website" "site web", "letter" "lettre";
    KEEPS: "always" "toujours", "on-demand" "à la demande";
    SCHEMES: "topic" "thème", "glossary" "glossaire", "competence" "compétence", "site" "lieu";
    PURPOSES:
        "collection" "collection", "reading-list" "liste de lecture", "path" "parcours", "kit" "kit",
        "watch" "veille", "agenda" "agenda", "portfolio" "portfolio";
    EVENT_STATUSES: "tentative" "prévue", "confirmed" "confirmée", "cancelled" "annulée";
    EVENT_MODES: "face-to-face" "en présence", "remote" "à distance", "hybrid" "hybride";
    STYLES:
        "working" "travail", "conference" "conférence", "training" "formation", "social" "conviviale",
        "visit" "visite";
    LEVELS: "1" "1", "2" "2", "3" "3", "4" "4", "5" "5";
}

/// Ways to say yes and no.
pub(in crate::model::document) const FLAGS: &[Word] = &[
    Word { value: "yes", french: "oui" },
    Word { value: "no", french: "non" },
    Word { value: "yes", french: "true" },
    Word { value: "no", french: "false" },
];

/// Relations of links: each stands on the newer document, the reverse is computed.
pub const RELATIONS: &[&str] = &[
    "about",
    "adapts",
    "supersedes",
    "distilled-from",
    "answers",
    "duplicates",
    "requires",
    "part-of",
    "see-also",
    "translates",
    "contradicts",
    "illustrates",
    "published-from",
];
