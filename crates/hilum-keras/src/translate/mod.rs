//! Keras's layers as nodes of a graph.

mod activation;
mod affine;
mod convolution;
mod dense;
mod ending;
mod merge;
mod norm;
mod pooling;
mod shape;
mod translator;
mod value;
mod walk;

use hilum_graph::{Graph, Parameters};

use crate::config::Network;
use crate::error::ContentError;
use crate::file::Variables;
use crate::left_out::LeftOut;
use crate::model::{Scaling, Wishes};
use translator::Translator;

/// A network in hilum's terms.
pub(crate) struct Translated {
    pub(crate) graph: Graph,
    pub(crate) parameters: Parameters,
    pub(crate) scaling: Option<Scaling>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// Translates a model, layer by layer.
pub(crate) fn translate(
    network: &Network,
    variables: &Variables,
    wishes: &Wishes,
) -> Result<Translated, ContentError> {
    let image = walk::image_shape(network, wishes)?;
    let mut translator = Translator::new(&network.name, image, variables)?;
    let input = translator.image();
    let output = walk::run(&mut translator, network, &[input], "")?;
    ending::finish(translator, &output)
}
