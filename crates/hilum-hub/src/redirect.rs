//! Where a redirect leads.

use ureq::http::Uri;

/// The address that `location` means in an answer from `base`; `None` if it is none.
///
/// RFC 3986, section 5.2, for what servers send: whole addresses, and paths with or without a host.
pub(crate) fn target(base: &Uri, location: &str) -> Option<Uri> {
    let location = location.split('#').next().unwrap_or_default();
    let (scheme, host) = (base.scheme_str()?, base.authority()?);
    let absolute = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{host}{location}")
    } else {
        let folder = base
            .path()
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        format!("{scheme}://{host}{folder}/{location}")
    };
    let target: Uri = absolute.parse().ok()?;
    let is_web = matches!(target.scheme_str(), Some("http" | "https"));
    (is_web && target.host().is_some()).then_some(target)
}

/// Whether both are the same server, so that a token for one may be sent to the other.
pub(crate) fn is_same_server(left: &Uri, right: &Uri) -> bool {
    left.scheme() == right.scheme() && left.authority() == right.authority()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_addresses_and_paths_are_followed() {
        let base: Uri = "https://hub.org/a/b/c?x=1".parse().unwrap();
        for (location, expected) in [
            ("https://cdn.net/f?sig=2", "https://cdn.net/f?sig=2"),
            ("//cdn.net/f", "https://cdn.net/f"),
            ("/d/e", "https://hub.org/d/e"),
            ("e", "https://hub.org/a/b/e"),
            ("/d#top", "https://hub.org/d"),
        ] {
            assert_eq!(
                target(&base, location).unwrap().to_string(),
                expected,
                "{location}"
            );
        }
        assert_eq!(target(&base, "file:///etc/passwd"), None);
        assert_eq!(target(&base, "https://"), None);
    }

    #[test]
    fn a_server_is_its_scheme_host_and_port() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        assert!(is_same_server(
            &uri("https://a.org/x"),
            &uri("https://a.org/y")
        ));
        for other in [
            "http://a.org/x",
            "https://a.org:8443/x",
            "https://b.a.org/x",
        ] {
            assert!(
                !is_same_server(&uri("https://a.org/x"), &uri(other)),
                "{other}"
            );
        }
    }
}
