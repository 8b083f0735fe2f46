//! What this process has used, as Linux reports it; zero elsewhere.

use std::time::Duration;

/// Processor time so far.
pub fn cpu() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    used.try_into().unwrap_or_default()
}

/// The same of another process, in steps of ten milliseconds.
pub fn cpu_of(process: u32) -> Duration {
    ticks(&std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default(), 0)
}

/// The same for all PostgreSQL servers on this machine: to the nanosecond for what runs, because each of
/// their processes has one thread, and in steps of ten milliseconds for processes that have ended.
pub fn cpu_of_servers() -> Duration {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let used = entries.filter_map(|entry| {
        let read = |name| std::fs::read_to_string(entry.path().join(name)).ok();
        let stat = read("stat").filter(|stat| stat.contains("(postgres)"))?;
        let runs = read("schedstat")?.split_whitespace().next()?.parse().ok()?;
        Some(Duration::from_nanos(runs) + ticks(&stat, 2))
    });
    used.sum()
}

/// User and system time of a process from its `stat`; two words `further`, that of its children that were
/// waited for.
fn ticks(stat: &str, further: usize) -> Duration {
    // The name in parentheses may contain spaces; the 12th and 13th word after it are meant.
    let words = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = words.skip(11 + further).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Forgets the highest memory use so far.
pub fn forget_peak() {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

/// The highest resident memory since [`forget_peak`], in MB.
pub fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
    peak.unwrap_or_default() / 1024.0
}
