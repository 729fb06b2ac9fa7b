//! A download, attempt by attempt, into a partial file.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use fs_err::{File, OpenOptions};
use hilum_core::Cancel;
use ureq::Body;
use ureq::http::Response;

use crate::address::Address;
use crate::checksum::{Checksum, Hasher};
use crate::client::{Answer, Client, header};
use crate::{DroppedConnection, FetchError, HubSettings, Progress};

/// Bytes that are asked for at once.
const CHUNK: usize = 1 << 16;

/// Fetches a file into `partial`, goes on with what is there, and gives its SHA-256.
pub(crate) fn download(
    address: &Address,
    partial: &Path,
    settings: &HubSettings,
    progress: &mut dyn FnMut(Progress<'_>),
    cancel: &Cancel,
) -> Result<String, FetchError> {
    let client = Client::new(settings);
    let mut attempts_left = settings.patience.attempts.max(1);
    loop {
        attempts_left -= 1;
        let outcome = Partial::open(partial).and_then(|part| {
            let mut attempt = Attempt {
                address,
                part,
                progress: &mut *progress,
                cancel,
            };
            attempt.run(&client)
        });
        match outcome {
            Err(error) if error.may_pass() && attempts_left > 0 => {
                progress(Progress::TriesAgain { error: &error });
                cancel.wait(settings.patience.pause)?;
            }
            Err(error) => {
                if !is_worth_keeping(partial, &error) {
                    // The first error is the one to tell.
                    let _ = fs_err::remove_file(partial);
                }
                return Err(error);
            }
            Ok(sha256) => return Ok(sha256),
        }
    }
}

/// Whether the next command can go on with what is there. A full disk wants it back.
fn is_worth_keeping(partial: &Path, error: &FetchError) -> bool {
    let has_content = fs_err::metadata(partial).is_ok_and(|metadata| metadata.len() > 0);
    let may_come = matches!(
        error,
        FetchError::Unreachable { .. } | FetchError::Cancelled(_)
    );
    has_content && (may_come || error.may_pass())
}

/// The file of a download under way, with the checksum of what it holds.
struct Partial {
    file: File,
    hasher: Hasher,
    received: u64,
}

impl Partial {
    fn open(path: &Path) -> Result<Self, FetchError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let failed = |source| FetchError::write(path, source);
        let mut file = options.open(path).map_err(failed)?;
        let mut hasher = Hasher::default();
        let received = hasher.update_from(&mut file).map_err(failed)?;
        Ok(Self {
            file,
            hasher,
            received,
        })
    }

    fn clear(&mut self) -> Result<(), FetchError> {
        let Self { file, .. } = self;
        let cleared = file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0)));
        cleared.map_err(|source| FetchError::write(self.file.path(), source))?;
        self.hasher = Hasher::default();
        self.received = 0;
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        let written = self.file.write_all(bytes);
        written.map_err(|source| FetchError::write(self.file.path(), source))?;
        self.hasher.update(bytes);
        self.received += bytes.len() as u64;
        Ok(())
    }
}

struct Attempt<'a> {
    address: &'a Address,
    part: Partial,
    progress: &'a mut dyn FnMut(Progress<'_>),
    cancel: &'a Cancel,
}

impl Attempt<'_> {
    fn run(&mut self, client: &Client<'_>) -> Result<String, FetchError> {
        self.cancel.check()?;
        let Answer { response, checksum } = client.get(self.address, self.part.received)?;
        let checksum = self.address.checksum.clone().or(checksum);
        self.begin(&response, checksum.as_ref())?;
        let went_on = self.part.received > 0;
        let total = response.body().content_length();
        let total = total.map(|length| length + self.part.received);
        (self.progress)(Progress::Begins {
            url: &self.address.url,
            received: self.part.received,
            total,
        });
        self.receive(response, total)?;
        self.finish(checksum.as_ref(), went_on)
    }

    /// Looks at the status, and keeps what is there only if the answer continues it.
    fn begin(
        &mut self,
        response: &Response<Body>,
        checksum: Option<&Checksum>,
    ) -> Result<(), FetchError> {
        let url = self.address.url.clone();
        let received = self.part.received;
        match response.status().as_u16() {
            200 => self.part.clear(),
            206 if checksum.is_some() && continues(response, received) => Ok(()),
            // Without a checksum nothing tells whether both parts are of one file.
            206 | 416 => {
                self.part.clear()?;
                Err(self.dropped(None, DroppedConnection::NotContinued))
            }
            status @ (401 | 403) => Err(FetchError::Refused {
                url,
                status,
                has_token: self.address.token.is_some(),
            }),
            status @ (404 | 410) => Err(FetchError::NotFound { url, status }),
            status => Err(FetchError::Status { url, status }),
        }
    }

    fn receive(
        &mut self,
        mut response: Response<Body>,
        total: Option<u64>,
    ) -> Result<(), FetchError> {
        let is_page = response.body().mime_type() == Some("text/html");
        let mut body = response.body_mut().as_reader();
        let mut buffer = vec![0; CHUNK];
        loop {
            self.cancel.check()?;
            let length = body
                .read(&mut buffer)
                .map_err(|error| self.dropped(total, error.into()))?;
            let bytes = &buffer[..length];
            if is_page || self.part.received == 0 && begins_a_page(bytes) {
                let url = self.address.url.clone();
                return Err(FetchError::WebPage { url });
            }
            if bytes.is_empty() {
                break;
            }
            self.part.add(bytes)?;
            let received = self.part.received;
            (self.progress)(Progress::Received { received });
        }
        match total {
            Some(total) if total != self.part.received => {
                Err(self.dropped(Some(total), DroppedConnection::Closed))
            }
            _ => Ok(()),
        }
    }

    /// Compares the checksum, and brings the file to the disk.
    fn finish(&mut self, checksum: Option<&Checksum>, went_on: bool) -> Result<String, FetchError> {
        let url = self.address.url.clone();
        if self.part.received == 0 {
            return Err(FetchError::Empty { url });
        }
        let found = std::mem::take(&mut self.part.hasher).finish();
        match checksum {
            Some(expected) if !expected.fits(&found) => {
                self.part.clear()?;
                if went_on {
                    // The part that was there may have been of another file.
                    return Err(self.dropped(None, DroppedConnection::NotContinued));
                }
                Err(FetchError::Checksum {
                    url,
                    expected: expected.to_string(),
                    found,
                })
            }
            _ => Ok(found),
        }
    }

    fn dropped(&self, total: Option<u64>, source: DroppedConnection) -> FetchError {
        FetchError::Dropped {
            url: self.address.url.clone(),
            received: self.part.received,
            total,
            source,
        }
    }
}

/// Whether a partial answer begins at byte `received`: `Content-Range: bytes 100-199/200`.
fn continues(response: &Response<Body>, received: u64) -> bool {
    let range = header(response, "content-range").and_then(|range| range.strip_prefix("bytes "));
    let start = range.and_then(|range| range.split('-').next()?.trim().parse().ok());
    start == Some(received)
}

/// Whether these are the first bytes of a page for people.
fn begins_a_page(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_start();
    [&b"<!doctype"[..], b"<html", b"<?xml"]
        .iter()
        .any(|start| text.len() >= start.len() && text[..start.len()].eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_by_its_first_bytes() {
        assert!(begins_a_page(b"\n <!DOCTYPE html><html>"));
        assert!(begins_a_page(b"<HTML>"));
        // A safetensors file whose header is 60 bytes long begins with `<` too.
        assert!(!begins_a_page(b"<\0\0\0\0\0\0\0{\"w\":"));
        assert!(!begins_a_page(b"PK\x03\x04"));
    }
}
