//! Writing a network as an ONNX file.

mod answer;
mod bare;
mod description;
mod detector;
mod image;
mod network;
mod nodes;
mod resize;
mod whole;

use std::collections::BTreeMap;

use hilum_graph::{Graph, Parameters};
use prost::Message;
use thiserror::Error;

use crate::proto::{GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto};

pub use bare::write_bare;
pub use whole::{Whole, write_whole};

/// Of the operators; runtimes of 2022 and later know them.
const OPSET: i64 = 17;
/// Of the file; the one that came with [`OPSET`].
const IR_VERSION: i64 = 8;

/// What both kinds of file hold.
#[derive(Debug, Clone)]
pub struct Exported<'a> {
    /// The network.
    pub graph: &'a Graph,
    /// What it learned.
    pub parameters: &'a Parameters,
    /// What else is to be told, by key.
    pub metadata: BTreeMap<String, String>,
    /// The version of the program that writes.
    pub producer_version: &'a str,
}

/// What ONNX cannot say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InexpressibleError {
    /// Equalisation needs histograms of tiles.
    #[error(
        "the model's recipe equalises contrast (CLAHE), which ONNX cannot say\n\
         hint: `--bare` writes the network alone; prepare its input with hilum"
    )]
    Clahe,
}

impl Exported<'_> {
    fn bytes(&self, graph: GraphProto, doc_string: String) -> Vec<u8> {
        let entry = |(key, value): (&String, &String)| StringStringEntryProto {
            key: key.clone(),
            value: value.clone(),
        };
        let model = ModelProto {
            ir_version: IR_VERSION,
            opset_import: vec![OperatorSetIdProto {
                domain: String::new(),
                version: OPSET,
            }],
            producer_name: "hilum".to_owned(),
            producer_version: self.producer_version.to_owned(),
            doc_string,
            graph: Some(graph),
            metadata_props: self.metadata.iter().map(entry).collect(),
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }
}

#[cfg(test)]
mod tests;
