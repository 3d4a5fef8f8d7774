//! Any text as a URL, and as a password in one.

use crate::fuzz::assert_readable;
use crate::store::ConnectError;
#[cfg(feature = "redis")]
use crate::store::open::Place;
use crate::store::open::parse;

/// What nobody may be shown.
const SECRET: &str = "CANARY";

/// What `SECRET` stands for in a text.
const MARK: char = '$';

/// The text is a URL; and it is a password, written as people write one who know of no percent signs.
pub(crate) fn target(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    shown(&text);
    let password = text.replace(MARK, SECRET);
    for url in [
        format!("redis://:{password}@localhost"),
        format!("redis://me:{password}{SECRET}@localhost:1/2"),
        format!("rediss://me:{SECRET}{password}@localhost?ca=f"),
        format!("redis+unix:///socket?user=me&pass={SECRET}{password}"),
        format!("mysql://me:{SECRET}{password}@localhost"),
        format!("{SECRET}@localhost:{password}"),
        format!("//me:{SECRET}{password}@localhost"),
    ] {
        let shown = shown(&url);
        assert!(!shown.contains(SECRET), "{url:?} is shown as {shown}");
    }
}

/// What people are shown of a URL: where it leads, or why it leads nowhere.
fn shown(url: &str) -> String {
    let place = match parse(url) {
        Ok(place) => place,
        Err(ConnectError::BadUrl(why)) => {
            assert_readable(&why);
            let remedies = ["write `", "Write `", "write any", "name another file", "name a file", "feature"];
            assert!(remedies.iter().any(|remedy| why.contains(remedy)), "{why}");
            return why;
        }
        Err(ConnectError::Store(error)) => panic!("{url:?} was opened: {error}"),
    };
    let debug = format!("{place:?}");
    match place {
        #[cfg(feature = "redis")]
        Place::Redis(address) => {
            assert_readable(&address.to_string());
            format!("{debug} {address}")
        }
        _ => debug,
    }
}

#[test]
fn no_url_is_too_much_and_no_password_is_shown() {
    crate::fuzz::run("url", target);
}
