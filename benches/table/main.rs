//! Prints the figures that the design sets targets for, each beside a known tool in the same run.
//!
//! Everything runs as whole processes of the built program, on homes in a temporary folder, over the loopback address;
//! where the system allows it, in a network of its own, so that the bytes counted there are ours alone. No figure is
//! asserted.
//!
//! ```text
//! cargo bench                                    2,000 practices
//! REPERTOIRE_BENCH_N=100000 cargo bench          the long form, as the targets are written
//! REPERTOIRE_BENCH_PEERS=0                       without git and sqlite3
//! REPERTOIRE_BENCH_N=0                           nothing but the rule of governance
//! REPERTOIRE_TOOLS=DIR                           where `make-corpus` is; else practices are made from the samples
//! ```

mod corpus;
mod governance;
mod ours;
mod peers;
mod process;
mod table;

use std::os::unix::process::CommandExt;
use std::process::Command;

use corpus::Corpus;
use peers::Peers;
use table::Table;

/// Practices in the quick form.
const QUICK: usize = 2_000;
/// Set in the process that runs in a network of its own.
const INSIDE: &str = "REPERTOIRE_BENCH_INSIDE";

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    // `cargo test --benches` runs this too, and asks for no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    if std::env::var_os(INSIDE).is_none() {
        enter_network();
    }
    let count = std::env::var("REPERTOIRE_BENCH_N").ok().map_or(Ok(QUICK), |text| text.parse())?;
    let mut table = Table::default();
    governance::measure(&mut table)?;
    if count == 0 {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let corpus = Corpus::make(folder.path(), count)?;
    println!("{count} practices, {} of text ({}); {}", table::bytes(corpus.bytes), corpus.source, process::network());
    let peers = Peers::find();
    peers.measure(&corpus, folder.path(), &mut table)?;
    ours::measure(&corpus, folder.path(), &mut table)?;
    table.print();
    Ok(())
}

/// Goes on in a network of its own, where nothing but this run is heard; stays here if that can't be had.
fn enter_network() {
    let Ok(program) = std::env::current_exe() else { return };
    let script = "ip link set lo up && exec \"$0\" \"$@\"";
    let mut probe = Command::new("unshare");
    probe.args(["-rn", "sh", "-c", "ip link set lo up"]);
    if probe.output().is_ok_and(|output| output.status.success()) {
        let mut command = Command::new("unshare");
        command.args(["-rn", "sh", "-c", script]).arg(program).args(std::env::args_os().skip(1)).env(INSIDE, "1");
        // Comes back only if it fails.
        let error = command.exec();
        eprintln!("no network of its own: {error}");
    } else {
        eprintln!("no network of its own (`unshare -rn`): bytes on the wire are left out");
    }
}
