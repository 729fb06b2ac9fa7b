//! Against PyTorch, pytorch-grad-cam and Captum, on small networks of odd sizes.
//!
//! `tests/reference/make_maps.py` says what stands in `maps.json` and where each formula is from.

mod methods;
mod networks;
pub(crate) mod reference;
