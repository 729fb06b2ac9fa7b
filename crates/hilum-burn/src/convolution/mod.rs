//! Convolution and its gradients, in the formulations that are fast on `flex`.

mod input_gradient;
mod taps;
mod tiled;
mod weight_gradient;

use burn_tensor::Tensor;
use burn_tensor::module::conv2d;
use burn_tensor::ops::ConvOptions;

use hilum_graph::Padding;

use crate::device;
use crate::shards::{self, Shards};
use crate::variables::per_channel;

pub(crate) use input_gradient::input_gradient;
pub(crate) use weight_gradient::weight_gradient;

/// How a kernel moves over an image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: Padding,
    pub(crate) groups: usize,
}

impl Window {
    fn options(&self) -> ConvOptions<2> {
        ConvOptions::new_with_padding(self.stride, self.around(), [1, 1], self.groups)
    }

    /// Before and after, by axis.
    fn around(&self) -> [(usize, usize); 2] {
        let Padding {
            top,
            bottom,
            left,
            right,
        } = self.padding;
        [(top, bottom), (left, right)]
    }

    /// The result's rows and columns for a padded image of `size`.
    fn output(&self, size: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| (size[axis] - self.kernel[axis]) / self.stride[axis] + 1)
    }

    /// Whether each pixel is mapped on its own.
    fn is_pointwise(&self) -> bool {
        self.kernel == [1, 1]
            && self.stride == [1, 1]
            && self.padding == Padding::NONE
            && self.groups == 1
    }

    /// Whether each channel has one kernel of its own.
    fn is_depthwise(&self, weight: [usize; 4]) -> bool {
        weight[1] == 1 && weight[0] == self.groups
    }
}

/// `weight` is `[out, in / groups, rows, columns]`.
pub(crate) fn forward(
    input: &Shards,
    weight: &Tensor<4>,
    bias: Option<&Tensor<1>>,
    window: Window,
) -> Shards {
    if device::is_cpu(&weight.device()) && window.groups == 1 && !window.is_pointwise() {
        return forward_in_tiles(input, weight, bias, window);
    }
    let (weight, bias) = (weight.clone(), bias.cloned());
    shards::each(input, move |shard| {
        conv2d(shard, weight.clone(), bias.clone(), window.options())
    })
}

fn forward_in_tiles(
    input: &Shards,
    weight: &Tensor<4>,
    bias: Option<&Tensor<1>>,
    window: Window,
) -> Shards {
    let merging_pays = merging_pays(input, weight.dims());
    let matrix = tiled::matrix(weight.clone());
    let bias = bias.map(|bias| per_channel(bias.clone()));
    let convolve = move |images| {
        let result = tiled::convolve(images, &matrix, window);
        match &bias {
            Some(bias) => result + bias.clone(),
            None => result,
        }
    };
    if merging_pays {
        shards::merged(input, convolve)
    } else {
        shards::each(input, convolve)
    }
}

/// Whether the kernels are larger than the images: reading them once for all images then
/// outweighs work side by side.
fn merging_pays(images: &Shards, weight: [usize; 4]) -> bool {
    let [count, channels, rows, columns] = images[0].dims();
    weight.iter().product::<usize>() > count * channels * rows * columns
}
