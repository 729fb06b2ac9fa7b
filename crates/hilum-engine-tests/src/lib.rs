//! What every engine must do, written once and run by the tests of each.
//!
//! A check is a function that takes a way to make engines and panics if they fail it. The
//! expected numbers come from [`naive`] loops over `f64`, from PyTorch and torchvision (the
//! references and their scripts lie beside the checks), and from the contract of
//! [`hilum_graph::Engine`].
//!
//! - [`operations`]: every operation against plain loops, forward and backward.
//! - [`convolutions`]: convolutions of any shape against plain loops.
//! - [`contract`](mod@contract): what the [`Engine`] trait promises, whatever the network.
//! - [`gradients`](mod@gradients): how logits answer to what any node made.
//! - [`pytorch`](mod@pytorch): optimisers and a network with every kind of layer against PyTorch.
//! - [`torchvision`](mod@torchvision): whole architectures against torchvision.
//! - [`transfer`](mod@transfer): features, rates by layer and averages.
//!
//! In an engine's tests:
//!
//! ```
//! # fn open(_: hilum_graph::Graph, _: &hilum_graph::Parameters)
//! #     -> Result<Box<dyn hilum_graph::Engine>, hilum_graph::EngineError> { unreachable!() }
//! hilum_engine_tests::contract!(open);
//! ```

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a check that cannot go on has failed"
)]

pub mod contract;
pub mod convolutions;
pub mod gradients;
pub mod naive;
pub mod operations;
pub mod pytorch;
pub mod taps;
pub mod torchvision;
pub mod transfer;

use hilum_graph::{Engine, EngineError, Graph, Parameters};

/// Makes an engine that runs a graph and begins with parameters.
pub type Open<'a> = &'a dyn Fn(Graph, &Parameters) -> Result<Box<dyn Engine>, EngineError>;

/// Every value within `within` of the largest expected magnitude, which counts as at least
/// `floor`.
pub(crate) fn assert_close(
    found: impl IntoIterator<Item = f64>,
    expected: &[f64],
    floor: f64,
    within: f64,
    what: &str,
) {
    let largest = expected
        .iter()
        .fold(floor, |largest: f64, value| largest.max(value.abs()));
    let mut count = 0;
    for (position, (found, expected)) in found.into_iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= within * largest,
            "{what}, value {position}: {found} instead of {expected}, at a scale of {largest}"
        );
        count += 1;
    }
    assert_eq!(count, expected.len(), "{what}: values");
}

/// One `#[test]` for each check of a module, by name.
#[doc(hidden)]
#[macro_export]
macro_rules! tests_of {
    ($module:ident, $open:expr, $($check:ident)*) => {$(
        #[test]
        fn $check() {
            $crate::$module::$check(&$open);
        }
    )*};
}
