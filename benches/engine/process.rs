//! What this process has used, as Linux tells it; zero elsewhere.

use std::time::Duration;

/// Processor time so far, in steps of ten milliseconds.
pub fn cpu() -> Duration {
    cpu_of(std::process::id())
}

/// The same of another process.
pub fn cpu_of(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th word after it.
    let words = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = words.skip(11).take(2).filter_map(|w| w.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// The same of all PostgreSQL servers on this machine, with what their ended processes used.
pub fn cpu_of_servers() -> Duration {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    let servers = stats.filter(|stat| stat.contains("(postgres)"));
    // User and system time, and the same of children that were waited for.
    let ticks = servers.map(|stat| {
        let words = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(4);
        words.filter_map(|word| word.parse::<u64>().ok()).sum::<u64>()
    });
    Duration::from_millis(ticks.sum::<u64>() * 10)
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
