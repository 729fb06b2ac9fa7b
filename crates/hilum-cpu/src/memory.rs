//! Aligned memory, and views of it that tasks of one phase write side by side.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::simd::Simd;

/// A cache line, and the widest register.
const ALIGNMENT: usize = 64;

/// Values of the widest register, and of a cache line.
pub(crate) const REGISTER: usize = 16;

/// A huge page. Of buffers as large as one, memory is read and written about twice as fast by
/// huge pages as by those of 4 kB.
const HUGE_PAGE: usize = 2 << 20;

/// Values behind the last that a kernel may read, but not use: one prefetched panel row.
const SLACK: usize = 64;

/// Zeroed `f32` values that start at a cache line.
pub(crate) struct Buffer {
    start: NonNull<f32>,
    len: usize,
}

#[cfg(all(target_os = "linux", not(miri)))]
mod system {
    use std::ffi::{c_int, c_void};

    /// `MADV_HUGEPAGE`
    const HUGE: c_int = 14;

    unsafe extern "C" {
        fn madvise(start: *mut c_void, len: usize, advice: c_int) -> c_int;
    }

    /// Asks for huge pages behind memory that nobody has touched yet.
    pub(super) fn prefer_huge_pages(start: *mut u8, len: usize) {
        // SAFETY: the advice changes how memory is mapped, never what it holds; an address that
        // the system does not like is refused. Without huge pages all goes on, slower.
        unsafe {
            madvise(start.cast(), len, HUGE);
        }
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod system {
    /// There is nothing to ask for.
    pub(super) fn prefer_huge_pages(_start: *mut u8, _len: usize) {}
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
        let start = unsafe { alloc(layout) };
        if start.is_null() {
            handle_alloc_error(layout)
        }
        if layout.align() == HUGE_PAGE {
            system::prefer_huge_pages(start, layout.size());
        }
        // SAFETY: as much was allocated; zeros are values of `f32`.
        unsafe { start.write_bytes(0, layout.size()) };
        let start = NonNull::new(start.cast()).expect("allocated");
        Self { start, len }
    }

    fn layout(len: usize) -> Layout {
        let bytes = (len + SLACK) * size_of::<f32>();
        let alignment = if bytes < HUGE_PAGE {
            ALIGNMENT
        } else {
            HUGE_PAGE
        };
        Layout::from_size_align(bytes, alignment).expect("a buffer is smaller than memory")
    }

    /// A view that several tasks may write at disjoint places.
    pub(crate) fn shared(&mut self) -> Shared<'_> {
        Shared::of(self)
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::zeroed(0)
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

// SAFETY: access goes through `read`, `write` and `scattered`, whose callers promise
// disjointness.
unsafe impl Send for Shared<'_> {}
// SAFETY: as above.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    /// All of `values`.
    pub(crate) fn of(values: &'a mut [f32]) -> Self {
        Self {
            start: values.as_mut_ptr(),
            len: values.len(),
            owner: PhantomData,
        }
    }

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

    /// The values, to read.
    ///
    /// # Safety
    /// Nobody writes them meanwhile.
    pub(crate) unsafe fn read(self) -> &'a [f32] {
        // SAFETY: initialised values of a buffer that outlives `'a`; the rest is the caller's
        // promise.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }

    /// The values, to write.
    ///
    /// # Safety
    /// Nobody else reads or writes them meanwhile.
    pub(crate) unsafe fn write(self) -> &'a mut [f32] {
        // SAFETY: as in `read`.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.len) }
    }

    /// The values, of which others read or write some meanwhile.
    ///
    /// # Safety
    /// Nobody else reads or writes those that are accessed through the result meanwhile.
    pub(crate) unsafe fn scattered(self) -> Scattered<'a> {
        Scattered {
            start: self.start,
            len: self.len,
            owner: PhantomData,
        }
    }
}

/// Memory of which one task accesses some places, rows of a tile or columns of a matrix, while
/// other tasks access others. That nobody else accesses the same places was promised where it
/// was made; that places lie within is checked by `part`, or by who calls `load` and `store`.
#[derive(Clone, Copy)]
pub(crate) struct Scattered<'a> {
    start: *mut f32,
    len: usize,
    owner: PhantomData<&'a mut [f32]>,
}

impl<'a> Scattered<'a> {
    /// All of `values`, of which nobody else has any.
    pub(crate) fn of(values: &'a mut [f32]) -> Self {
        Self {
            start: values.as_mut_ptr(),
            len: values.len(),
            owner: PhantomData,
        }
    }

    /// How many values it has.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.len
    }

    /// The part `offset..offset + len`.
    ///
    /// # Panics
    /// If the part does not lie within.
    #[inline(always)]
    pub(crate) fn part(self, offset: usize, len: usize) -> Self {
        assert!(
            offset <= self.len && len <= self.len - offset,
            "a part of it"
        );
        Self {
            start: self.start.wrapping_add(offset),
            len,
            owner: PhantomData,
        }
    }

    /// All values.
    ///
    /// # Safety
    /// The promise was made for all of them, and no copy of this is used while they are.
    #[inline(always)]
    pub(crate) unsafe fn values(self) -> &'a mut [f32] {
        // SAFETY: initialised values of a buffer that outlives `'a`; the rest is the caller's
        // promise.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.len) }
    }

    /// Where the value at `at` lies, or would lie.
    #[inline(always)]
    pub(crate) fn address(self, at: usize) -> *mut f32 {
        self.start.wrapping_add(at)
    }

    /// Copies as many values as it has.
    ///
    /// # Panics
    /// If `from` has another number of them.
    #[inline(always)]
    pub(crate) fn copy_from(self, from: &[f32]) {
        assert_eq!(self.len, from.len(), "as many values");
        // SAFETY: just checked; `from` is not written meanwhile, so it lies elsewhere.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), self.start, self.len) };
    }

    /// Writes the first register.
    ///
    /// # Panics
    /// If there is none.
    #[inline(always)]
    pub(crate) fn write<S: Simd>(self, s: S, value: S::V) {
        assert!(S::LANES <= self.len, "room for a register");
        // SAFETY: just checked.
        unsafe { self.store(s, 0, value) };
    }

    /// Reads the register at `at`.
    ///
    /// # Safety
    /// `at + LANES <= len`
    #[inline(always)]
    pub(crate) unsafe fn load<S: Simd>(self, s: S, at: usize) -> S::V {
        debug_assert!(at + S::LANES <= self.len, "register {at} of {}", self.len);
        // SAFETY: within the memory, as the caller promises.
        unsafe { s.load(self.start.add(at)) }
    }

    /// Writes the register at `at`.
    ///
    /// # Safety
    /// `at + LANES <= len`
    #[inline(always)]
    pub(crate) unsafe fn store<S: Simd>(self, s: S, at: usize, value: S::V) {
        debug_assert!(at + S::LANES <= self.len, "register {at} of {}", self.len);
        // SAFETY: within the memory, as the caller promises.
        unsafe { s.store(self.start.add(at), value) }
    }
}
