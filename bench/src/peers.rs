//! The peers in other languages: their packages, installed beside this program where their languages are there. Knows
//! not what they are asked.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use anyhow::{Context, bail};

use crate::machine;

/// For how many seconds packages may be waited for.
const PATIENCE: &str = "180";

/// What marks a folder as complete: the wanted packages, as they were when it became so.
const COMPLETE: &str = "complete";

const NPM_PACKAGES: &str = include_str!("../peers/package.json");
const NPM_PROGRAM: &str = include_str!("../peers/redlock.js");
const PYTHON_PACKAGES: &str = include_str!("../peers/requirements.txt");
const PYTHON_PROGRAM: &str = include_str!("../peers/member.py");

/// How a peer's program is started, or why it cannot be.
type Start = Result<Vec<PathBuf>, String>;

static NODE: LazyLock<Start> = LazyLock::new(|| install_node().map_err(|error| format!("{error:#}")));
static PYTHON: LazyLock<Start> = LazyLock::new(|| install_python().map_err(|error| format!("{error:#}")));

/// How npm redlock's program is started: a command and its arguments.
///
/// # Errors
///
/// Why it is not there.
pub(crate) fn node() -> anyhow::Result<&'static [PathBuf]> {
    given(&NODE)
}

/// How the Python packages' program is started: a command and its arguments.
///
/// # Errors
///
/// Why it is not there.
pub(crate) fn python() -> anyhow::Result<&'static [PathBuf]> {
    given(&PYTHON)
}

fn given(start: &'static Start) -> anyhow::Result<&'static [PathBuf]> {
    start.as_deref().map_err(|missing| anyhow::anyhow!("{missing}"))
}

/// What there is, in a line for each language.
pub(crate) fn describe() -> String {
    let npm = NPM_PACKAGES.split_once("dependencies").map_or(NPM_PACKAGES, |(_, packages)| packages);
    let npm = npm.replace(['"', '{', '}'], "").replace(':', " ");
    [
        line("Node", &NODE, &machine::version("node", "--version"), npm.trim_start()),
        line("Python", &PYTHON, &machine::version("python3", "--version"), &PYTHON_PACKAGES.replace("==", " ")),
    ]
    .join("\n")
}

fn line(language: &str, start: &Start, version: &str, packages: &str) -> String {
    let packages = packages.split_whitespace().collect::<Vec<_>>().join(" ");
    match start {
        Ok(_) => format!("- {language}: {version}, with {packages}"),
        Err(missing) => format!("- {language}: not measured, as {missing}"),
    }
}

fn install_node() -> anyhow::Result<Vec<PathBuf>> {
    needs("node")?;
    needs("npm")?;
    let folder = folder("node")?;
    let program = folder.join("redlock.js");
    fs::write(&program, NPM_PROGRAM)?;
    fs::write(folder.join("package.json"), NPM_PACKAGES)?;
    once(&folder, NPM_PACKAGES, || {
        let flags = ["install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
        run("npm", flags.map(OsStr::new), &folder)
    })?;
    Ok(vec!["node".into(), program])
}

fn install_python() -> anyhow::Result<Vec<PathBuf>> {
    needs("python3")?;
    let folder = folder("python")?;
    let (program, wanted) = (folder.join("member.py"), folder.join("requirements.txt"));
    fs::write(&program, PYTHON_PROGRAM)?;
    fs::write(&wanted, PYTHON_PACKAGES)?;
    let python = folder.join("venv").join("bin").join("python");
    once(&folder, PYTHON_PACKAGES, || {
        run("python3", ["-m", "venv", "--clear", "venv"].map(OsStr::new), &folder)?;
        let flags = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"].map(OsStr::new);
        run(&python, flags.into_iter().chain([wanted.as_os_str()]), &folder)
    })?;
    Ok(vec![python, program])
}

fn needs(program: &str) -> anyhow::Result<()> {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        bail!("there is no `{program}`");
    }
    Ok(())
}

/// A folder beside this program, where `cargo clean` finds it.
fn folder(language: &str) -> anyhow::Result<PathBuf> {
    let folder = std::env::current_exe()?.with_file_name("peers").join(language);
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder)
}

/// Installs, unless these very packages are there.
fn once(folder: &Path, packages: &str, install: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let complete = folder.join(COMPLETE);
    if fs::read_to_string(&complete).is_ok_and(|before| before == packages) {
        return Ok(());
    }
    eprintln!("… installing packages in {}", folder.display());
    install()?;
    Ok(fs::write(complete, packages)?)
}

fn run<'a>(program: impl AsRef<OsStr>, args: impl IntoIterator<Item = &'a OsStr>, folder: &Path) -> anyhow::Result<()> {
    let program = program.as_ref();
    let output = Command::new("timeout").arg(PATIENCE).arg(program).args(args).current_dir(folder).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        bail!("`{}` did not install its packages: {last}", Path::new(program).display());
    }
    Ok(())
}
