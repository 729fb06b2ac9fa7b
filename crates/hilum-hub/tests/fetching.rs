//! Fetching from a server on this machine.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::Duration;

use hilum_core::{Cancel, Cancelled};
use hilum_hub::{
    FetchError, FetchedWeights, HubSettings, Patience, Progress, Proxies, RemoteWeights, fetch,
};
use hilum_loopback::{Loopback, Reply, Request};
use tempfile::TempDir;

/// SHA-256 of `abc` (FIPS 180-4).
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn settings(cache: &TempDir, server: &str) -> HubSettings {
    HubSettings {
        cache: Some(cache.path().to_owned()),
        torchvision_url: server.to_owned(),
        hugging_face_url: server.to_owned(),
        patience: Patience {
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(5),
            pause: Duration::from_millis(1),
            attempts: 3,
        },
        ..HubSettings::default()
    }
}

fn get(name: &str, settings: &HubSettings) -> Result<FetchedWeights, FetchError> {
    let weights = RemoteWeights::parse(name)
        .expect("a name")
        .expect("no path");
    fetch(&weights, settings, &mut |_| {}, &Cancel::default())
}

/// The name of a file on `server` that must be `abc`.
fn abc(server: &Loopback) -> String {
    format!("{}/w.pth#sha256={ABC}", server.url())
}

/// Every file in the cache that is not a lock.
fn kept(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            names.extend(kept(&path));
        } else if path.extension().is_none_or(|extension| extension != "lock") {
            let name = path.file_name().expect("a name").to_string_lossy();
            names.push(name.into_owned());
        }
    }
    names.sort();
    names
}

#[test]
fn a_second_use_touches_no_network() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|_| Reply::file(b"abc"));
    let (name, settings) = (abc(&server), settings(&cache, &server.url()));
    let mut seen = Vec::new();
    let weights = RemoteWeights::parse(&name).unwrap().unwrap();
    let mut note = |progress: Progress<'_>| {
        if let Progress::Begins { total, .. } = progress {
            seen.push(total);
        }
    };
    let first = fetch(&weights, &settings, &mut note, &Cancel::default()).unwrap();
    assert_eq!(seen, [Some(3)]);
    assert_eq!(std::fs::read(&first.path).unwrap(), b"abc");
    assert_eq!(first.sha256, ABC);
    assert!(first.path.starts_with(cache.path()));
    assert_eq!(kept(cache.path()), ["w.pth", "w.pth.sha256"]);

    drop(server);
    assert_eq!(get(&name, &settings).unwrap(), first);
    let offline = HubSettings {
        offline: true,
        ..settings
    };
    assert_eq!(get(&name, &offline).unwrap(), first);
}

#[test]
fn torchvision_weights_are_asked_for_by_their_file() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|_| Reply::file(b"not what torchvision published"));
    let error = get("torchvision:mobilenet_v2", &settings(&cache, &server.url())).unwrap_err();
    assert_eq!(server.asked()[0].target, "/mobilenet_v2-7ebf99e0.pth");
    assert!(matches!(error, FetchError::Checksum { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("begins with 7ebf99e0") && text.contains("hint: "),
        "{text}"
    );
    assert_eq!(kept(cache.path()), [""; 0], "nothing is left behind");
}

#[test]
fn a_wrong_checksum_is_refused_and_not_tried_again() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|_| Reply::file(b"abd"));
    let error = get(&abc(&server), &settings(&cache, "")).unwrap_err();
    assert!(matches!(error, FetchError::Checksum { .. }), "{error}");
    assert_eq!(server.asked().len(), 1);
    assert_eq!(kept(cache.path()), [""; 0]);
}

#[test]
fn a_file_that_changed_in_the_cache_is_fetched_again() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|_| Reply::file(b"abc"));
    let settings = settings(&cache, "");
    let first = get(&abc(&server), &settings).unwrap();
    std::fs::write(&first.path, "abd").unwrap();
    let offline = HubSettings {
        offline: true,
        ..settings.clone()
    };
    assert!(
        get(&abc(&server), &offline).is_err(),
        "a changed file is no hit"
    );
    assert_eq!(get(&abc(&server), &settings).unwrap(), first);
    assert_eq!(std::fs::read(&first.path).unwrap(), b"abc");
}

#[test]
fn a_download_goes_on_where_it_broke_off() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|request| {
        let reply = Reply::part(b"abc", request);
        if request.start() == 0 {
            reply.cut_after(2)
        } else {
            reply
        }
    });
    let fetched = get(&abc(&server), &settings(&cache, "")).unwrap();
    assert_eq!(std::fs::read(&fetched.path).unwrap(), b"abc");
    let starts: Vec<usize> = server.asked().iter().map(Request::start).collect();
    assert_eq!(starts, [0, 2]);
}

#[test]
fn the_next_command_goes_on_where_the_last_one_broke_off() {
    let cache = tempfile::tempdir().unwrap();
    let attempts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&attempts);
    let server = Loopback::start(move |request| {
        let reply = Reply::part(b"abc", request);
        match count.fetch_add(1, Ordering::SeqCst) {
            0 => reply.cut_after(1),
            1 | 2 => reply.cut_after(0),
            _ => reply,
        }
    });
    let settings = settings(&cache, "");
    let error = get(&abc(&server), &settings).unwrap_err();
    assert!(
        matches!(error, FetchError::Dropped { received: 1, .. }),
        "{error}"
    );
    assert_eq!(
        kept(cache.path()),
        ["w.pth.partial"],
        "no half file has the name of a whole one"
    );
    get(&abc(&server), &settings).unwrap();
    assert_eq!(server.asked().last().unwrap().start(), 1);
    assert_eq!(kept(cache.path()), ["w.pth", "w.pth.sha256"]);
}

#[test]
fn a_part_of_another_file_is_thrown_away() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|request| Reply::part(b"abc", request));
    let settings = settings(&cache, "");
    let fetched = get(&abc(&server), &settings).unwrap();
    std::fs::rename(&fetched.path, fetched.path.with_extension("pth.partial")).unwrap();
    std::fs::write(fetched.path.with_extension("pth.partial"), "x").unwrap();
    let again = get(&abc(&server), &settings).unwrap();
    assert_eq!(std::fs::read(&again.path).unwrap(), b"abc");
}

#[test]
fn a_part_as_long_as_the_file_is_no_dead_end() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|request| {
        if request.start() == 3 {
            Reply::status(416)
        } else {
            Reply::part(b"abc", request)
        }
    });
    let settings = settings(&cache, "");
    let fetched = get(&abc(&server), &settings).unwrap();
    std::fs::rename(&fetched.path, fetched.path.with_extension("pth.partial")).unwrap();
    assert_eq!(get(&abc(&server), &settings).unwrap(), fetched);
}

#[test]
fn without_a_checksum_a_download_begins_again() {
    let cache = tempfile::tempdir().unwrap();
    let attempts = AtomicUsize::new(0);
    let server = Loopback::start(move |request| {
        let is_first = attempts.fetch_add(1, Ordering::SeqCst) == 0;
        let reply = Reply::part(b"{\"small\": true}", request);
        if is_first { reply.cut_after(2) } else { reply }
    });
    let fetched = get(
        "hf:owner/model/config.json",
        &settings(&cache, &server.url()),
    )
    .unwrap();
    assert_eq!(std::fs::read(&fetched.path).unwrap(), b"{\"small\": true}");
    // The part was offered, not continued, and the whole file asked for.
    assert_eq!(server.asked().last().unwrap().start(), 0);
}

#[test]
fn a_body_that_stays_short_is_an_error() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|_| Reply::file(b"abc").cut_after(2));
    let error = get(&abc(&server), &settings(&cache, "")).unwrap_err();
    assert!(matches!(error, FetchError::Dropped { .. }), "{error}");
    assert!(error.to_string().contains("2 of 3 bytes"), "{error}");
    assert_eq!(server.asked().len(), 3, "as often as patience allows");
}

#[test]
fn a_file_of_the_hub_comes_from_where_it_leads_with_the_hubs_checksum() {
    let cache = tempfile::tempdir().unwrap();
    let store = Loopback::start(|request| Reply::part(b"abc", request));
    let location = format!("{}/blob?signature=1", store.url());
    let hub = Loopback::start(move |_| {
        Reply::redirect(&location).with("x-linked-etag", &format!("\"{ABC}\""))
    });
    let settings = HubSettings {
        hugging_face_token: Some("secret".to_owned()),
        ..settings(&cache, &hub.url())
    };
    let fetched = get("hf:owner/model@v1/folder/w.safetensors", &settings).unwrap();
    assert_eq!(fetched.sha256, ABC);
    let asked = &hub.asked()[0];
    assert_eq!(asked.target, "/owner/model/resolve/v1/folder/w.safetensors");
    assert_eq!(asked.header("authorization"), Some("Bearer secret"));
    assert_eq!(
        store.asked()[0].header("authorization"),
        None,
        "a token stays with its server"
    );
}

#[test]
fn a_file_of_the_hub_with_another_checksum_is_refused() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Loopback::start(|_| Reply::file(b"abd").with("x-linked-etag", &format!("\"{ABC}\"")));
    let error = get(
        "hf:owner/model/w.safetensors",
        &settings(&cache, &hub.url()),
    )
    .unwrap_err();
    assert!(matches!(error, FetchError::Checksum { .. }), "{error}");
    assert_eq!(kept(cache.path()), [""; 0]);
}

#[test]
fn a_circle_of_redirects_ends() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|_| Reply::redirect("/w.pth"));
    let error = get(&abc(&server), &settings(&cache, "")).unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
}

#[test]
fn what_a_server_refuses_is_said_with_a_hint() {
    let cache = tempfile::tempdir().unwrap();
    for (status, words) in [
        (401, "set HF_TOKEN"),
        (403, "set HF_TOKEN"),
        (404, "does not exist"),
        (500, "answers 500"),
    ] {
        let server = Loopback::start(move |_| Reply::status(status));
        let error = get("hf:owner/model/w.bin", &settings(&cache, &server.url())).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(words) && text.contains("hint: "),
            "{status}: {text}"
        );
        let attempts = if status == 500 { 3 } else { 1 };
        assert_eq!(server.asked().len(), attempts, "{status}");
    }
    assert_eq!(kept(cache.path()), [""; 0]);
}

#[test]
fn a_web_page_is_no_weights() {
    let cache = tempfile::tempdir().unwrap();
    let pages = [
        Reply::file(b"sign in").with("content-type", "text/html; charset=utf-8"),
        Reply::file(b"<!DOCTYPE html><p>sign in"),
    ];
    for page in pages {
        let server = Loopback::start(move |_| page.clone());
        let error = get("hf:owner/model/w.bin", &settings(&cache, &server.url())).unwrap_err();
        assert!(matches!(error, FetchError::WebPage { .. }), "{error}");
    }
    assert_eq!(kept(cache.path()), [""; 0]);
}

#[test]
fn an_empty_file_is_no_weights() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|_| Reply::file(b""));
    let error = get("hf:owner/model/w.bin", &settings(&cache, &server.url())).unwrap_err();
    assert!(matches!(error, FetchError::Empty { .. }), "{error}");
    assert_eq!(kept(cache.path()), [""; 0]);
}

#[test]
fn offline_nobody_is_asked_and_the_error_says_what_to_fetch() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|_| Reply::file(b"abc"));
    let settings = HubSettings {
        offline: true,
        ..settings(&cache, &server.url())
    };
    let text = get("torchvision:resnet18", &settings)
        .unwrap_err()
        .to_string();
    for word in [
        "HILUM_OFFLINE",
        "/resnet18-f37072fd.pth",
        "f37072fd)",
        "--weights FILE",
    ] {
        assert!(text.contains(word), "no `{word}` in {text}");
    }
    assert!(server.asked().is_empty());
}

#[test]
fn a_server_that_is_not_there_is_named_with_a_way_out() {
    let cache = tempfile::tempdir().unwrap();
    let gone = Loopback::start(|_| Reply::status(200)).url();
    let error = get("torchvision:resnet18", &settings(&cache, &gone)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
    assert!(
        text.contains("HTTPS_PROXY") && text.contains("--weights FILE"),
        "{text}"
    );
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|_| {
        std::thread::sleep(Duration::from_millis(400));
        Reply::file(b"abc")
    });
    let mut settings = settings(&cache, "");
    settings.patience.silence = Duration::from_millis(50);
    settings.patience.attempts = 1;
    let error = get(&abc(&server), &settings).unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
}

#[test]
fn a_proxy_is_asked_for_hosts_that_this_machine_need_not_know() {
    let cache = tempfile::tempdir().unwrap();
    let proxy = Loopback::start(|_| Reply::file(b"abc"));
    let settings = HubSettings {
        proxies: Proxies {
            http: Some(proxy.url().replace("http://", "http://user:word@")),
            ..Proxies::default()
        },
        ..settings(&cache, "")
    };
    let name = format!("http://weights.invalid/w.pth#sha256={ABC}");
    assert_eq!(get(&name, &settings).unwrap().sha256, ABC);
    let asked = proxy.asked();
    assert_eq!(
        (&*asked[0].method, &*asked[0].target),
        ("CONNECT", "weights.invalid:80")
    );
    // `user:word` in base64 (RFC 4648).
    assert_eq!(
        asked[0].header("proxy-authorization"),
        Some("Basic dXNlcjp3b3Jk")
    );
    assert_eq!((&*asked[1].method, &*asked[1].target), ("GET", "/w.pth"));
}

#[test]
fn many_who_ask_at_once_share_one_download() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|_| {
        std::thread::sleep(Duration::from_millis(100));
        Reply::file(b"abc")
    });
    let (name, settings) = (abc(&server), settings(&cache, ""));
    let barrier = Barrier::new(4);
    let ask = || {
        barrier.wait();
        get(&name, &settings).unwrap()
    };
    let all = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert!(all.iter().all(|one| one == &all[0]));
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_download_that_is_cancelled_is_gone_on_with_later() {
    let cache = tempfile::tempdir().unwrap();
    let server = Loopback::start(|request| {
        let reply = Reply::part(b"abc", request);
        if request.start() == 0 {
            reply.cut_after(2)
        } else {
            reply
        }
    });
    let settings = settings(&cache, "");
    let weights = RemoteWeights::parse(&abc(&server)).unwrap().unwrap();
    let cancel = Cancel::default();
    let mut ask_to_stop = |progress: Progress<'_>| {
        if let Progress::Received { .. } = progress {
            cancel.cancel();
        }
    };
    let error = fetch(&weights, &settings, &mut ask_to_stop, &cancel).unwrap_err();
    assert!(matches!(error, FetchError::Cancelled(Cancelled)), "{error}");
    assert_eq!(kept(cache.path()), ["w.pth.partial"]);
    assert_eq!(server.asked().len(), 1);

    assert_eq!(get(&abc(&server), &settings).unwrap().sha256, ABC);
    assert_eq!(server.asked().last().unwrap().start(), 2);
}

#[test]
fn whoever_waits_for_another_download_can_be_cancelled() {
    let cache = tempfile::tempdir().unwrap();
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let server = Loopback::start(move |_| {
        let _ = held.lock().unwrap().recv();
        Reply::file(b"abc")
    });
    let (name, settings) = (abc(&server), settings(&cache, ""));
    let weights = RemoteWeights::parse(&name).unwrap().unwrap();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| get(&name, &settings));
        while server.asked().is_empty() {
            std::thread::yield_now();
        }
        let cancel = Cancel::default();
        let mut ask_to_stop = |progress: Progress<'_>| {
            assert!(matches!(progress, Progress::Waiting), "{progress:?}");
            cancel.cancel();
        };
        let error = fetch(&weights, &settings, &mut ask_to_stop, &cancel).unwrap_err();
        assert!(matches!(error, FetchError::Cancelled(_)), "{error}");
        drop(release);
        assert_eq!(first.join().unwrap().unwrap().sha256, ABC);
    });
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let cache = tempfile::tempdir().unwrap();
    let file = cache.path().join("file");
    std::fs::write(&file, "").unwrap();
    let settings = HubSettings {
        cache: Some(file.clone()),
        ..settings(&cache, "")
    };
    let error = get("torchvision:resnet18", &settings).unwrap_err();
    assert!(
        error.to_string().contains(file.to_str().unwrap()),
        "{error}"
    );
    let nowhere = HubSettings {
        cache: None,
        ..settings
    };
    let error = get("torchvision:resnet18", &nowhere).unwrap_err();
    assert!(error.to_string().contains("HILUM_CACHE"), "{error}");
}
