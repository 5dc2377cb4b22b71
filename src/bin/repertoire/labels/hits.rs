//! Documents found or listed.

use repertoire::node::request::{Hit, Hits};

use crate::labels::date;
use crate::messages::text;
use crate::ui::display::display;
use crate::ui::{FAINT, Mode, Ui, paint, table};

/// Prints hits: a row each, and a line of context where the title does not show why it was found.
pub(crate) fn print(ui: &Ui, hits: &Hits) {
    match ui.mode {
        Mode::Json => hits.hits.iter().for_each(|hit| ui.object(hit)),
        Mode::Quiet => hits.hits.iter().for_each(|hit| ui.line(&hit.handle)),
        Mode::Human => {
            let rows: Vec<Vec<String>> = hits.hits.iter().map(|hit| row(ui, hit)).collect();
            for (line, hit) in table::lines(&rows).iter().zip(&hits.hits) {
                ui.safe_line(line);
                if let Some(snippet) = context(hit) {
                    ui.safe_line(&paint(FAINT, &format!("    {}", display(snippet))));
                }
            }
        }
    }
}

fn row(ui: &Ui, hit: &Hit) -> Vec<String> {
    if let Some(at) = &hit.published {
        let by = match (hit.author.as_str(), hit.site.as_str()) {
            ("", "") => text!(ui.messages, "published-by-nobody"),
            ("", site) => text!(ui.messages, "published-by-site", site = site),
            (author, "") => author.to_owned(),
            (author, site) => format!("{author}, {site}"),
        };
        let at = text!(ui.messages, "published-on", at = date(at));
        return vec![hit.handle.clone(), ui.messages.word("kind", &hit.kind), at, by];
    }
    let title = if hit.title.is_empty() { text!(ui.messages, "hit-erased") } else { hit.title.clone() };
    let state = if hit.state.is_empty() { String::new() } else { ui.messages.word("state", &hit.state) };
    let who = [hit.author.as_str(), hit.site.as_str()];
    let who: Vec<&str> = who.into_iter().filter(|part| !part.is_empty()).collect();
    vec![hit.handle.clone(), ui.messages.word("kind", &hit.kind), state, title, who.join(", ")]
}

/// The snippet, if a word is marked in it that does not stand in the title.
fn context(hit: &Hit) -> Option<&str> {
    let snippet = hit.snippet.as_deref().filter(|snippet| !snippet.trim().is_empty())?;
    let fold = |text: &str| deunicode::deunicode(text).to_lowercase();
    let title = fold(&hit.title);
    let marked = snippet.split('\u{2039}').skip(1).filter_map(|rest| rest.split('\u{203a}').next());
    let words: Vec<String> = marked.map(fold).collect();
    words.iter().any(|word| !title.contains(word)).then_some(snippet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(title: &str, snippet: &str) -> Hit {
        Hit {
            id: String::new(),
            handle: String::new(),
            kind: "practice".to_owned(),
            title: title.to_owned(),
            state: String::new(),
            author: String::new(),
            site: String::new(),
            modified: String::new(),
            published: None,
            place: None,
            outcomes: Default::default(),
            score: None,
            snippet: Some(snippet.to_owned()),
        }
    }

    #[test]
    fn a_snippet_is_shown_where_the_title_does_not_tell() {
        assert_eq!(context(&hit("Purger une pompe à main", "La ‹pompe› s'amorce mal")), None);
        assert_eq!(context(&hit("Données ouvertes", "les ‹donnees› du site")), None);
        assert_eq!(context(&hit("Purger", "La ‹pompe› s'amorce")), Some("La ‹pompe› s'amorce"));
        assert_eq!(context(&hit("Purger", "")), None);
        assert_eq!(context(&hit("Purger", "rien de marqué")), None);
    }
}
