//! Filters of `list`, `search` and `export`: options, and words such as `topic:pompe`.

use repertoire::node::Error;
use repertoire::node::request::{Filter, facet_named};

use crate::failure::wrong;
use crate::messages::Language;

/// Filter words that become facets, as they are named to people; `kind` and `since` have places of their own.
const FACETS: &[&str] = &["topic", "site", "state", "difficulty", "type", "aim", "by", "space", "mode", "level", "due"];
/// The same in French.
const FRENCH: &[&str] =
    &["thème", "lieu", "état", "difficulté", "type", "motivation", "par", "espace", "mode", "niveau", "échue"];

/// Filters as options.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct FilterArgs {
    #[arg(long, aliases = ["genre"], value_name = "KIND")]
    kind: Option<String>,
    #[arg(long, aliases = ["thème", "theme"], value_name = "TOPIC")]
    topic: Vec<String>,
    #[arg(long, aliases = ["lieu"], value_name = "SITE")]
    site: Vec<String>,
    #[arg(long, aliases = ["état", "etat"], value_name = "STATE")]
    state: Option<String>,
    #[arg(long, aliases = ["difficulté", "difficulte"], value_name = "LEVEL")]
    difficulty: Option<String>,
    #[arg(long = "type", value_name = "TYPE")]
    resource_type: Option<String>,
    #[arg(long, aliases = ["motivation"], value_name = "AIM")]
    aim: Option<String>,
    #[arg(long, aliases = ["par"], value_name = "MEMBER")]
    by: Vec<String>,
    #[arg(long, aliases = ["espace"], value_name = "SPACE")]
    space: Option<String>,
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    #[arg(long, aliases = ["niveau"], value_name = "N")]
    level: Option<String>,
    #[arg(long, aliases = ["échue", "echue"], value_name = "YES_NO")]
    due: Option<String>,
    #[arg(long, aliases = ["depuis"], value_name = "WHEN")]
    since: Option<String>,
    #[arg(long)]
    withdrawn: bool,
}

impl FilterArgs {
    /// The filter that options and words mean together. A word without `:` is a kind.
    pub(crate) fn filter(&self, words: &[String], language: Language) -> Result<Filter, Error> {
        let mut filter = Filter {
            kind: self.kind.clone(),
            facets: Vec::new(),
            since: self.since.clone(),
            withdrawn: self.withdrawn,
        };
        let single = [
            ("state", &self.state),
            ("difficulty", &self.difficulty),
            ("type", &self.resource_type),
            ("aim", &self.aim),
            ("space", &self.space),
            ("mode", &self.mode),
            ("level", &self.level),
            ("due", &self.due),
        ];
        let many = [("topic", &self.topic), ("site", &self.site), ("by", &self.by)];
        for (facet, value) in
            many.into_iter().flat_map(|(facet, values)| values.iter().map(move |value| (facet, value)))
        {
            filter.facets.push((facet.to_owned(), value.clone()));
        }
        for (facet, value) in single.into_iter().filter_map(|(facet, value)| value.as_ref().map(|value| (facet, value)))
        {
            filter.facets.push((facet.to_owned(), value.clone()));
        }
        for word in words {
            let least = ["level>=", "niveau>="].iter().find_map(|start| word.strip_prefix(start));
            if let Some(least) = least {
                let levels = least.parse::<u8>().ok().filter(|least| (1..=5).contains(least));
                let levels =
                    levels.ok_or_else(|| wrong("bad-filter", &[("word", word), ("facets", &facets(language))]))?;
                let levels: Vec<String> = (levels..=5).map(|level| level.to_string()).collect();
                filter.facets.push(("level".to_owned(), levels.join(",")));
                continue;
            }
            let named = word.split_once(':').filter(|(_, value)| !value.is_empty());
            match named.map(|(name, value)| (name, facet_named(name), value)) {
                Some((_, Some("kind"), value)) => filter.kind = Some(value.to_owned()),
                Some((_, Some(facet), value)) => filter.facets.push((facet.to_owned(), value.to_owned())),
                Some(("since" | "depuis", None, value)) => filter.since = Some(value.to_owned()),
                None if !word.contains(':') && filter.kind.is_none() => filter.kind = Some(word.clone()),
                _ => return Err(wrong("bad-filter", &[("word", word), ("facets", &facets(language))])),
            }
        }
        Ok(filter)
    }
}

/// The filters there are, in the reader's language.
pub(crate) fn facets(language: Language) -> String {
    match language {
        Language::En => FACETS.join(", "),
        Language::Fr => FRENCH.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_options_make_one_filter() {
        let args = FilterArgs { topic: vec!["eau".to_owned()], ..FilterArgs::default() };
        let words = ["pratique", "lieu:Kayes", "since:7d", "État:brouillon"].map(str::to_owned);
        let filter = args.filter(&words, Language::En).expect("a filter");
        assert_eq!(filter.kind.as_deref(), Some("pratique"));
        assert_eq!(filter.since.as_deref(), Some("7d"));
        let facets =
            [("topic", "eau"), ("site", "Kayes"), ("state", "brouillon")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(filter.facets, facets);
    }

    #[test]
    fn an_unknown_filter_is_wrong_use() {
        for word in ["colour:red", "topic:"] {
            let filter = FilterArgs::default().filter(&[word.to_owned()], Language::Fr);
            let error = filter.expect_err("no filter");
            assert_eq!(error.code, "bad-filter");
            assert!(error.args.iter().any(|(name, value)| name == "facets" && value.contains("thème")));
        }
        let words = ["practice", "thread"].map(str::to_owned);
        assert!(FilterArgs::default().filter(&words, Language::En).is_err());
        for name in FACETS.iter().chain(FRENCH) {
            assert!(facet_named(name).is_some(), "{name}");
        }
    }
}
