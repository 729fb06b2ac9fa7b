//! A batch in pieces, so that every core has one to work on.
//!
//! Burn's `flex` runs element-wise operations and reductions on one thread. Pieces of the batch
//! side by side keep all cores busy and each piece in the cache; a GPU takes the batch whole.

use burn_tensor::{Tensor, TensorData};

use hilum_graph::{Batch, Logits, Shape};

use crate::lanes;

/// Activations `[images, channels, height, width]`, cut along the images; never empty.
pub(crate) type Shards = Vec<Tensor<4>>;

/// The largest count of images in a shard on the CPU.
const IMAGES_PER_SHARD: usize = 1;

/// How many images each shard of a batch of `count` takes.
pub(crate) fn shard_sizes(count: usize, whole: bool) -> Vec<usize> {
    if whole {
        return vec![count];
    }
    let shards = count.div_ceil(IMAGES_PER_SHARD);
    (0..shards)
        .map(|shard| count * (shard + 1) / shards - count * shard / shards)
        .collect()
}

/// `operation` on every shard, side by side; results in order.
pub(crate) fn each<T: Send + 'static>(
    shards: &[Tensor<4>],
    operation: impl Fn(Tensor<4>) -> T + Send + Sync + 'static,
) -> Vec<T> {
    lanes::map(shards.to_vec(), operation)
}

/// The same, in place where Burn can.
pub(crate) fn map(
    shards: Shards,
    operation: impl Fn(Tensor<4>) -> Tensor<4> + Send + Sync + 'static,
) -> Shards {
    lanes::map(shards, operation)
}

/// `operation` on shards of the same images, side by side, in place where Burn can.
pub(crate) fn zip<T: Send + 'static, U: Send + 'static>(
    left: Shards,
    right: Vec<U>,
    operation: impl Fn(Tensor<4>, U) -> T + Send + Sync + 'static,
) -> Vec<T> {
    let pairs = left.into_iter().zip(right).collect();
    lanes::map(pairs, move |(left, right)| operation(left, right))
}

/// All images in one tensor.
pub(crate) fn merge(shards: Shards) -> Tensor<4> {
    Tensor::cat(shards, 0)
}

/// `operation` on all images at once.
pub(crate) fn merged(shards: &Shards, operation: impl FnOnce(Tensor<4>) -> Tensor<4>) -> Shards {
    let sizes: Vec<usize> = shards.iter().map(|shard| shard.dims()[0]).collect();
    split(operation(merge(shards.clone())), &sizes)
}

/// One tensor in pieces of `sizes` images.
pub(crate) fn split(whole: Tensor<4>, sizes: &[usize]) -> Shards {
    if sizes.len() == 1 {
        return vec![whole];
    }
    let mut start = 0;
    sizes
        .iter()
        .map(|&size| {
            let shard = whole.clone().narrow(0, start, size);
            start += size;
            shard
        })
        .collect()
}

/// The sum over all shards of `[1, ...]` or equally shaped parts.
pub(crate) fn sum<const D: usize>(parts: Vec<Tensor<D>>) -> Tensor<D> {
    let mut parts = parts.into_iter();
    let first = parts.next().expect("a batch has at least one shard");
    parts.fold(first, Tensor::add)
}

/// The images with their channels outermost, as Burn wants them.
pub(crate) fn upload(images: &Batch, sizes: &[usize], device: &burn_tensor::Device) -> Shards {
    let Shape {
        height,
        width,
        channels,
    } = images.shape;
    let pixels = height * width;
    let mut rest = images.data.as_slice();
    sizes
        .iter()
        .map(|&size| {
            let (part, behind) = rest.split_at(size * pixels * channels);
            rest = behind;
            let mut planes = vec![0.0; part.len()];
            let sources = part.chunks_exact(pixels * channels);
            for (image, target) in sources.zip(planes.chunks_exact_mut(pixels * channels)) {
                for (pixel, values) in image.chunks_exact(channels).enumerate() {
                    for (channel, value) in values.iter().enumerate() {
                        target[channel * pixels + pixel] = *value;
                    }
                }
            }
            tensor(planes, [size, channels, height, width], device)
        })
        .collect()
}

/// A node's results on the host, channels innermost, image by image.
pub(crate) fn download_images(shards: Shards) -> Vec<f32> {
    values(merge(shards).permute([0, 2, 3, 1]))
}

/// Logits on the host.
pub(crate) fn download(shards: Shards) -> Logits {
    let class_count = shards[0].dims()[1];
    Logits::new(class_count, values(merge(shards)))
}

/// A tensor on `device` from row-major values.
pub(crate) fn tensor<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &burn_tensor::Device,
) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A tensor's values on the host, row-major.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data();
    let values = data.as_slice::<f32>().expect("every tensor here holds f32");
    values.to_vec()
}
