//! Filters of `list`, `search` and `export`: options, and words such as `topic:pompe`.

use repertoire::node::Error;
use repertoire::node::request::Filter;

use super::kind;
use crate::failure::wrong;

/// Filter words that become facets; `kind` and `since` have places of their own.
const FACETS: &[&str] = &["topic", "site", "state", "difficulty", "type", "aim", "by", "space", "mode"];

/// Filters as options.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct FilterArgs {
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    #[arg(long, value_name = "TOPIC")]
    topic: Vec<String>,
    #[arg(long, value_name = "SITE")]
    site: Vec<String>,
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    #[arg(long, value_name = "LEVEL")]
    difficulty: Option<String>,
    #[arg(long = "type", value_name = "TYPE")]
    resource_type: Option<String>,
    #[arg(long, value_name = "AIM")]
    aim: Option<String>,
    #[arg(long, value_name = "MEMBER")]
    by: Vec<String>,
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    #[arg(long)]
    withdrawn: bool,
}

impl FilterArgs {
    /// The filter that options and words mean together. A word without `:` is a kind.
    pub(crate) fn filter(&self, words: &[String]) -> Result<Filter, Error> {
        let mut filter = Filter {
            kind: self.kind.as_deref().map(kind),
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
            match word.split_once(':') {
                Some(("kind", value)) => filter.kind = Some(kind(value)),
                Some(("since", value)) => filter.since = Some(value.to_owned()),
                Some((facet, value)) if FACETS.contains(&facet) && !value.is_empty() => {
                    filter.facets.push((facet.to_owned(), value.to_owned()));
                }
                None if filter.kind.is_none() => filter.kind = Some(kind(word)),
                _ => return Err(wrong("bad-filter", &[("word", word), ("facets", &FACETS.join(", "))])),
            }
        }
        Ok(filter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_options_make_one_filter() {
        let args = FilterArgs { topic: vec!["eau".to_owned()], ..FilterArgs::default() };
        let words = ["pratique", "site:Kayes", "since:7d"].map(str::to_owned);
        let filter = args.filter(&words).expect("a filter");
        assert_eq!(filter.kind.as_deref(), Some("practice"));
        assert_eq!(filter.since.as_deref(), Some("7d"));
        let facets = [("topic", "eau"), ("site", "Kayes")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(filter.facets, facets);
    }

    #[test]
    fn an_unknown_filter_is_wrong_use() {
        for word in ["colour:red", "topic:"] {
            assert_eq!(FilterArgs::default().filter(&[word.to_owned()]).expect_err("no filter").code, "bad-filter");
        }
        let words = ["practice", "thread"].map(str::to_owned);
        assert!(FilterArgs::default().filter(&words).is_err());
    }
}
