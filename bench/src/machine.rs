//! What this was measured on: the machine, and the versions of what ran. Knows no case.

use std::fs;
use std::process::Command;

/// The processor, the kernel and the versions, in a few lines.
pub(crate) fn describe() -> String {
    let lines = [
        format!("- machine: {}, {} cores, Linux {}", processor(), cores(), kernel()),
        format!("- compiler: {}", version("rustc", "--version")),
        format!("- Redis: {}", version("redis-server", "--version")),
        format!("- clients: {}", clients().join(", ")),
    ];
    lines.join("\n")
}

/// The first line that a program says of itself, or that it is not there.
pub(crate) fn version(program: &str, flag: &str) -> String {
    let said = Command::new(program).arg(flag).output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned());
    said.unwrap_or_else(|_| format!("{program} is not there"))
}

fn processor() -> String {
    let known = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = known.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, model)| model.to_owned())
}

fn cores() -> usize {
    let known = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    known.lines().filter(|line| line.starts_with("processor")).count()
}

fn kernel() -> String {
    fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned()
}

/// The crates that are measured, in the versions that this program was built with.
fn clients() -> Vec<String> {
    let lock = include_str!("../Cargo.lock");
    let packages = lock.split("[[package]]");
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        line.map(|value| value.trim_matches('"').to_owned())
    };
    let named = packages.filter_map(|package| Some((value(package, "name")?, value(package, "version")?)));
    let wanted = ["lockwork", "redis", "rslock", "rusqlite", "tokio", "tokio-postgres"];
    named
        .filter(|(name, _)| wanted.contains(&name.as_str()))
        .map(|(name, version)| format!("{name} {version}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_have_their_versions() {
        let clients = clients();
        assert!(clients.iter().any(|client| client.starts_with("rslock 0.")), "{clients:?}");
    }
}
