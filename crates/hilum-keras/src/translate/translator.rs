//! A graph in the making.

use hilum_graph::{
    GraphBuilder, Initialisation, NodeIndex, Op, Padding, Parameters, Shape, Tensor,
};

use super::value::{Affine, Value};
use crate::config::{Layer, Settings};
use crate::error::ContentError;
use crate::file::{Variable, Variables};
use crate::left_out::LeftOut;

/// A graph in the making, and where its weights come from.
pub(super) struct Translator<'a> {
    pub(super) builder: GraphBuilder,
    pub(super) parameters: Parameters,
    pub(super) left_out: Vec<LeftOut>,
    /// What is done to the image, once a layer has read it.
    pub(super) scaling: Option<Affine>,
    variables: &'a Variables,
}

/// A layer that is being translated.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) layer: &'a Layer,
    /// What its node is called.
    pub(super) name: &'a str,
}

impl<'a> Subject<'a> {
    pub(super) fn settings(self) -> &'a Settings {
        &self.layer.settings
    }

    pub(super) fn unsupported(self, what: impl Into<String>, hint: &'static str) -> ContentError {
        ContentError::Unsupported {
            layer: self.layer.place.layer.clone(),
            what: what.into(),
            hint,
        }
    }
}

/// Keras's `glorot_uniform` and zeros, for what is drawn anew.
const INITIALISATION: Initialisation = Initialisation {
    backbone: hilum_graph::Distribution::GlorotUniform,
    head: hilum_graph::Distribution::GlorotUniform,
    head_bias: hilum_graph::Distribution::Zero,
};

impl<'a> Translator<'a> {
    pub(super) fn new(
        name: &str,
        image: Shape,
        variables: &'a Variables,
    ) -> Result<Self, ContentError> {
        let builder = GraphBuilder::try_new(name, image)?.initialise_with(INITIALISATION);
        Ok(Self {
            builder,
            parameters: Parameters::new(),
            left_out: Vec::new(),
            scaling: None,
            variables,
        })
    }

    /// The image, before anything is done to it.
    pub(super) fn image(&self) -> Value {
        let input = self.builder.input();
        let channels = self.builder.shape(input).channels;
        Value {
            scaling: Some(Affine::identity(channels)),
            ..Value::of(input)
        }
    }

    /// The shape of a value, without the zeros around it.
    pub(super) fn shape(&self, value: &Value) -> Shape {
        self.builder.shape(value.node)
    }

    /// Appends a node whose name begins with `name`.
    pub(super) fn add(
        &mut self,
        name: &str,
        op: Op,
        inputs: &[NodeIndex],
    ) -> Result<NodeIndex, ContentError> {
        let name = self.free_name(name);
        Ok(self.builder.try_add(name, op, inputs)?)
    }

    /// `name`, or with a number behind it where it is taken.
    fn free_name(&self, name: &str) -> String {
        let name = name.replace('/', ".");
        if !self.builder.has(&name) {
            return name;
        }
        let numbered = (2_usize..).map(|number| format!("{name}_{number}"));
        let mut free = numbered.filter(|name| !self.builder.has(name));
        free.next().expect("there are more numbers than nodes")
    }

    /// The node of a value to which nothing is left to be done.
    pub(super) fn node(
        &mut self,
        subject: Subject<'_>,
        value: &Value,
    ) -> Result<NodeIndex, ContentError> {
        let (node, zeros) = self.padded(subject, value)?;
        if zeros == Padding::NONE {
            return Ok(node);
        }
        let channels = self.builder.shape(node).channels;
        let padded = Op::Convolution {
            out_channels: channels,
            kernel: [1, 1],
            stride: [1, 1],
            padding: zeros,
            groups: channels,
            bias: false,
        };
        let node = self.add(&format!("{}_zeros", subject.name), padded, &[node])?;
        self.fill(node, "weight", vec![channels, 1, 1, 1], vec![1.0; channels]);
        Ok(node)
    }

    /// The node of a value, and the zeros that are to be around it.
    pub(super) fn padded(
        &mut self,
        subject: Subject<'_>,
        value: &Value,
    ) -> Result<(NodeIndex, Padding), ContentError> {
        if value.softmax {
            return Err(subject.unsupported(
                "it reads a softmax",
                "hilum has a softmax at a network's end alone",
            ));
        }
        if let Some(scaling) = &value.scaling {
            self.fix_scaling(subject, scaling)?;
        }
        Ok((value.node, value.zeros))
    }

    /// The image is read, so what is done to it before is certain.
    fn fix_scaling(&mut self, subject: Subject<'_>, scaling: &Affine) -> Result<(), ContentError> {
        let is_sound = scaling
            .factors
            .iter()
            .all(|one| one.is_finite() && *one > 0.0)
            && scaling.summands.iter().all(|one| one.is_finite());
        if !is_sound {
            return Err(subject.unsupported(
                "the image is turned into its negative, or scaled by zero",
                "leave the first rescaling out and choose `--input-range`",
            ));
        }
        match &self.scaling {
            Some(other) if other != scaling => Err(subject.unsupported(
                "the image is read in two ranges",
                "let all layers that read the image read one rescaling of it",
            )),
            _ => {
                self.scaling = Some(scaling.clone());
                Ok(())
            }
        }
    }

    /// A weight of the layer, in Keras's layout; `index` counts its weights.
    pub(super) fn weight(
        &self,
        subject: Subject<'_>,
        names: &'static [&'static str],
        index: usize,
        shape: &[usize],
    ) -> Result<Tensor, ContentError> {
        let place = &subject.layer.place;
        self.variables
            .tensor(place, Variable { names }, index, shape)
    }

    /// Gives a node a parameter.
    pub(super) fn fill(
        &mut self,
        node: NodeIndex,
        suffix: &str,
        shape: Vec<usize>,
        data: Vec<f32>,
    ) {
        let name = format!("{}.{suffix}", self.builder.node(node).name);
        self.parameters.insert(name, Tensor::new(shape, data));
    }
}
