//! Runs the transcripts in `tests/stories/` with the built binary: each with the founder's node stopped, and running.
//!
//! In a block between lines of three backquotes, a line `$ COMMAND` is run by one bash with `set -u`; the lines after it
//! are its exact output, both streams together. `[..]` stands for any text inside a line, a lone `...` for any lines;
//! `? N` is an exit status other than 0. The ports 7420 and 7421 are exchanged for
//! free ones, so that stories run side by side.
//!
//! `node HOME VERB …` runs the program on a home of its own, `at INSTANT` sets the claimed clock, `$T` is a folder that is
//! gone afterwards. Running means: before each verb of the founder, except those that found, start or stop a node, a node
//! of that home is started on the loopback address and asked.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Longest time of one story: a verb takes milliseconds, a sync on loopback less than a second.
const STORY_MAX: Duration = Duration::from_secs(120);
/// The ports that transcripts name.
const PORTS: [&str; 2] = ["7420", "7421"];

/// One command of a story.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    line: usize,
    command: String,
    output: Vec<String>,
    status: i32,
}

/// Whether the founder's node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Founder {
    Stopped,
    Running,
}

#[test]
fn j1_field_team_stopped() {
    run("J1", Founder::Stopped);
}

#[test]
fn j1_field_team_running() {
    run("J1", Founder::Running);
}

#[test]
fn writing_stopped() {
    run("writing", Founder::Stopped);
}

#[test]
fn writing_running() {
    run("writing", Founder::Running);
}

#[test]
fn silences_stopped() {
    run("silences", Founder::Stopped);
}

#[test]
fn silences_running() {
    run("silences", Founder::Running);
}

#[test]
fn slips_stopped() {
    run("slips", Founder::Stopped);
}

#[test]
fn slips_running() {
    run("slips", Founder::Running);
}

#[test]
fn bundles_stopped() {
    run("bundles", Founder::Stopped);
}

#[test]
fn bundles_running() {
    run("bundles", Founder::Running);
}

#[test]
fn imports_stopped() {
    run("imports", Founder::Stopped);
}

#[test]
fn imports_running() {
    run("imports", Founder::Running);
}

#[test]
fn invitations_stopped() {
    run("invitations", Founder::Stopped);
}

#[test]
fn invitations_running() {
    run("invitations", Founder::Running);
}

#[test]
fn paper_stopped() {
    run("paper", Founder::Stopped);
}

#[test]
fn paper_running() {
    run("paper", Founder::Running);
}

#[test]
fn j7_revocation_stopped() {
    run("J7", Founder::Stopped);
}

#[test]
fn j7_revocation_running() {
    run("J7", Founder::Running);
}

#[test]
fn j8_black_box_stopped() {
    run("J8", Founder::Stopped);
}

#[test]
fn j8_black_box_running() {
    run("J8", Founder::Running);
}

#[test]
fn devices_stopped() {
    run("devices", Founder::Stopped);
}

#[test]
fn devices_running() {
    run("devices", Founder::Running);
}

#[test]
fn forks_stopped() {
    run("forks", Founder::Stopped);
}

#[test]
fn forks_running() {
    run("forks", Founder::Running);
}

#[test]
fn together_stopped() {
    run("together", Founder::Stopped);
}

#[test]
fn together_running() {
    run("together", Founder::Running);
}

#[test]
fn recovery_stopped() {
    run("recovery", Founder::Stopped);
}

#[test]
fn recovery_running() {
    run("recovery", Founder::Running);
}

#[test]
fn leaving_stopped() {
    run("leaving", Founder::Stopped);
}

#[test]
fn leaving_running() {
    run("leaving", Founder::Running);
}

#[test]
fn audit_stopped() {
    run("audit", Founder::Stopped);
}

#[test]
fn audit_running() {
    run("audit", Founder::Running);
}

#[test]
fn confirm_stopped() {
    run("confirm", Founder::Stopped);
}

#[test]
fn confirm_running() {
    run("confirm", Founder::Running);
}

#[test]
fn j3_who_has_the_solution_stopped() {
    run("J3", Founder::Stopped);
}

#[test]
fn j3_who_has_the_solution_running() {
    run("J3", Founder::Running);
}

#[test]
fn j4_adapting_stopped() {
    run("J4", Founder::Stopped);
}

#[test]
fn j4_adapting_running() {
    run("J4", Founder::Running);
}

#[test]
fn standing_stopped() {
    run("standing", Founder::Stopped);
}

#[test]
fn standing_running() {
    run("standing", Founder::Running);
}

#[test]
fn every_story_is_run() {
    let here = include_str!("stories.rs");
    for entry in std::fs::read_dir(stories()).expect("the folder of the stories") {
        let path = entry.expect("a story").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for founder in ["Stopped", "Running"] {
            assert!(here.contains(&format!("run(\"{name}\", Founder::{founder})")), "{name} is not run {founder}");
        }
    }
}

fn stories() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories")
}

fn run(name: &str, founder: Founder) {
    let text = std::fs::read_to_string(stories().join(format!("{name}.md"))).expect("the story");
    let steps = parse(&text);
    assert!(!steps.is_empty(), "{name} has no commands");
    let ports = free_ports();
    let folder = tempfile::tempdir().expect("a folder");
    let outcome = play(&steps, folder.path(), founder, &ports);
    stop_all(folder.path());
    let results = outcome.unwrap_or_else(|error| panic!("{name} ({founder:?}): {error}"));
    for (step, (output, status)) in steps.iter().zip(&results) {
        let expected: Vec<String> = step.output.iter().map(|line| exchange(line, &ports)).collect();
        let same = matches(&expected, output) && *status == step.status;
        assert!(
            same,
            "{name}.md:{} ({founder:?})\n$ {}\n--- expected, status {}\n{}\n--- got, status {status}\n{}\n",
            step.line,
            step.command,
            step.status,
            expected.join("\n"),
            output.join("\n"),
        );
    }
    assert_eq!(results.len(), steps.len(), "{name} ended early");
}

/// Reads the commands of a story.
fn parse(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (at, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside;
            continue;
        }
        if !inside {
            continue;
        }
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { line: at + 1, command: command.to_owned(), output: Vec::new(), status: 0 });
        } else if let Some(step) = steps.last_mut() {
            match line.strip_prefix("? ") {
                Some(status) => step.status = status.trim().parse().expect("a number after `?`"),
                None => step.output.push(line.to_owned()),
            }
        }
    }
    steps
}

/// Whether lines are those expected.
fn matches(expected: &[String], got: &[String]) -> bool {
    match expected.split_first() {
        None => got.is_empty(),
        Some((first, rest)) if first == "..." => (0..=got.len()).any(|skip| matches(rest, &got[skip..])),
        Some((first, rest)) => {
            got.split_first().is_some_and(|(line, more)| line_matches(first, line) && matches(rest, more))
        }
    }
}

fn line_matches(expected: &str, got: &str) -> bool {
    let mut parts = expected.split("[..]");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = got.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Runs the commands in one bash and returns output and status of each.
fn play(
    steps: &[Step],
    folder: &Path,
    founder: Founder,
    ports: &[String; 2],
) -> Result<Vec<(Vec<String>, i32)>, String> {
    let mark = format!("=={}==", folder.file_name().unwrap_or_default().to_string_lossy());
    let script = folder.join("story.sh");
    let mut text = prelude(folder, founder);
    for step in steps {
        text += &format!("{}\nprintf '%s%s\\n' '{mark}' \"$?\"\n", exchange(&step.command, ports));
    }
    std::fs::write(&script, text).map_err(|error| error.to_string())?;
    let output = bounded(&script, folder)?;
    let mut results = Vec::new();
    let mut rest = output.as_str();
    while let Some((before, after)) = rest.split_once(&mark) {
        let (status, after) = after.split_once('\n').unwrap_or((after, ""));
        let status = status.parse().map_err(|_| format!("no status after:\n{before}"))?;
        results.push((before.lines().map(str::to_owned).collect(), status));
        rest = after;
    }
    if results.len() < steps.len() {
        return Err(format!("bash ended after {} of {} commands:\n{output}", results.len(), steps.len()));
    }
    Ok(results)
}

/// The functions of a story. The first home that founds a community is the founder's.
fn prelude(folder: &Path, founder: Founder) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_repertoire"));
    let path = binary.parent().expect("a folder of the binary").display();
    let running = u8::from(founder == Founder::Running);
    let folder = folder.display();
    format!(
        r#"exec 2>&1 </dev/null
set -u
export PATH='{path}':"$PATH" STORY='{folder}' LC_ALL=C.UTF-8
unset VISUAL EDITOR REPERTOIRE_HOME REPERTOIRE_LOG
mktemp() {{ mkdir -p "$STORY/homes"; printf '%s\n' "$STORY/homes"; }}
node() {{
    local h=$1; shift
    if [ {running} = 1 ]; then case " $* " in
        " init "*) printf '%s' "$h" >"$STORY/founder" ;;
        " stop "*) ;;
        " serve "*) if [ -e "$STORY/up" ] && [ "$h" = "$(cat "$STORY/founder")" ]; then
                REPERTOIRE_HOME=$T/$h repertoire stop -q; rm -f "$STORY/up"; fi ;;
        *) if [ -e "$STORY/founder" ] && [ "$h" = "$(cat "$STORY/founder")" ] && [ ! -e "$STORY/up" ] \
                && ! REPERTOIRE_HOME=$T/$h repertoire status --json 2>/dev/null | grep -q '"node":"running"'; then
                REPERTOIRE_HOME=$T/$h repertoire serve --loopback --no-mdns --detach -q && : >"$STORY/up"; fi ;;
    esac; fi
    REPERTOIRE_HOME=$T/$h repertoire "$@"
}}
at() {{ export REPERTOIRE_NOW=$1; }}
"#
    )
}

/// Runs a script with a limit on its time; its process group is ended when that is over.
fn bounded(script: &Path, folder: &Path) -> Result<String, String> {
    let mut child = Command::new("bash")
        .arg("--norc")
        .arg(script)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("bash: {error}"))?;
    let mut stdout = child.stdout.take().ok_or("no output")?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stdout.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    let output = receiver.recv_timeout(STORY_MAX);
    if output.is_err() {
        end(&format!("-{}", child.id()));
    }
    let _ = child.wait();
    output.map_err(|_| format!("not done after {} s", STORY_MAX.as_secs()))
}

/// Ends every node that a story left, by the process ids in the locks of its homes.
fn stop_all(folder: &Path) {
    let homes = folder.join("homes");
    let mut pids = BTreeSet::new();
    for entry in std::fs::read_dir(&homes).into_iter().flatten().flatten() {
        let lock = entry.path().join("lock");
        if entry.path().join("socket").exists() {
            pids.extend(std::fs::read_to_string(lock).ok().and_then(|pid| pid.trim().parse::<u32>().ok()));
        }
    }
    for pid in pids.into_iter().filter(|pid| *pid > 1) {
        end(&pid.to_string());
    }
}

fn end(pid: &str) {
    let _ = Command::new("kill").args(["-KILL", "--", pid]).stderr(Stdio::null()).status();
}

fn exchange(text: &str, ports: &[String; 2]) -> String {
    PORTS.iter().zip(ports).fold(text.to_owned(), |text, (named, free)| text.replace(named, free))
}

fn free_ports() -> [String; 2] {
    let listeners = PORTS.map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("its address").port().to_string())
}

#[test]
fn stories_are_read_and_compared() {
    let steps = parse("text\n```\n$ a b\nout\n? 1\n$ c\n```\n$ not this\n");
    let step = |line, command: &str, output: &[&str], status| Step {
        line,
        command: command.to_owned(),
        output: output.iter().map(|line| (*line).to_owned()).collect(),
        status,
    };
    assert_eq!(steps, [step(3, "a b", &["out"], 1), step(6, "c", &[], 0)]);
    for (expected, got, same) in [
        (vec!["a [..] c"], vec!["a b c"], true),
        (vec!["a [..] c"], vec!["a b d"], false),
        (vec!["[..]x[..]"], vec!["axb"], true),
        (vec!["a"], vec!["a", "b"], false),
        (vec!["...", "z"], vec!["a", "b", "z"], true),
        (vec!["..."], vec![], true),
        (vec!["a", "..."], vec!["b"], false),
    ] {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        assert_eq!(matches(&owned(&expected), &owned(&got)), same, "{expected:?} {got:?}");
    }
}

#[test]
fn outputs_are_cut_at_the_marks() {
    let folder = tempfile::tempdir().expect("a folder");
    let steps = parse("```\n$ echo 7420; echo b >&2\n$ (exit 3)\n$ printf 'no end'\n```\n");
    let results = play(&steps, folder.path(), Founder::Stopped, &["99", "98"].map(str::to_owned)).expect("played");
    let expected = [(vec!["99".to_owned(), "b".to_owned()], 0), (vec![], 3), (vec!["no end".to_owned()], 0)];
    assert_eq!(results, expected);
}
