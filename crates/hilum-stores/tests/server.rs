//! Stores against a server on this machine that is slow, busy and unreliable.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use hilum_core::{Cancel, Cancelled};
use hilum_hub::Patience;
use hilum_loopback::{Loopback, Reply, Request};
use hilum_stores::{Address, Ahead, Object, StoreError, StoreSettings, Stores};

/// Of one second at most, however often is tried.
fn settings(server: &Loopback) -> StoreSettings {
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    StoreSettings {
        variables: vec![
            variable("AWS_ENDPOINT", &server.url()),
            variable("AWS_ALLOW_HTTP", "true"),
            variable("AWS_ACCESS_KEY_ID", "key"),
            variable("AWS_SECRET_ACCESS_KEY", "secret"),
            variable("AWS_REGION", "eu-west-1"),
        ],
        patience: Patience {
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(5),
            pause: Duration::from_millis(10),
            attempts: 3,
        },
        requests: NonZeroUsize::new(8).expect("8 is not 0"),
        ..StoreSettings::default()
    }
}

fn content(name: &str) -> Vec<u8> {
    name.as_bytes().repeat(100)
}

/// What S3 answers to ListObjectsV2, two keys a page.
fn page(keys: &[String], request: &Request) -> Reply {
    let from = request.target.split("continuation-token=").nth(1);
    let from: usize = from
        .and_then(|token| token.split('&').next()?.parse().ok())
        .unwrap_or(0);
    let contents: Vec<String> = keys[from.min(keys.len())..keys.len().min(from + 2)]
        .iter()
        .map(|key| {
            let size = if key.ends_with('/') {
                0
            } else {
                content(key).len()
            };
            format!(
                "<Contents><Key>{key}</Key><Size>{size}</Size>\
                 <LastModified>2009-10-12T17:50:30.000Z</LastModified></Contents>"
            )
        })
        .collect();
    let next = from + 2;
    let more = if next < keys.len() {
        format!("<NextContinuationToken>{next}</NextContinuationToken>")
    } else {
        String::new()
    };
    let list = format!(
        "<ListBucketResult><Name>bucket</Name>{}{more}</ListBucketResult>",
        contents.concat()
    );
    Reply::file(list.as_bytes())
}

/// A bucket of `keys`; `answer` may say something else of an object.
fn bucket(
    keys: &[&str],
    answer: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
) -> Loopback {
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    Loopback::start(move |request| {
        let path = request.target.split('?').next().unwrap_or_default();
        if path == "/bucket" {
            let is_asked =
                |key: &&String| request.target.contains("prefix=a") && key.starts_with("a/");
            let keys: Vec<String> = keys.iter().filter(is_asked).cloned().collect();
            return page(&keys, request);
        }
        let key = path.trim_start_matches("/bucket/");
        match answer(key) {
            Some(reply) => reply,
            None if keys.iter().any(|one| one == key) => {
                let reply = Reply::file(&content(key));
                // An answer to HEAD has the length of the body, and none.
                if request.method == "HEAD" {
                    reply.cut_after(0)
                } else {
                    reply
                }
            }
            None => Reply::status(404),
        }
    })
}

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

fn ahead(stores: &Stores, objects: &[Object]) -> Ahead {
    let all = objects.to_vec();
    Ahead::new(stores, all.len(), move |at| all.get(at).cloned())
}

#[test]
fn objects_below_a_prefix_come_page_after_page_in_the_order_of_their_names() {
    let server = bucket(&["a/3", "a/1", "a/sub/2", "a/sub/", "a/4"], |_| None);
    let stores = Stores::new(settings(&server)).unwrap();
    let cancel = Cancel::default();
    let found = stores.list(&address("s3://bucket/a/"), &cancel).unwrap();
    let names: Vec<String> = found.iter().map(Object::address).collect();
    // What stands for a folder is none.
    let expected = ["1", "3", "4", "sub/2"].map(|name| format!("s3://bucket/a/{name}"));
    assert_eq!(names, expected);
    let sizes: Vec<Option<u64>> = found.iter().map(Object::size).collect();
    assert_eq!(sizes[0], Some(content("a/1").len() as u64));
    let asked = server.asked();
    assert!(
        asked
            .iter()
            .all(|request| request.header("authorization").is_some())
    );

    let one = stores.list(&address("s3://bucket/a/1"), &cancel).unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(stores.read(&one[0]).unwrap(), content("a/1"));
    for nothing in ["s3://bucket/b/1", "s3://pail/a/"] {
        let error = stores.list(&address(nothing), &cancel).unwrap_err();
        assert!(
            matches!(error, StoreError::Nothing { .. }) && error.is_bad_input(),
            "{error}"
        );
    }
}

#[test]
fn many_are_in_flight_and_each_is_taken_in_its_place() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let names: Vec<String> = (0..40).map(|number| format!("a/{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (inside, seen) = (Arc::clone(&running), Arc::clone(&most));
    let server = bucket(&names, move |_| {
        let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
        seen.fetch_max(now, Ordering::SeqCst);
        sleep(Duration::from_millis(20));
        inside.fetch_sub(1, Ordering::SeqCst);
        None
    });
    let stores = Stores::new(settings(&server)).unwrap();
    let cancel = Cancel::default();
    let objects = stores.list(&address("s3://bucket/a/"), &cancel).unwrap();
    let ahead = ahead(&stores, &objects);
    for (at, name) in names.iter().enumerate() {
        assert_eq!(ahead.take(at, &cancel).unwrap(), content(name));
    }
    let most = most.load(Ordering::SeqCst);
    assert!((2..=8).contains(&most), "{most} at once");
    // Whoever asks again has it fetched again.
    assert_eq!(ahead.take(0, &cancel).unwrap(), content(names[0]));
}

#[test]
fn no_more_is_fetched_ahead_than_there_is_room_for() {
    let names: Vec<String> = (0..30).map(|number| format!("a/{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let server = bucket(&names, |_| None);
    let mut settings = settings(&server);
    settings.bytes_ahead = 3 * content("a/00").len() as u64;
    let stores = Stores::new(settings).unwrap();
    let cancel = Cancel::default();
    let objects = stores.list(&address("s3://bucket/a/"), &cancel).unwrap();
    let listed = server.asked().len();
    let ahead = ahead(&stores, &objects);
    sleep(Duration::from_millis(200));
    let fetched = server.asked().len() - listed;
    assert!((1..=4).contains(&fetched), "{fetched}");
    for (at, name) in names.iter().enumerate() {
        assert_eq!(ahead.take(at, &cancel).unwrap(), content(name));
    }
}

#[test]
fn what_may_pass_is_tried_again_and_what_stays_is_told_of_its_object_alone() {
    let asked: Mutex<BTreeMap<String, usize>> = Mutex::default();
    let server = bucket(
        &["a/busy", "a/cut", "a/down", "a/fine", "a/gone", "a/shut"],
        move |key| {
            let mut asked = asked.lock().unwrap();
            let times = asked.entry(key.to_owned()).or_default();
            *times += 1;
            match (key, *times) {
                ("a/busy", 1) | ("a/down", _) => Some(Reply::status(503)),
                ("a/cut", 1) => Some(Reply::file(&content(key)).cut_after(7)),
                ("a/gone", _) => Some(Reply::status(404)),
                ("a/shut", _) => Some(Reply::status(403)),
                _ => None,
            }
        },
    );
    let stores = Stores::new(settings(&server)).unwrap();
    let cancel = Cancel::default();
    let objects = stores.list(&address("s3://bucket/a/"), &cancel).unwrap();
    let ahead = ahead(&stores, &objects);
    let outcome: Vec<_> = (0..objects.len())
        .map(|at| ahead.take(at, &cancel))
        .collect();
    for (at, name) in [(0, "a/busy"), (1, "a/cut"), (3, "a/fine")] {
        assert_eq!(outcome[at].as_ref().unwrap(), &content(name));
    }
    let error = |at: usize| outcome[at].as_ref().unwrap_err();
    assert!(matches!(error(2), StoreError::Fetch { .. }), "{}", error(2));
    assert!(matches!(error(4), StoreError::Gone { .. }), "{}", error(4));
    assert!(
        matches!(error(5), StoreError::Refused { .. }),
        "{}",
        error(5)
    );
    assert!(error(5).to_string().contains("AWS_ACCESS_KEY_ID"));
}

#[test]
fn what_is_too_large_is_not_fetched_and_what_nobody_told_the_size_of_is_cut_off() {
    let server = bucket(&["a/1"], |_| None);
    let mut settings = settings(&server);
    settings.object_bytes = 10;
    let stores = Stores::new(settings).unwrap();
    let cancel = Cancel::default();
    let objects = stores.list(&address("s3://bucket/a/"), &cancel).unwrap();
    let listed = server.asked().len();
    let error = stores.read(&objects[0]).unwrap_err();
    assert!(
        matches!(error, StoreError::Size { limit: 10, .. }),
        "{error}"
    );
    assert_eq!(server.asked().len(), listed);
    let unknown = stores.object(&address("s3://bucket/a/1")).unwrap();
    let error = stores.read(&unknown).unwrap_err();
    assert!(matches!(error, StoreError::Size { .. }), "{error}");
}

#[test]
fn whoever_waits_can_be_called_off() {
    let server = bucket(&["a/1"], |_| {
        sleep(Duration::from_secs(2));
        None
    });
    let stores = Stores::new(settings(&server)).unwrap();
    let cancel = Cancel::default();
    let object = stores.object(&address("s3://bucket/a/1")).unwrap();
    let ahead = ahead(&stores, &[object]);
    let asked = cancel.clone();
    let caller = std::thread::spawn(move || {
        sleep(Duration::from_millis(100));
        asked.cancel();
    });
    let error = ahead.take(0, &cancel).unwrap_err();
    assert!(matches!(error, StoreError::Cancelled(Cancelled)), "{error}");
    caller.join().unwrap();
}
