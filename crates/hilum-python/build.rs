//! Symbols of Python are found where it loads the library, on macOS too.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
