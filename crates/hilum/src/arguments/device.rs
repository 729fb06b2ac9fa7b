//! What the network runs on.

use clap::Args;

/// Device and threads.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Machine")]
pub(crate) struct DeviceArguments {
    /// `cpu`, or a GPU that this program was built for: `cuda`, `cuda:1`, `vulkan`, `metal`, `rocm`
    #[arg(long, default_value = "cpu")]
    pub(crate) device: String,

    /// Threads for decoding and computing; 0 is one per core
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub(crate) threads: usize,
}

impl DeviceArguments {
    /// Sizes the thread pool that everything shares; the first call decides.
    pub(crate) fn start_threads(&self) {
        // An error says that the pool is there already, with the size it was started with.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .build_global();
    }
}
