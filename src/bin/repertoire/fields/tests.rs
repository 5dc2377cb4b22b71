use super::*;
use crate::Parsed;
use crate::arguments::{Arguments, Verb};
use crate::messages::{Language, Messages};

fn parse(line: &[&str]) -> Result<Arguments, Error> {
    let args: Vec<OsString> = line.iter().map(OsString::from).collect();
    match crate::parse(&args, &Messages::new(Language::En))? {
        Parsed::Arguments(arguments) => Ok(*arguments),
        Parsed::Page(page) => panic!("{page}"),
    }
}

fn add(line: &[&str]) -> Vec<(Option<FieldOp>, String, String)> {
    match parse(line).expect("good arguments").verb {
        Some(Verb::Add(args)) => args.fields.0.typed,
        verb => panic!("{verb:?}"),
    }
}

fn set(field: &str, value: &str) -> (Option<FieldOp>, String, String) {
    (None, field.to_owned(), value.to_owned())
}

#[test]
fn unknown_options_of_a_writing_verb_are_fields() {
    let base = ["repertoire", "--home", "/x", "add", "practice", "Title"];
    for (options, expected) in [
        (vec!["--topic", "pompe"], vec![set("topic", "pompe")]),
        (vec!["--topic", "a", "--topic=b"], vec![set("topic", "a"), set("topic", "b")]),
        (vec!["--problem", "-"], vec![set("problem", "-")]),
        (vec!["--problem", "- a bullet"], vec![set("problem", "- a bullet")]),
        (vec!["--problem=--dashes"], vec![set("problem", "--dashes")]),
        (vec!["--dose", "a=b", "-q"], vec![set("dose", "a=b")]),
        (vec!["--lang", "fr", "--dose", "PT1H"], vec![set("dose", "PT1H")]),
    ] {
        let line: Vec<&str> = base.iter().chain(&options).copied().collect();
        assert_eq!(add(&line), expected);
    }
}

#[test]
fn french_verbs_take_fields_too() {
    assert_eq!(add(&["repertoire", "ajouter", "practice", "T", "--dose", "PT1H"]), [set("dose", "PT1H")]);
}

#[test]
fn a_field_without_a_value_is_wrong_use() {
    for line in [
        vec!["repertoire", "add", "practice", "T", "--problem"],
        vec!["repertoire", "add", "practice", "T", "--problem", "--topic", "x"],
    ] {
        assert_eq!(parse(&line).expect_err("no value").code, "wrong-no-value");
    }
}

#[test]
fn changes_keep_the_order_typed() {
    let line = ["repertoire", "edit", "x", "--append", "procedure", "- text", "--set", "dose=PT30M", "--topic", "a"];
    let line = [&line[..], &["--clear", "cost", "--remove", "topics=b"]].concat();
    let Some(Verb::Edit(args)) = parse(&line).expect("good arguments").verb else { panic!("another verb") };
    let expected = [
        (Some(FieldOp::Append), "procedure", "- text"),
        (Some(FieldOp::Set), "dose", "PT30M"),
        (None, "topic", "a"),
        (Some(FieldOp::Clear), "cost", ""),
        (Some(FieldOp::Remove), "topics", "b"),
    ];
    let expected = expected.map(|(op, field, value)| (op, field.to_owned(), value.to_owned()));
    assert_eq!(args.changes.typed, expected);
}

#[test]
fn wrong_use_says_what_is_near() {
    for (line, code, near) in [
        (vec!["repertoire", "serach", "x"], "wrong-verb", "search"),
        (vec!["repertoire", "list", "--limt", "3"], "wrong-argument", "--limit"),
    ] {
        let error = parse(&line).expect_err("wrong use");
        assert_eq!(error.code, code);
        assert!(error.args.iter().any(|(name, value)| name == "near" && value == near), "{error:?}");
    }
    for (line, code) in [
        (vec!["repertoire", "add"], "wrong-missing"),
        (vec!["repertoire", "edit", "x", "--set", "dose"], "wrong-value"),
        (vec!["repertoire", "list", "--limit", "x"], "wrong-value"),
        (vec!["repertoire", "list", "--lang", "de"], "wrong-choice"),
        (vec!["repertoire", "list", "--json", "-q"], "wrong-together"),
    ] {
        assert_eq!(parse(&line).expect_err("wrong use").code, code, "{line:?}");
    }
}

#[test]
fn search_takes_words_that_begin_with_a_dash() {
    let line = ["repertoire", "search", "pompe", "-manuelle", "--limit", "3", "-q"];
    let arguments = parse(&line).expect("good arguments");
    assert!(arguments.globals.quiet);
    let Some(Verb::Search(args)) = arguments.verb else { panic!("another verb") };
    assert_eq!(args.words, ["pompe", "-manuelle"]);
    assert_eq!(args.limit, 3);
}
