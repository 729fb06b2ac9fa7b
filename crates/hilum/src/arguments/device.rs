//! What the network runs on.

use std::num::NonZeroUsize;
use std::thread;

use clap::Args;

/// Device and threads.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Machine")]
pub(crate) struct DeviceArguments {
    /// `cpu`, or a GPU that this program was built for: `cuda`, `cuda:1`, `vulkan`, `wgpu`, `metal`,
    /// `rocm`
    #[arg(long, default_value = "cpu")]
    pub(crate) device: String,

    /// Threads for decoding and computing; 0 is one per core
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    threads: usize,
}

impl DeviceArguments {
    /// How many threads work.
    pub(crate) fn threads(&self) -> NonZeroUsize {
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        NonZeroUsize::new(self.threads).unwrap_or_else(cores)
    }
}

/// Sizes the pool of threads that decodes, augments and draws; the first call decides.
pub(crate) fn start_threads(threads: NonZeroUsize) {
    // An error says that the pool is there already, with the size it was started with.
    let _ = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.get())
        .build_global();
}
