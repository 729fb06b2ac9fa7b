//! Through which hosts the network is reached.

use ureq::http::Uri;

/// Proxies by the scheme of an address, and the hosts that are reached without one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proxies {
    /// For `https://`.
    pub https: Option<String>,
    /// For `http://`.
    pub http: Option<String>,
    /// Names, domains and addresses, separated by commas; `*` is all of them.
    pub except: String,
}

impl Proxies {
    /// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` for what is left, and `NO_PROXY`; in capitals or
    /// not, the latter first, as curl has it.
    pub(crate) fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let either = |name: &str| variable(&name.to_lowercase()).or_else(|| variable(name));
        let all = || either("ALL_PROXY");
        Self {
            https: either("HTTPS_PROXY").or_else(all),
            http: either("HTTP_PROXY").or_else(all),
            except: either("NO_PROXY").unwrap_or_default(),
        }
    }

    /// The proxy for an address. This machine is always reached directly.
    pub fn of(&self, address: &Uri) -> Option<&str> {
        let host = address
            .host()?
            .trim_start_matches('[')
            .trim_end_matches(']');
        if is_this_machine(host) || self.except.split(',').any(|rule| covers(rule.trim(), host)) {
            return None;
        }
        match address.scheme_str() {
            Some("https") => self.https.as_deref(),
            _ => self.http.as_deref(),
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    let loopback = |address: std::net::IpAddr| address.is_loopback();
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(loopback)
}

/// Whether a rule of `NO_PROXY` covers a host: by its name, by a domain that it is in, or `*`.
fn covers(rule: &str, host: &str) -> bool {
    if rule == "*" {
        return true;
    }
    let domain = rule
        .trim_start_matches('*')
        .trim_start_matches('.')
        .to_lowercase();
    let host = host.to_lowercase();
    !domain.is_empty()
        && host
            .strip_suffix(&domain)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::from_variables(&|name| {
            let found = variables.iter().find(|(key, _)| *key == name)?;
            Some(found.1.to_owned())
        })
    }

    fn of<'a>(proxies: &'a Proxies, url: &str) -> Option<&'a str> {
        proxies.of(&url.parse().unwrap())
    }

    #[test]
    fn a_scheme_has_its_own_proxy_before_that_of_all() {
        let set = proxies(&[("https_proxy", "http://s:1"), ("ALL_PROXY", "http://a:2")]);
        assert_eq!(of(&set, "https://x.org/w"), Some("http://s:1"));
        assert_eq!(of(&set, "http://x.org/w"), Some("http://a:2"));
        assert_eq!(of(&proxies(&[]), "https://x.org/w"), None);
    }

    #[test]
    fn exceptions_cover_names_and_domains() {
        let set = proxies(&[
            ("HTTPS_PROXY", "http://s:1"),
            ("NO_PROXY", "a.org, .b.org,*.c.org"),
        ]);
        for direct in [
            "a.org",
            "w.a.org",
            "w.b.org",
            "w.c.org",
            "localhost",
            "127.0.0.1",
            "[::1]",
        ] {
            assert_eq!(of(&set, &format!("https://{direct}/w")), None, "{direct}");
        }
        for other in ["ba.org", "a.org.evil.net"] {
            assert!(of(&set, &format!("https://{other}/w")).is_some(), "{other}");
        }
        let none = proxies(&[("HTTPS_PROXY", "http://s:1"), ("NO_PROXY", "*")]);
        assert_eq!(of(&none, "https://x.org/w"), None);
    }
}
