//! What of ONNX's schema is read; fields that are not named here are passed over.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(super) struct Model {
    #[prost(message, optional, tag = "7")]
    pub(super) graph: Option<Graph>,
    #[prost(message, repeated, tag = "14")]
    pub(super) metadata: Vec<Entry>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub(super) nodes: Vec<Node>,
    #[prost(message, repeated, tag = "5")]
    pub(super) constants: Vec<StoredTensor>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub(super) inputs: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(super) outputs: Vec<String>,
    #[prost(string, tag = "4")]
    pub(super) op: String,
    #[prost(message, repeated, tag = "5")]
    pub(super) attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Attribute {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(int64, tag = "3")]
    pub(super) int: i64,
    #[prost(message, optional, tag = "5")]
    pub(super) tensor: Option<StoredTensor>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StoredTensor {
    #[prost(int64, repeated, tag = "1")]
    pub(super) lengths: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub(super) element_type: i32,
    #[prost(float, repeated, tag = "4")]
    pub(super) floats: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub(super) halves: Vec<i32>,
    #[prost(string, tag = "8")]
    pub(super) name: String,
    #[prost(bytes = "vec", tag = "9")]
    pub(super) raw: Vec<u8>,
    #[prost(double, repeated, tag = "10")]
    pub(super) doubles: Vec<f64>,
    #[prost(message, repeated, tag = "13")]
    pub(super) elsewhere: Vec<Entry>,
    #[prost(int32, tag = "14")]
    pub(super) location: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Entry {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}

/// Where nested messages stand: by the kind of message, the fields that are one, and of which kind.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Leaf,
}

impl Kind {
    fn nested(self, field: u64) -> Self {
        match (self, field) {
            (Self::Model, 7) => Self::Graph,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph | Self::Attribute, 5) => Self::Tensor,
            (Self::Node, 5) => Self::Attribute,
            _ => Self::Leaf,
        }
    }
}

/// How many messages, names and lists a file holds, before room is made for any: two bytes of the file
/// may be a node of two hundred in memory. `None` if it is no protobuf.
pub(super) fn part_count(bytes: &[u8]) -> Option<usize> {
    count(bytes, Kind::Model)
}

fn count(mut bytes: &[u8], kind: Kind) -> Option<usize> {
    let mut parts = 0_usize;
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let length = match tag & 7 {
            0 => {
                varint(&mut bytes)?;
                0
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let (inner, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        if tag & 7 == 2 {
            parts = parts.saturating_add(1);
            let nested = kind.nested(tag >> 3);
            if !matches!(nested, Kind::Leaf) {
                parts = parts.saturating_add(count(inner, nested)?);
            }
        }
    }
    Some(parts)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
