//! What a person would forget.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The longest file, in lines. Who needs more has two subjects.
const LONGEST: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files of ours that end so, without what a build leaves.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut directories = vec![root().to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).expect("it is a directory of ours") {
            let path = entry.expect("it can be listed").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("our names are text");
            if path.is_dir() {
                // Directories with a dot in front are tools', and so are build directories, wherever they are.
                if !name.starts_with('.') && name != "target" && !path.join("CACHEDIR.TAG").exists() {
                    directories.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "no file ends in {endings:?}");
    files
}

#[test]
fn every_file_says_first_what_lives_in_it() {
    for path in files(&[".rs"]) {
        assert!(read(&path).starts_with("//! "), "{} does not open with a `//!` line", path.display());
    }
}

#[test]
fn no_file_is_long() {
    for path in files(&[".rs"]) {
        let lines = read(&path).lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines, {LONGEST} are allowed: split it", path.display());
    }
}

#[test]
fn no_line_ends_in_a_space_or_holds_a_tab() {
    for path in files(&[".rs", ".toml", ".md", ".sql", "test"]) {
        let text = read(&path);
        for (number, line) in (1..).zip(text.lines()) {
            assert!(!line.contains('\t'), "{}:{number} has a tab", path.display());
            assert!(!line.ends_with(' '), "{}:{number} ends in a space", path.display());
        }
        assert!(text.is_empty() || text.ends_with('\n'), "{} has no end of line at its end", path.display());
    }
}

#[test]
fn the_crates_pin_each_other_at_the_version_that_they_have() {
    let version = env!("CARGO_PKG_VERSION");
    let manifest = read(&root().join("Cargo.toml"));
    let (_, shared) = manifest.split_once("[workspace.dependencies]").expect("the crates share their dependencies");
    let (shared, _) = shared.split_once("\n[").expect("there is more");
    let pins: Vec<_> = shared.lines().filter(|line| line.starts_with("lockwork-")).collect();
    assert_eq!(pins.len(), 3, "{pins:?}");
    for pin in pins {
        assert!(pin.contains(&format!("version = \"={version}\"")), "not pinned at {version}: {pin}");
    }
    for member in ["lockwork-cron", "lockwork-macros", "lockwork-runtime"] {
        let manifest = read(&root().join(member).join("Cargo.toml"));
        assert!(manifest.contains("version.workspace = true"), "{member} has a version of its own");
    }
}

#[test]
fn the_changelog_tells_of_this_version() {
    let heading = format!("## {}", env!("CARGO_PKG_VERSION"));
    let changelog = read(&root().join("CHANGELOG.md"));
    assert!(changelog.lines().any(|line| line.starts_with(&heading)), "CHANGELOG.md has no {heading:?}");
}

/// A version of Rust, as numbers.
fn rust(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map(|number| number.parse().expect("a version is of numbers"));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

fn output(command: &mut Command) -> String {
    let out = command.output().expect("Rust's tools ran this test");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("they write text")
}

#[test]
fn no_dependency_needs_a_newer_rust_than_we_say() {
    let host = output(Command::new("rustc").arg("-vV"));
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    // For this host alone: what others need would have to be fetched.
    let metadata = output(
        Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--locked", "--all-features", "--filter-platform", host])
            .current_dir(root()),
    );
    let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("cargo writes JSON");
    let ours = rust(env!("CARGO_PKG_RUST_VERSION"));
    let packages = metadata["packages"].as_array().expect("there are packages");
    assert!(20 < packages.len(), "these are not all: {}", packages.len());
    for package in packages {
        if let Some(theirs) = package["rust_version"].as_str() {
            assert!(rust(theirs) <= ours, "{} needs Rust {theirs}, we say {ours:?}", package["name"]);
        }
    }
}
