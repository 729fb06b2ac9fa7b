//! Convolution and its gradients, in the formulations that are fast on `flex`.

mod input_gradient;
mod taps;
mod weight_gradient;

use burn_tensor::Tensor;
use burn_tensor::module::conv2d;
use burn_tensor::ops::ConvOptions;

use hilum_graph::Padding;

use crate::shards::{self, Shards};

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
    let merging_pays = merging_pays(input, weight.dims());
    let (weight, bias) = (weight.clone(), bias.cloned());
    let convolve = move |images| conv2d(images, weight.clone(), bias.clone(), window.options());
    if merging_pays {
        shards::merged(input, convolve)
    } else {
        shards::each(input, convolve)
    }
}

/// Whether the kernels are larger than the images: Burn rearranges them at every call, and one
/// call for all images then outweighs work side by side.
fn merging_pays(images: &Shards, weight: [usize; 4]) -> bool {
    let [count, channels, rows, columns] = images[0].dims();
    weight.iter().product::<usize>() > count * channels * rows * columns
}
