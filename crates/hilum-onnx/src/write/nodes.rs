//! An ONNX graph in the making.

use std::collections::BTreeSet;

use crate::proto::{
    AttributeProto, AttributeType, DataType, Dimension, GraphProto, NodeProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, dimension, type_proto,
};

/// Nodes and constants, written from top to bottom.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    list: Vec<NodeProto>,
    constants: Vec<TensorProto>,
    names: BTreeSet<String>,
}

/// What flows between nodes, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value(String);

/// The length of an axis.
#[derive(Debug, Clone, Copy)]
pub(super) enum Axis {
    /// Known.
    Of(usize),
    /// Known when the graph runs; axes of one name are as long.
    Named(&'static str),
}

impl Nodes {
    /// Appends a node with one result, which is named after it.
    pub(super) fn op(&mut self, name: &str, op: &str, inputs: &[&Value]) -> Value {
        self.op_with(name, op, inputs, Vec::new())
    }

    /// The same with attributes.
    pub(super) fn op_with(
        &mut self,
        name: &str,
        op: &str,
        inputs: &[&Value],
        attributes: Vec<AttributeProto>,
    ) -> Value {
        let name = self.unused(name);
        let result = Value(format!("/{name}"));
        self.push(name, op, inputs, &[&result], attributes);
        result
    }

    /// Appends a node whose results are named already.
    fn push(
        &mut self,
        name: String,
        op: &str,
        inputs: &[&Value],
        outputs: &[&Value],
        attribute: Vec<AttributeProto>,
    ) {
        let names = |values: &[&Value]| values.iter().map(|value| value.0.clone()).collect();
        self.list.push(NodeProto {
            input: names(inputs),
            output: names(outputs),
            name,
            op_type: op.to_owned(),
            attribute,
            ..NodeProto::default()
        });
    }

    /// Appends a node with two results.
    pub(super) fn pair(&mut self, name: &str, op: &str, inputs: &[&Value]) -> [Value; 2] {
        let name = self.unused(name);
        let results = [0, 1].map(|index| Value(format!("/{name}/{index}")));
        self.push(name, op, inputs, &[&results[0], &results[1]], Vec::new());
        results
    }

    /// Names a result of the graph.
    pub(super) fn result(&mut self, name: &str, value: &Value) {
        let result = Value(name.to_owned());
        self.push(
            name.to_owned(),
            "Identity",
            &[value],
            &[&result],
            Vec::new(),
        );
    }

    /// A parameter under its own name.
    pub(super) fn parameter(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Value {
        self.tensor(name.to_owned(), DataType::Float, shape, |raw| {
            raw.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        })
    }

    /// A constant of floating-point numbers.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Value {
        let name = self.unused(name);
        self.parameter(&name, shape, values)
    }

    /// A constant of wide floating-point numbers.
    pub(super) fn doubles(&mut self, name: &str, shape: &[usize], values: &[f64]) -> Value {
        let name = self.unused(name);
        self.tensor(name, DataType::Double, shape, |raw| {
            raw.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        })
    }

    /// A constant of whole numbers.
    pub(super) fn ints(&mut self, name: &str, shape: &[usize], values: &[i64]) -> Value {
        let name = self.unused(name);
        self.tensor(name, DataType::Int64, shape, |raw| {
            raw.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        })
    }

    /// One number, without axes.
    pub(super) fn number(&mut self, value: f32) -> Value {
        self.floats("constant", &[], &[value])
    }

    /// One wide number, without axes.
    pub(super) fn wide(&mut self, value: f64) -> Value {
        self.doubles("constant", &[], &[value])
    }

    /// One whole number, without axes.
    pub(super) fn int(&mut self, value: i64) -> Value {
        self.ints("constant", &[], &[value])
    }

    fn tensor(
        &mut self,
        name: String,
        data_type: DataType,
        shape: &[usize],
        fill: impl FnOnce(&mut Vec<u8>),
    ) -> Value {
        let mut raw_data = Vec::new();
        fill(&mut raw_data);
        self.constants.push(TensorProto {
            dims: shape.iter().map(|length| *length as i64).collect(),
            data_type: data_type.into(),
            name: name.clone(),
            raw_data,
            ..TensorProto::default()
        });
        Value(name)
    }

    /// `name`, with a number behind it where that is taken.
    fn unused(&mut self, name: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}.{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let free = names.find(|name| !self.names.contains(name));
        let free = free.expect("there is always another number");
        self.names.insert(free.clone());
        free
    }

    /// The values of `value` as another type.
    pub(super) fn cast(&mut self, name: &str, value: &Value, to: DataType) -> Value {
        self.op_with(
            name,
            "Cast",
            &[value],
            vec![int("to", i32::from(to).into())],
        )
    }

    /// The graph, from `input` to results by name.
    pub(super) fn finish(
        self,
        name: &str,
        doc_string: String,
        input: ValueInfoProto,
        output: Vec<ValueInfoProto>,
    ) -> GraphProto {
        GraphProto {
            node: self.list,
            name: name.to_owned(),
            initializer: self.constants,
            doc_string,
            input: vec![input],
            output,
            ..GraphProto::default()
        }
    }
}

impl Value {
    /// What is called `name` from outside.
    pub(super) fn input(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// What a graph says of what goes in or comes out.
pub(super) fn info(name: &str, data_type: DataType, shape: &[Axis]) -> ValueInfoProto {
    let dimension = |axis: &Axis| Dimension {
        value: Some(match axis {
            Axis::Of(length) => dimension::Value::DimValue(*length as i64),
            Axis::Named(name) => dimension::Value::DimParam((*name).to_owned()),
        }),
        ..Dimension::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: data_type.into(),
        shape: Some(TensorShapeProto {
            dim: shape.iter().map(dimension).collect(),
        }),
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

fn attribute(name: &str, r#type: AttributeType) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: r#type.into(),
        ..AttributeProto::default()
    }
}

/// An attribute that is a whole number.
pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        i: value,
        ..attribute(name, AttributeType::Int)
    }
}

/// An attribute that is a number.
pub(super) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        f: value,
        ..attribute(name, AttributeType::Float)
    }
}

/// An attribute that is a list of whole numbers.
pub(super) fn ints(name: &str, values: impl IntoIterator<Item = i64>) -> AttributeProto {
    AttributeProto {
        ints: values.into_iter().collect(),
        ..attribute(name, AttributeType::Ints)
    }
}
