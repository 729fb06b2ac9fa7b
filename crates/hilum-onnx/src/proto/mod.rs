//! ONNX's schema as Rust types.
//!
//! `onnx.rs` is what prost-build 0.14 makes of `onnx-ml.proto` of ONNX 1.23 (Apache-2.0, the ONNX Project Contributors)
//! in its proto3 form; `docs/decisions/0016-onnx.md` says how to make it again.

#[allow(
    clippy::enum_variant_names,
    clippy::pedantic,
    missing_docs,
    unreachable_pub,
    reason = "generated from ONNX's schema"
)]
mod onnx;

pub(crate) use onnx::attribute_proto::AttributeType;
pub(crate) use onnx::tensor_proto::DataType;
pub(crate) use onnx::tensor_shape_proto::{Dimension, dimension};
pub(crate) use onnx::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};
