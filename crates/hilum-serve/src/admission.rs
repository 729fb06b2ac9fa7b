//! How much is worked on and waits at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::Refusal;
use crate::settings::Limits;

/// Bytes are counted in blocks: a semaphore has no more than 2^32 permits.
const BLOCK: usize = 1 << 12;

/// How much is worked on and waits at once.
#[derive(Debug)]
pub(crate) struct Admission {
    requests: Arc<Semaphore>,
    blocks: Arc<Semaphore>,
    most_blocks: usize,
}

/// Room for one request; its bytes are added as they come.
#[derive(Debug)]
pub(crate) struct Permit {
    _request: OwnedSemaphorePermit,
    blocks: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        let most_blocks = limits.memory_bytes / BLOCK;
        Self {
            requests: Arc::new(Semaphore::new(limits.requests.get())),
            blocks: Arc::new(Semaphore::new(most_blocks)),
            most_blocks,
        }
    }

    /// Room for one more request.
    ///
    /// # Errors
    /// `503` if there is none.
    pub(crate) fn admit(&self) -> Result<Permit, Refusal> {
        let requests = Arc::clone(&self.requests);
        let request = requests.try_acquire_owned();
        Ok(Permit {
            _request: request.map_err(|_| Refusal::busy("too many requests wait"))?,
            blocks: Arc::clone(&self.blocks),
            held: None,
            bytes: 0,
        })
    }

    /// Room for a request of so many bytes, when there is some; for one that is larger than all room,
    /// all of it.
    ///
    /// # Errors
    /// `500`, if there never is any.
    pub(crate) async fn room(&self, bytes: usize) -> Result<Permit, Refusal> {
        let requests = Arc::clone(&self.requests);
        let request = requests.acquire_owned().await;
        let wanted = bytes.div_ceil(BLOCK).min(self.most_blocks);
        let wanted = u32::try_from(wanted).map_err(|_| Refusal::failed())?;
        let blocks = Arc::clone(&self.blocks).acquire_many_owned(wanted).await;
        Ok(Permit {
            _request: request.map_err(|_| Refusal::failed())?,
            blocks: Arc::clone(&self.blocks),
            held: Some(blocks.map_err(|_| Refusal::failed())?),
            bytes,
        })
    }
}

impl Permit {
    /// Room for `count` more bytes.
    ///
    /// # Errors
    /// `503` if there is none.
    pub(crate) fn grow(&mut self, count: usize) -> Result<(), Refusal> {
        let before = self.bytes.div_ceil(BLOCK);
        let more = (self.bytes + count).div_ceil(BLOCK) - before;
        let blocks = Arc::clone(&self.blocks);
        let more = u32::try_from(more).ok();
        let more = more.and_then(|more| blocks.try_acquire_many_owned(more).ok());
        let more = more.ok_or_else(|| Refusal::busy("too many bytes wait"))?;
        match &mut self.held {
            Some(held) => held.merge(more),
            none => *none = Some(more),
        }
        self.bytes += count;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_bytes_are_bounded_and_come_back() {
        let limits = Limits {
            requests: 2.try_into().unwrap(),
            memory_bytes: 10 * BLOCK,
            ..Limits::default()
        };
        let admission = Admission::new(&limits);
        let mut first = admission.admit().unwrap();
        let mut second = admission.admit().unwrap();
        assert_eq!(admission.admit().unwrap_err().status, 503);
        first.grow(1).unwrap();
        first.grow(BLOCK - 1).unwrap();
        first.grow(8 * BLOCK).unwrap();
        second.grow(BLOCK).unwrap();
        assert_eq!(second.grow(1).unwrap_err().status, 503);
        drop(first);
        second.grow(BLOCK).unwrap();
        admission.admit().unwrap();
    }
}
