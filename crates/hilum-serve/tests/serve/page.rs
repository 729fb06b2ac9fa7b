//! The page: its files, and what a browser is told of them. `scripts/check_page.sh` uses it.

use hilum_serve::Token;

use crate::served::Served;

#[test]
fn the_page_is_at_the_root_and_says_what_it_is_not_for() {
    let page = Served::new().get("/").succeeds();
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let text = String::from_utf8_lossy(&page.body);
    assert!(text.contains("not a medical device: not for diagnosis"));
    let policy = page.header("content-security-policy").unwrap_or_default();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "no `{rule}` in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn every_file_that_the_page_names_is_there_and_is_sent_once() {
    let served = Served::new();
    let page = served.get("/").succeeds();
    let text = String::from_utf8_lossy(&page.body).into_owned();
    let names = text.split('"').filter(|part| part.starts_with("page/"));
    let mut count = 0;
    for name in names {
        let file = served.get(&format!("/{name}")).succeeds();
        let kind = file.header("content-type").unwrap_or_default();
        assert!(!kind.contains("octet-stream"), "{name} is {kind}");
        let tag = file.header("etag").expect("a tag").to_owned();
        let again = served.agent.get(served.url(&format!("/{name}")));
        let again = again
            .header("if-none-match", &tag)
            .call()
            .expect("an answer");
        assert_eq!(again.status(), 304, "{name}");
        count += 1;
    }
    assert!(count >= 6, "{count} files in {text}");
}

#[test]
fn what_is_no_file_of_the_page_is_not_there() {
    let served = Served::new();
    for name in [
        "/page/",
        "/page/index.html",
        "/page/none.js",
        "/page/..%2Flib.rs",
        "/page/a/b.js",
    ] {
        served.get(name).refuses(404, &["error"]);
    }
}

#[test]
fn a_stranger_gets_the_page_that_asks_for_the_token_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("token");
    fs_err::write(&secret, "correct-horse-battery-staple\n").expect("a token");
    let token = Token::read(&secret).expect("a token");
    let served = Served::with(|settings| settings.token = Some(token));
    served.get("/").succeeds();
    served.get("/page/main.js").succeeds();
    served.get("/api/models").refuses(401, &["token"]);
    served
        .send("/api/pixels", &[("a.png", b"x")])
        .refuses(401, &["token"]);
}
