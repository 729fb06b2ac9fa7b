//! Between the host, where channels are innermost, and the device, where they are outermost.

use burn_tensor::{Device, Tensor, TensorData};

use hilum_graph::{Batch, Shape};

/// `[images, channels, height, width]` on `device`.
pub(crate) fn upload(images: &Batch, device: &Device) -> Tensor<4> {
    let Shape {
        height,
        width,
        channels,
    } = images.shape;
    let values = images.data.clone();
    tensor(values, [images.count, height, width, channels], device).permute([0, 3, 1, 2])
}

/// The values of `[images, channels, height, width]`, image by image, channels innermost.
pub(crate) fn download(images: Tensor<4>) -> Vec<f32> {
    values(images.permute([0, 2, 3, 1]))
}

/// A tensor on `device` from row-major values.
pub(crate) fn tensor<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &Device,
) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A tensor's values on the host, row-major.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data();
    let values = data.as_slice::<f32>().expect("every tensor here holds f32");
    values.to_vec()
}

/// A row per image of what several tensors hold of it, each given image by image.
pub(crate) fn rows(results: &[Vec<f32>], image_count: usize) -> Vec<f32> {
    let mut rows = Vec::new();
    for image in 0..image_count {
        for result in results {
            let len = result.len() / image_count;
            rows.extend_from_slice(&result[image * len..][..len]);
        }
    }
    rows
}
