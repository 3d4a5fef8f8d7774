//! Which store the examples use, and how it is shown.

/// `LOCKWORK_URL`, else a file in the system's directory for temporary ones.
pub(crate) fn url() -> String {
    std::env::var("LOCKWORK_URL").unwrap_or_else(|_| {
        let file = std::env::temp_dir().join("lockwork-examples-store.db");
        format!("sqlite:{}", file.display())
    })
}

/// The URL without anything that could be a password, however badly it is written.
pub(crate) fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once(':').unwrap_or(("?", ""));
    if matches!(scheme, "sqlite" | "memory") {
        return url.to_owned();
    }
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{}", place.split(['?', '#']).next().unwrap_or_default())
}
