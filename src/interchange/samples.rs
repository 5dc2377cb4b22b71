//! The practices that ship inside the program, in French and English.

use super::{Record, markdown};

macro_rules! files {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("samples/", $name, ".md")))),+] };
}

/// Name and text of each.
const FILES: &[(&str, &str)] = files![
    "accueil-au-poste-de-sante",
    "achat-groupe-en-cooperative",
    "chaine-du-froid-sans-courant",
    "compost-de-quartier",
    "former-en-binome",
    "purger-une-pompe-a-main",
    "recueillir-un-savoir-avant-un-depart",
    "remplacer-les-joints-d-une-pompe",
    "reunion-courte-avec-decisions",
    "sauvegarder-les-donnees-d-une-association",
    "tenir-un-repair-cafe",
    "travail-en-hauteur",
    "community-onboarding-call",
    "flush-a-hand-pump",
    "food-cooperative-rota",
    "handover-between-shifts",
    "incident-review-without-blame",
    "offline-survey",
    "release-checklist",
    "repair-cafe-safety-check",
    "review-a-contribution",
    "spare-parts-box",
    "stock-count-at-a-health-post",
    "teach-a-skill-in-an-hour",
];

/// Returns the practices that ship inside the program: twelve in French, then twelve in English.
pub fn samples() -> Vec<Record> {
    let read = |(name, text): &(&str, &str)| {
        let mut record = markdown::read(text.as_bytes(), name).expect("the samples are read by a test").record;
        if let Some(origin) = &mut record.origin {
            "samples".clone_into(&mut origin.system);
            (*name).clone_into(&mut origin.id);
        }
        record
    };
    FILES.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;

    #[test]
    fn every_sample_is_a_full_practice() {
        let samples = samples();
        assert_eq!(samples.len(), 24);
        for (index, record) in samples.iter().enumerate() {
            let language = if index < 12 { "fr" } else { "en" };
            assert_eq!(record.language.as_deref(), Some(language), "{}", record.title);
            for field in ["problem", "context", "procedure", "materials", "actors", "impact", "constraints", "lessons"]
            {
                assert!(!record.text(field).is_empty(), "{}: {field}", record.title);
            }
            assert!(record.text("procedure").starts_with("1. "), "{}", record.title);
            assert!(record.fields.values().filter_map(|value| value.text()).all(|text| !text.contains("## ")));
            assert!(!record.topics.is_empty());
            let bytes = json::of_record(record).to_string().len();
            assert!((1_500..3_500).contains(&bytes), "{}: {bytes}", record.title);
        }
        let titles: std::collections::BTreeSet<_> = samples.iter().map(|record| &record.title).collect();
        assert_eq!(titles.len(), 24);
    }
}
