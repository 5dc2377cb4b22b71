use proptest::prelude::*;

use super::*;

fn check(body: &str, expected: &[(&str, &str)]) {
    let fields = split(body, "Purger");
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(field, text)| (field.as_str(), text.text().unwrap_or("?"))).collect();
    assert_eq!(fields, expected, "{body:?}");
}

#[test]
fn headings_name_fields() {
    check("", &[]);
    check("just text", &[("procedure", "just text")]);
    check("# Purger\n\ntext\n", &[("procedure", "text")]);
    check("## Problème\n\na\n\n## Étapes :\n\n1. b\n2. c\n", &[("problem", "a"), ("procedure", "1. b\n2. c")]);
    check("## 1. **Matériel**\nx\n## 2) Lessons learned\ny", &[("lessons", "y"), ("materials", "x")]);
    check("Résumé\n======\n\na\n\nContexte\n========\nb", &[("context", "b"), ("summary", "a")]);
    check("## success_factors\na\n## Mode opératoire\nb", &[("procedure", "b"), ("success_factors", "a")]);
    check("## L’essentiel {.unnumbered}\na", &[("summary", "a")]);
}

#[test]
fn what_no_field_claims_stays_with_its_headings() {
    check("intro\n\n## Steps\n\na", &[("procedure", "intro\n\n## Steps\n\na")]);
    check("## Steps\n\na\n\n## Ressources\n\nb", &[("procedure", "a\n\n## Ressources\n\nb")]);
    check("## Ressources\n\nb\n\n## Steps\n\na", &[("procedure", "## Ressources\n\nb\n\n## Steps\n\na")]);
    check("## Context\na\n## Contexte\nb", &[("context", "a"), ("procedure", "## Contexte\nb")]);
    check("## Context\n\n## Steps\n\nb", &[("procedure", "## Context\n\n## Steps\n\nb")]);
    check("# Other\n\n## Problem\n\na", &[("problem", "a"), ("procedure", "# Other")]);
    check("(label)=\n# Purger\n\na", &[("procedure", "(label)=\n# Purger\n\na")]);
    let long = "x".repeat(501);
    check(&format!("## Summary\n{long}"), &[("procedure", &format!("## Summary\n{long}"))]);
}

#[test]
fn only_the_highest_level_names_fields() {
    check("## Guide\n\n### Problem\n\na", &[("procedure", "## Guide\n\n### Problem\n\na")]);
    check("## Context\na\n### Steps\nb\n## Steps\nc", &[("context", "a\n### Steps\nb"), ("procedure", "c")]);
    check("# Problem\na\n# Steps\nb", &[("problem", "a"), ("procedure", "b")]);
}

#[test]
fn code_and_rules_are_no_headings() {
    check("```\n## Problem\n```\n", &[("procedure", "```\n## Problem\n```")]);
    check(
        "~~~ sh\n## Problem\n```\n~~~\n\n## Lessons\na",
        &[("lessons", "a"), ("procedure", "~~~ sh\n## Problem\n```\n~~~")],
    );
    check("````\n```\n## Problem\n````", &[("procedure", "````\n```\n## Problem\n````")]);
    check("    ## Problem\na", &[("procedure", "    ## Problem\na")]);
    check("a\n\n---\n\nb", &[("procedure", "a\n\n---\n\nb")]);
    check("| a |\n---\n#nothing", &[("procedure", "| a |\n---\n#nothing")]);
    check("```a`b```\n## Problem\nc", &[("problem", "c"), ("procedure", "```a`b```")]);
}

#[test]
fn each_heading_leads_to_its_own_field() {
    for section in sections() {
        for language in ["fr", "fr-ML", "en", "sw"] {
            assert!(!heading(section.field, Some(language)).is_empty());
        }
    }
    for section in PRACTICE {
        for words in [section.field, section.french, section.english].iter().chain(section.others) {
            assert_eq!(named_by(words).map(|found| found.field), Some(section.field), "{words}");
        }
    }
}

fn markdown() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "#{1,4} (Problème|Steps|Context|Étapes|Autre|Purger|Summary)",
        "(===|---|```|~~~~)",
        "(Résumé|Lessons)",
        Just(String::new()),
        "\\PC{0,20}",
        any::<String>(),
    ];
    proptest::collection::vec(line, 0..24).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn nothing_is_lost(body in markdown()) {
        let fields = split(&body, "Purger");
        let all: Vec<&str> = fields.values().filter_map(FieldValue::text).flat_map(|text| text.split('\n')).collect();
        let headings: Vec<(usize, usize)> = {
            let lines: Vec<&str> = body.split('\n').collect();
            scan(&lines).iter().map(|heading| (heading.from, heading.to)).collect()
        };
        for (index, line) in body.split('\n').enumerate() {
            let is_heading = headings.iter().any(|(from, to)| (*from..*to).contains(&index));
            let found = all.iter().any(|kept| kept.trim_end() == line.trim_end());
            prop_assert!(found || line.trim().is_empty() || is_heading, "lost {:?} of {:?}", line, body);
        }
    }
}
