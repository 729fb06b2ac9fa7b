//! Aligned memory, and views of it that tasks of one phase write side by side.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// A cache line, and the widest register.
const ALIGNMENT: usize = 64;

/// Values behind the last that a kernel may read, but not use: one prefetched panel row.
const SLACK: usize = 64;

/// Zeroed `f32` values that start at a cache line.
pub(crate) struct Buffer {
    start: NonNull<f32>,
    len: usize,
}

// SAFETY: it owns its memory, as a `Vec` does.
unsafe impl Send for Buffer {}
// SAFETY: shared access only reads.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// `len` zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        let layout = Self::layout(len);
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc_zeroed(layout) };
        let Some(start) = NonNull::new(start.cast()) else {
            handle_alloc_error(layout)
        };
        Self { start, len }
    }

    fn layout(len: usize) -> Layout {
        Layout::array::<f32>(len + SLACK)
            .and_then(|layout| layout.align_to(ALIGNMENT))
            .expect("a buffer is smaller than the address space")
    }

    /// A view that several tasks may write at disjoint places.
    pub(crate) fn shared(&mut self) -> Shared<'_> {
        Shared {
            start: self.start.as_ptr(),
            len: self.len,
            owner: PhantomData,
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: allocated in `zeroed` with this layout.
        unsafe { dealloc(self.start.as_ptr().cast(), Self::layout(self.len)) }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `len` initialised values, owned by `self`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: `len` initialised values, owned by `self`, borrowed once.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

/// A buffer that the tasks of a phase share. Bounds are checked here, where a task takes its
/// part; that parts written at the same time are disjoint is the task's promise.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'a> {
    start: *mut f32,
    len: usize,
    owner: PhantomData<&'a mut [f32]>,
}

// SAFETY: access goes through `read` and `write`, whose callers promise disjointness.
unsafe impl Send for Shared<'_> {}
// SAFETY: as above.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    /// The part `offset..offset + len`.
    ///
    /// # Panics
    /// If the part does not lie within.
    pub(crate) fn part(self, offset: usize, len: usize) -> Shared<'a> {
        assert!(
            offset <= self.len && len <= self.len - offset,
            "part {offset}+{len} of {}",
            self.len
        );
        Shared {
            // SAFETY: within the buffer, as just checked.
            start: unsafe { self.start.add(offset) },
            len,
            owner: PhantomData,
        }
    }

    /// How many values it has.
    pub(crate) fn len(self) -> usize {
        self.len
    }

    /// The first value.
    pub(crate) fn start(self) -> *mut f32 {
        self.start
    }

    /// The values, to read.
    ///
    /// # Safety
    /// Nobody writes them meanwhile.
    pub(crate) unsafe fn read(self) -> &'a [f32] {
        std::slice::from_raw_parts(self.start, self.len)
    }

    /// The values, to write.
    ///
    /// # Safety
    /// Nobody else reads or writes them meanwhile.
    pub(crate) unsafe fn write(self) -> &'a mut [f32] {
        std::slice::from_raw_parts_mut(self.start, self.len)
    }
}
