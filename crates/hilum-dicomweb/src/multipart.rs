//! The parts of an answer (RFC 2046 5.1, RFC 2387), as WADO-RS sends instances (PS3.18 8.6.1).

use thiserror::Error;

/// A body that is not what its type says.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MultipartError {
    /// No boundary is named.
    #[error("the answer names no boundary between its parts")]
    NoBoundary,
    /// It ends before its last boundary.
    #[error("the answer ends in the middle of a part")]
    Cut,
    /// A part whose headers do not end.
    #[error("a part of the answer has no end of its headers")]
    NoHeaders,
}

/// The content of each part of `body`, whose Content-Type is `content_type`.
///
/// # Errors
/// [`MultipartError`]; what was read so far is not given.
pub(crate) fn parts<'a>(
    content_type: &str,
    body: &'a [u8],
) -> Result<Vec<&'a [u8]>, MultipartError> {
    let boundary = boundary(content_type).ok_or(MultipartError::NoBoundary)?;
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    // The first one may stand at the very beginning, without a line before it.
    let mut rest = match body.strip_prefix(&delimiter[2..]) {
        Some(rest) => rest,
        None => behind(body, &delimiter).ok_or(MultipartError::Cut)?,
    };
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        // Spaces may follow a boundary on its line.
        let line_end = find(rest, b"\r\n").ok_or(MultipartError::Cut)?;
        let part = &rest[line_end..];
        let end = find(part, &delimiter).ok_or(MultipartError::Cut)?;
        parts.push(content(&part[..end])?);
        rest = &part[end + delimiter.len()..];
    }
}

/// What follows the headers of a part, which begins with the end of the boundary's line.
fn content(part: &[u8]) -> Result<&[u8], MultipartError> {
    if part.starts_with(b"\r\n\r\n") {
        return Ok(&part[4..]);
    }
    behind(part, b"\r\n\r\n").ok_or(MultipartError::NoHeaders)
}

/// The parameter `boundary` of a Content-Type, with or without quotes.
fn boundary(content_type: &str) -> Option<String> {
    let mut parameters = content_type.split(';').skip(1);
    parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case("boundary");
        let value = value.trim().trim_matches('"');
        (is_it && (1..=200).contains(&value.len())).then(|| value.to_owned())
    })
}

fn behind<'a>(bytes: &'a [u8], what: &[u8]) -> Option<&'a [u8]> {
    find(bytes, what).map(|at| &bytes[at + what.len()..])
}

/// Where `what` first stands: by its first byte, then the rest.
fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let (first, last) = (*what.first()?, bytes.len().checked_sub(what.len())?);
    let mut at = 0;
    while at <= last {
        at += bytes[at..=last].iter().position(|byte| *byte == first)?;
        if bytes[at..].starts_with(what) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPE: &str = "multipart/related; type=\"application/dicom\"; boundary=\"a-b\"";

    #[test]
    fn parts_are_found_between_boundaries() {
        let body = b"ignored\r\n--a-b  \r\nContent-Type: application/dicom\r\n\r\none\r\n\
            --a-b\r\n\r\ntwo\r\n--a\r\n\r\n--a-b--\r\nignored";
        let found = parts(TYPE, body).unwrap();
        assert_eq!(found, [&b"one"[..], b"two\r\n--a\r\n"]);
        let body = b"--x\r\nA: b\r\n\r\n\r\n--x--";
        assert_eq!(parts("multipart/related; Boundary=x", body).unwrap(), [b""]);
        assert_eq!(parts(TYPE, b"--a-b--").unwrap(), Vec::<&[u8]>::new());
    }

    #[test]
    fn what_is_cut_or_names_no_boundary_is_refused() {
        let cut = [
            &b""[..],
            b"--a-b",
            b"--a-b\r\n",
            b"--a-b\r\nA: b\r\n\r\none",
            b"--a-b\r\nA: b\r\n\r\none\r\n--a-",
        ];
        for body in cut {
            assert_eq!(parts(TYPE, body), Err(MultipartError::Cut));
        }
        let no_headers = b"--a-b\r\none\r\n--a-b--";
        assert_eq!(parts(TYPE, no_headers), Err(MultipartError::NoHeaders));
        assert_eq!(
            parts("multipart/related", b"x"),
            Err(MultipartError::NoBoundary)
        );
    }

    proptest! {
        #[test]
        fn any_content_comes_back_and_nothing_panics(
            contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..4),
            cut in 0_usize..500,
        ) {
            let mut body = Vec::new();
            for content in &contents {
                body.extend_from_slice(b"\r\n--a-b\r\nContent-Type: application/dicom\r\n\r\n");
                body.extend_from_slice(content);
            }
            body.extend_from_slice(b"\r\n--a-b--\r\n");
            prop_assume!(contents.iter().all(|content| find(content, b"\r\n--a-b").is_none()));
            let found = parts(TYPE, &body).unwrap();
            prop_assert_eq!(found, contents.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let _ = parts(TYPE, &body[..cut.min(body.len())]);
        }
    }
}
