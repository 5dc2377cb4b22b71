//! Processes, and what they cost.
//!
//! The times of children come from `/proc`: precise inside the kernel, but told in hundredths of a second, so that what
//! takes milliseconds is run many times and divided.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;

/// The unit in which the system tells times of processes.
const TICK: Duration = Duration::from_millis(10);
/// How often the memory of a process is looked at while it runs.
const GLANCE: Duration = Duration::from_millis(20);

/// What one or several runs cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Median time from start to end.
    pub(crate) wall: Duration,
    /// Mean time of processors, the program's children included.
    pub(crate) cpu: Duration,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use crate::table::time;
        write!(f, "{} CPU, {} wall", time(self.cpu), time(self.wall))
    }
}

/// Runs a command to its end and returns what it printed.
pub(crate) fn run(command: &mut Command) -> Result<String, Failure> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    // 1 asks for attention: it did what it was told.
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs something several times and says what one time cost; commands inside must be waited for.
pub(crate) fn cost(times: u32, mut each: impl FnMut(u32) -> Result<(), Failure>) -> Result<Cost, Failure> {
    let before = children_cpu();
    let mut walls = Vec::new();
    for number in 0..times {
        let start = Instant::now();
        each(number)?;
        walls.push(start.elapsed());
    }
    walls.sort();
    Ok(Cost { wall: walls[walls.len() / 2], cpu: (children_cpu() - before) / times })
}

/// Runs a command to its end and watches its memory: what it printed, and the most bytes it held.
pub(crate) fn watched(command: &mut Command) -> Result<(String, u64), Failure> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut peak = 0;
    let status = loop {
        peak = peak.max(memory(child.id(), "VmHWM").unwrap_or(0));
        match child.try_wait()? {
            Some(status) => break status,
            None => std::thread::sleep(GLANCE),
        }
    };
    let mut text = String::new();
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_string(&mut text)?;
    }
    if matches!(status.code(), Some(0 | 1)) { Ok((text, peak)) } else { Err(format!("{command:?}: {status}").into()) }
}

/// The processor time of all children that ended and were waited for.
fn children_cpu() -> Duration {
    let ticks: u32 = stat("self").get(13..15).unwrap_or_default().iter().map(|ticks| *ticks as u32).sum();
    TICK * ticks
}

/// The processor time of a process that runs.
pub(crate) fn cpu(pid: u32) -> Duration {
    let ticks: u32 = stat(&pid.to_string()).get(11..13).unwrap_or_default().iter().map(|ticks| *ticks as u32).sum();
    TICK * ticks
}

/// The numbers of a process after its name and state.
fn stat(pid: &str) -> Vec<i64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    // The state is a letter: it counts as a place.
    rest.split_whitespace().map(|word| word.parse().unwrap_or(0)).collect()
}

/// Bytes of memory: `VmRSS` now, `VmHWM` at most.
pub(crate) fn memory(pid: u32, which: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(which))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Bytes that went over the loopback, both ways, with what TCP and IP add; none when others are heard there too.
pub(crate) fn wire() -> Option<u64> {
    std::env::var_os(crate::INSIDE)?;
    let text = fs::read_to_string("/proc/net/dev").ok()?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("lo:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Says whose network it is.
pub(crate) fn network() -> &'static str {
    if wire().is_some() { "in a network of its own" } else { "loopback shared with others" }
}

/// Bytes that a folder takes on the disk.
pub(crate) fn disk(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = path.symlink_metadata() else { return 0 };
    let below: u64 = if metadata.is_dir() {
        fs::read_dir(path).into_iter().flatten().flatten().map(|entry| disk(&entry.path())).sum()
    } else {
        0
    };
    metadata.blocks() * 512 + below
}
