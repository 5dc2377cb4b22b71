//! Headings that name fields, and a Markdown text split by them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::record::FieldValue;

/// A text field that has a section of its own in Markdown.
#[derive(Debug)]
pub(super) struct Section {
    /// The field.
    pub(super) field: &'static str,
    french: &'static str,
    english: &'static str,
    /// Other headings that name it in a practice, without accents, in small letters.
    others: &'static [&'static str],
    /// A text with more characters than this doesn't go there.
    chars_max: usize,
}

const fn section(field: &'static str, french: &'static str, english: &'static str) -> Section {
    Section { field, french, english, others: &[], chars_max: usize::MAX }
}

const fn named(
    field: &'static str,
    french: &'static str,
    english: &'static str,
    others: &'static [&'static str],
) -> Section {
    Section { field, french, english, others, chars_max: usize::MAX }
}

/// Sections of a practice, in the order in which they are written.
const PRACTICE: &[Section] = &[
    Section {
        field: "summary",
        french: "Résumé",
        english: "Summary",
        others: &["abstract", "en bref", "in short", "tl;dr", "tldr", "in brief", "l'essentiel"],
        chars_max: 500,
    },
    named(
        "problem",
        "Problème",
        "Problem",
        &[
            "probleme rencontre",
            "problematique",
            "le probleme",
            "the problem",
            "problem statement",
            "problem addressed",
            "constat",
            "besoin",
        ],
    ),
    named(
        "context",
        "Contexte d'application",
        "Context",
        &[
            "contexte",
            "le contexte",
            "the context",
            "quand l'utiliser",
            "quand utiliser",
            "when to use",
            "when to use it",
            "domaine d'application",
            "applicable to",
            "applicability",
            "tache concernee et recommandation",
            "taches concernees et recommandations",
        ],
    ),
    named("forces", "Tensions", "Forces", &["forces en presence", "trade-offs", "tradeoffs"]),
    named(
        "procedure",
        "Démarche",
        "Procedure",
        &[
            "procedure a suivre",
            "etapes",
            "les etapes",
            "mode operatoire",
            "marche a suivre",
            "methode",
            "methodologie",
            "deroulement",
            "deroule",
            "comment faire",
            "solution",
            "la solution",
            "the solution",
            "steps",
            "the steps",
            "how to",
            "how to do it",
            "how-to",
            "instructions",
            "process",
            "method",
            "approach",
            "recette",
        ],
    ),
    named(
        "materials",
        "Moyens matériels",
        "Materials",
        &[
            "materiel",
            "materiels",
            "moyens",
            "outils",
            "outillage",
            "materiel necessaire",
            "fournitures",
            "ingredients",
            "material",
            "tools",
            "equipment",
            "supplies",
            "what you need",
            "you will need",
            "tools and materials",
        ],
    ),
    named(
        "actors",
        "Acteurs et partenaires",
        "Actors",
        &[
            "acteurs",
            "partenaires",
            "les acteurs",
            "personnes",
            "qui",
            "roles",
            "roles et responsabilites",
            "people",
            "who",
            "participants",
            "partners",
            "actors and partners",
            "stakeholders",
            "roles and responsibilities",
        ],
    ),
    named(
        "impact",
        "Effets constatés",
        "Impact",
        &[
            "effets",
            "resultats",
            "impacts",
            "effets observes",
            "resultats obtenus",
            "benefices",
            "results",
            "effects",
            "outcomes",
            "outcome",
            "benefits",
        ],
    ),
    named(
        "success_factors",
        "Facteurs de succès",
        "Success factors",
        &[
            "facteurs de reussite",
            "facteurs cles de succes",
            "cles de la reussite",
            "conditions de reussite",
            "what makes it work",
            "keys to success",
        ],
    ),
    named(
        "constraints",
        "Contraintes",
        "Constraints",
        &[
            "limites",
            "contraintes et limites",
            "difficultes",
            "risques",
            "points de vigilance",
            "precautions",
            "limits",
            "limitations",
            "risks",
            "difficulties",
            "pitfalls",
            "caveats",
        ],
    ),
    named(
        "lessons",
        "Leçons",
        "Lessons",
        &[
            "lecons tirees",
            "lecons apprises",
            "enseignements",
            "retours",
            "retour d'experience",
            "retours d'experience",
            "a retenir",
            "lessons learned",
            "lessons learnt",
            "learnings",
            "takeaways",
            "essential takeaways",
            "key takeaways",
            "what we learned",
        ],
    ),
    named("sustainability", "Durabilité", "Sustainability", &["perennite", "perennisation", "dans la duree"]),
    named(
        "replicability",
        "Transférabilité",
        "Replicability",
        &[
            "reproductibilite",
            "transposition",
            "essaimage",
            "passage a l'echelle",
            "transferability",
            "scaling",
            "adapting it elsewhere",
        ],
    ),
    section("adaptation.goal", "But de l'adaptation", "Goal of the adaptation"),
    section("adaptation.reasons", "Raisons de l'adaptation", "Reasons for the adaptation"),
];

/// Sections of the other kinds.
const OTHERS: &[Section] = &[
    section("body", "Texte", "Text"),
    section("purpose", "Entreprise commune", "Purpose"),
    section("domain", "Domaine", "Domain"),
    section("stakes", "Enjeux", "Stakes"),
    section("risks", "Risques", "Risks"),
    section("mandate", "Mandat", "Mandate"),
    section("resources", "Moyens", "Resources"),
    section("rules", "Règles de vie", "Rules"),
    section("bio", "Présentation", "About"),
    section("expected", "Attendu", "Expected"),
    section("happened", "Constaté", "What happened"),
    section("why", "Pourquoi", "Why"),
    section("next_time", "La prochaine fois", "Next time"),
    section("description", "Description", "Description"),
    section("citation", "Référence", "Citation"),
    section("scope_note", "Note d'application", "Scope note"),
    section("example", "Exemple", "Example"),
];

/// Returns all fields that have a section, in the order in which they are written.
pub(super) fn sections() -> impl Iterator<Item = &'static Section> {
    PRACTICE.iter().chain(OTHERS)
}

/// Tells whether a practice has a text field of this name.
pub(super) fn is_practice_text(field: &str) -> bool {
    PRACTICE.iter().any(|section| section.field == field)
}

/// Returns the heading of a field in a language: the French one for French, else the English one.
pub(super) fn heading<'a>(field: &'a str, language: Option<&str>) -> &'a str {
    let french = language.is_some_and(is_french);
    let known = sections().find(|section| section.field == field);
    known.map_or(field, |section| if french { section.french } else { section.english })
}

fn is_french(language: &str) -> bool {
    language.split(['-', '_']).next().is_some_and(|first| first.eq_ignore_ascii_case("fr"))
}

/// Returns the field in which a document of this kind has its main text.
pub(super) fn main_field(kind: &str) -> &'static str {
    match kind {
        "practice" => "procedure",
        "report" => "happened",
        "resource" | "collection" => "description",
        "community" => "purpose",
        "member" => "bio",
        "term" => "scope_note",
        _ => "body",
    }
}

/// Splits the Markdown text of a practice into fields, by the headings that name them.
///
/// Only headings of the highest level in the text name fields; a single heading of level one is the document's and
/// doesn't count. What no field claims goes to `procedure`, headings included. A heading is left out only where its
/// whole text has become a field, or where it repeats the title.
pub(super) fn split(body: &str, title: &str) -> BTreeMap<String, FieldValue> {
    let lines: Vec<&str> = body.split('\n').collect();
    let mut headings = scan(&lines);
    let firsts = headings.iter().filter(|heading| heading.level == 1).count();
    let mut kept_from = 0;
    if firsts == 1 && headings.first().is_some_and(|heading| heading.level == 1) {
        let first = headings.remove(0);
        let alone = lines[..first.from].iter().all(|line| line.trim().is_empty());
        if alone && first.text == title.trim() {
            kept_from = first.to;
        }
    }
    let top = headings.iter().map(|heading| heading.level).min().unwrap_or(1);
    headings.retain(|heading| heading.level == top);
    let mut fields = Fields::default();
    let end = headings.first().map_or(lines.len(), |heading| heading.from);
    fields.rest(&lines[kept_from..end]);
    for (index, heading) in headings.iter().enumerate() {
        let end = headings.get(index + 1).map_or(lines.len(), |next| next.from);
        fields.add(named_by(&heading.text), &lines[heading.from..end], &lines[heading.to..end]);
    }
    fields.0.into_iter().map(|(field, text)| (field.to_owned(), FieldValue::Text(text))).collect()
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    /// Puts a section where its heading says, if it can stand there without its heading.
    fn add(&mut self, section: Option<&'static Section>, whole: &[&str], inside: &[&str]) {
        let text = trimmed(inside);
        let free = |section: &&Section| {
            !text.is_empty() && !self.0.contains_key(section.field) && text.chars().count() <= section.chars_max
        };
        match section.filter(free) {
            Some(section) => {
                self.0.insert(section.field, text);
            }
            None => self.rest(whole),
        }
    }

    /// Adds lines to what no field claims.
    fn rest(&mut self, lines: &[&str]) {
        let text = trimmed(lines);
        if text.is_empty() {
            return;
        }
        let procedure = self.0.entry("procedure").or_default();
        if !procedure.is_empty() {
            procedure.push_str("\n\n");
        }
        procedure.push_str(&text);
    }
}

/// Returns the lines as one text without the blank lines around it.
pub(super) fn trimmed(lines: &[&str]) -> String {
    let is_text = |line: &&str| !line.trim().is_empty();
    let from = lines.iter().position(is_text).unwrap_or(lines.len());
    let to = lines.iter().rposition(is_text).map_or(from, |last| last + 1);
    lines[from..to].join("\n").trim_end().to_owned()
}

/// A heading and its lines.
#[derive(Debug, PartialEq)]
pub(super) struct Heading {
    /// 1 to 6.
    pub(super) level: usize,
    /// Its words.
    pub(super) text: String,
    /// Its first line.
    from: usize,
    /// The line after its last.
    to: usize,
}

/// Finds the headings of a Markdown text: `# …` and underlined ones, outside of fenced code.
pub(super) fn scan(lines: &[&str]) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    for (index, line) in lines.iter().enumerate() {
        let mark = fence_mark(line);
        match (fence, mark) {
            (Some((open, length)), Some((char, marks, ""))) if char == open && marks >= length => {
                fence = None;
            }
            (None, Some((char, marks, words))) if char == '~' || !words.contains('`') => {
                fence = Some((char, marks));
            }
            (None, _) => headings.extend(hashed(line, index).or_else(|| underlined(lines, index))),
            (Some(_), _) => {}
        }
    }
    headings
}

/// Returns the kind and number of marks that open or close fenced code, and what follows them.
fn fence_mark(line: &str) -> Option<(char, usize, &str)> {
    let text = indented_less_than_four(line)?;
    let char = text.chars().next().filter(|char| matches!(char, '`' | '~'))?;
    let rest = text.trim_start_matches(char);
    let marks = text.len() - rest.len();
    (marks >= 3).then(|| (char, marks, rest.trim()))
}

fn indented_less_than_four(line: &str) -> Option<&str> {
    let text = line.trim_start_matches(' ');
    (line.len() - text.len() < 4).then_some(text)
}

fn hashed(line: &str, index: usize) -> Option<Heading> {
    let text = indented_less_than_four(line)?;
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    if !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let words = rest.trim();
    let closed = words.trim_end_matches('#');
    let words = if closed.is_empty() || closed.ends_with([' ', '\t']) { closed.trim_end() } else { words };
    Some(Heading { level, text: words.to_owned(), from: index, to: index + 1 })
}

/// Reads a one-line paragraph whose next line is all `=` or `-`.
fn underlined(lines: &[&str], index: usize) -> Option<Heading> {
    let text = indented_less_than_four(lines[index])?.trim();
    let before = index.checked_sub(1).map_or("", |before| lines[before]).trim();
    let under = indented_less_than_four(lines.get(index + 1)?)?.trim_end();
    let is_line_of = |char: char| under.len() >= 3 && under.chars().all(|of| of == char);
    let level = if is_line_of('=') {
        1
    } else if is_line_of('-') {
        2
    } else {
        return None;
    };
    let is_words = text.chars().next()?.is_alphanumeric();
    (is_words && before.is_empty()).then(|| Heading { level, text: text.to_owned(), from: index, to: index + 2 })
}

/// Returns the section of a practice that a heading names.
fn named_by(heading: &str) -> Option<&'static Section> {
    /// Sections by all their names as [`folded`] gives them.
    static NAMES: LazyLock<BTreeMap<String, &'static Section>> = LazyLock::new(|| {
        let names = PRACTICE.iter().flat_map(|section| {
            let own = [section.field.to_owned(), folded(section.french), folded(section.english)];
            let others = section.others.iter().map(|&name| name.to_owned());
            own.into_iter().chain(others).map(move |name| (name, section))
        });
        names.collect()
    });
    NAMES.get(&folded(heading)).copied()
}

/// Returns a heading in small letters without accents, numbering, emphasis, attributes and final punctuation.
fn folded(heading: &str) -> String {
    let bare = heading.split(" {").next().unwrap_or("");
    let plain = deunicode::deunicode(bare).to_lowercase();
    let words = plain.trim_matches(|char: char| !char.is_alphanumeric());
    let numbering = words.split_once([' ']).filter(|(first, _)| {
        let digits = first.trim_end_matches(['.', ')', ':', '-']);
        !digits.is_empty() && digits.chars().all(|char| char.is_ascii_digit() || char == '.')
    });
    let words = numbering.map_or(words, |(_, rest)| rest);
    let words: Vec<&str> = words.split_whitespace().collect();
    words.join(" ").trim_matches(|char: char| !char.is_alphanumeric()).replace(['*', '`'], "")
}

#[cfg(test)]
mod tests;
