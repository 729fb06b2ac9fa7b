//! From a tensor to what is judged.

use hilum_experiment::{MemoryFile, Prepared};
use hilum_imaging::{Channels, Pixels, Recipe};

use super::request::{InputTensor, Values};
use crate::refusal::Refusal;

/// What is judged.
pub(super) enum Judged {
    /// Files of one slice each, called by their positions.
    Files(Vec<MemoryFile>),
    /// What a recipe made of slices.
    Prepared(Prepared),
}

/// In which order the values of an image come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Channels innermost.
    Last,
    /// Channel by channel.
    First,
}

/// Images of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Images {
    count: usize,
    channels: usize,
    layout: Layout,
}

impl Judged {
    /// # Errors
    /// `400`, `413`.
    pub(super) fn of(
        input: &InputTensor,
        values: Values,
        recipe: &Recipe,
        most: usize,
    ) -> Result<Self, Refusal> {
        let expected = match input.name.as_str() {
            "image" => "BYTES",
            "pixels" => "UINT8",
            "tensor" => "FP32",
            _ => {
                return Err(Refusal::malformed("there is no input of this name")
                    .hint("one of `image` (BYTES), `pixels` (UINT8), `tensor` (FP32)"));
            }
        };
        if input.datatype != expected {
            let error = format!("the input `{}` is of type `{expected}`", input.name);
            return Err(Refusal::malformed(error));
        }
        if expected == "BYTES" {
            return files(input, values, most).map(Self::Files);
        }
        let images = Images::of(&input.shape, recipe).ok_or_else(|| wrong_shape(input, recipe))?;
        if images.count > most {
            return Err(too_many(images.count, most));
        }
        let prepared = if expected == "UINT8" {
            Prepared::Pixels(pixels(images, bytes(values)?, recipe)?)
        } else {
            if images.channels != recipe.channels.count() {
                return Err(wrong_shape(input, recipe));
            }
            Prepared::Values(images.channels_last(floats(values)?, recipe)?)
        };
        Ok(Self::Prepared(prepared))
    }
}

fn too_many(count: usize, most: usize) -> Refusal {
    Refusal::too_large(format!(
        "{count} slices, and no more than {most} are taken at once"
    ))
}

fn wrong_shape(input: &InputTensor, recipe: &Recipe) -> Refusal {
    let (height, width) = (recipe.height, recipe.width);
    let channels = recipe.channels.count();
    Refusal::malformed(format!("the input `{}` has another shape", input.name)).hint(format!(
        "`[COUNT, {height}, {width}, {channels}]`, or `[COUNT, {channels}, {height}, {width}]`"
    ))
}

/// Files, called by their positions.
fn files(input: &InputTensor, values: Values, most: usize) -> Result<Vec<MemoryFile>, Refusal> {
    let count = product(&input.shape).filter(|count| *count > 0);
    let count = count.ok_or_else(|| Refusal::malformed("the input has no element"))?;
    if count > most {
        return Err(too_many(count, most));
    }
    let files = match values {
        Values::Json(data) if data.numbers.is_empty() => data.decoded().map_err(|index| {
            Refusal::malformed(format!("element {index} of `image` is not in base64"))
        })?,
        Values::Json(_) => {
            return Err(Refusal::malformed("the elements of `image` are no texts"));
        }
        Values::Binary(bytes) => split(&bytes, count)?,
    };
    if files.len() != count {
        let found = files.len();
        let error = format!("the shape names {count} elements, and there are {found}");
        return Err(Refusal::malformed(error));
    }
    let files = files.into_iter().enumerate();
    let file =
        |(index, bytes)| MemoryFile::new(format!("image/{index}"), Vec::into_boxed_slice(bytes));
    Ok(files.map(file).collect())
}

/// Elements of BYTES: each behind its length in four bytes, little-endian; a single one may stand by
/// itself, as OpenVINO Model Server takes it.
fn split(bytes: &[u8], count: usize) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut elements = Vec::new();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let Some((element, after)) = after.split_at_checked(length) else {
            break;
        };
        elements.push(element.to_vec());
        rest = after;
    }
    match (rest.is_empty(), count) {
        (true, _) => Ok(elements),
        (false, 1) => Ok(vec![bytes.to_vec()]),
        (false, _) => Err(Refusal::malformed(
            "the binary data is not as the lengths of its elements say",
        )),
    }
}

fn product(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1_usize, |product, side| product.checked_mul(*side))
}

impl Images {
    /// `[COUNT, H, W, C]`, `[COUNT, C, H, W]`, `[H, W, C]` or `[COUNT, H, W]`; grey where the recipe
    /// has colours, too.
    fn of(shape: &[usize], recipe: &Recipe) -> Option<Self> {
        let (height, width) = (recipe.height, recipe.width);
        let own = recipe.channels.count();
        let is_side = |channels: usize| channels == own || channels == 1;
        let (count, channels, layout) = match *shape {
            [count, h, w, c] if (h, w) == (height, width) && is_side(c) => (count, c, Layout::Last),
            [count, c, h, w] if (h, w) == (height, width) && is_side(c) => {
                (count, c, Layout::First)
            }
            [h, w, c] if (h, w) == (height, width) && is_side(c) => (1, c, Layout::Last),
            [count, h, w] if (h, w) == (height, width) => (count, 1, Layout::Last),
            _ => return None,
        };
        (count > 0).then_some(Self {
            count,
            channels,
            layout,
        })
    }

    /// The values with channels innermost.
    fn channels_last<T: Copy>(self, values: Vec<T>, recipe: &Recipe) -> Result<Vec<T>, Refusal> {
        let places = recipe.height * recipe.width;
        let expected = self.count.checked_mul(places * self.channels);
        if expected != Some(values.len()) {
            let found = values.len();
            let error = format!("{found} values, and the shape names another number of them");
            return Err(Refusal::malformed(error));
        }
        if self.layout == Layout::Last || self.channels == 1 {
            return Ok(values);
        }
        let mut turned = Vec::with_capacity(values.len());
        for image in values.chunks_exact(places * self.channels) {
            for place in 0..places {
                let channels = 0..self.channels;
                turned.extend(channels.map(|channel| image[channel * places + place]));
            }
        }
        Ok(turned)
    }
}

fn pixels(images: Images, bytes: Vec<u8>, recipe: &Recipe) -> Result<Vec<Pixels>, Refusal> {
    let bytes = images.channels_last(bytes, recipe)?;
    let channels = if images.channels == 1 {
        Channels::Grey
    } else {
        Channels::Rgb
    };
    let size = recipe.height * recipe.width * images.channels;
    let slices = bytes.chunks_exact(size);
    let slice = |bytes: &[u8]| Pixels::new(recipe.width, recipe.height, channels, bytes.to_vec());
    Ok(slices.map(slice).collect())
}

fn bytes(values: Values) -> Result<Vec<u8>, Refusal> {
    let data = match values {
        Values::Binary(bytes) => return Ok(bytes.to_vec()),
        Values::Json(data) => data,
    };
    let is_byte = |value: &f32| value.fract() == 0.0 && (0.0..=255.0).contains(value);
    if !data.texts.is_empty() || !data.numbers.iter().all(is_byte) {
        return Err(Refusal::malformed(
            "`pixels` are whole numbers from 0 to 255",
        ));
    }
    Ok(data.numbers.into_iter().map(|value| value as u8).collect())
}

fn floats(values: Values) -> Result<Vec<f32>, Refusal> {
    let numbers = match values {
        Values::Json(data) if data.texts.is_empty() => data.numbers,
        Values::Json(_) => return Err(Refusal::malformed("`tensor` is of numbers")),
        Values::Binary(bytes) => {
            let (numbers, rest) = bytes.as_chunks::<4>();
            if !rest.is_empty() {
                return Err(Refusal::malformed("`tensor` is of four bytes a value"));
            }
            numbers
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect()
        }
    };
    if numbers.iter().all(|value| value.is_finite()) {
        Ok(numbers)
    } else {
        Err(Refusal::malformed(
            "`tensor` holds what is no finite number",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_stands_behind_its_length_or_alone() {
        let two = b"\x02\0\0\0ab\x01\0\0\0c";
        assert_eq!(split(two, 2), Ok(vec![b"ab".to_vec(), b"c".to_vec()]));
        let png = b"\x89PNG\r\n\x1a\n....";
        assert_eq!(split(png, 1), Ok(vec![png.to_vec()]));
        assert!(split(png, 2).is_err());
        assert!(split(b"\x05\0\0\0ab\x01\0\0\0c", 2).is_err());
    }

    #[test]
    fn images_come_in_either_layout() {
        let recipe = Recipe {
            height: 1,
            width: 2,
            ..Recipe::imagenet(8)
        };
        let layout = |shape: &[usize]| Images::of(shape, &recipe).map(|images| images.layout);
        assert_eq!(layout(&[4, 1, 2, 3]), Some(Layout::Last));
        assert_eq!(layout(&[4, 3, 1, 2]), Some(Layout::First));
        assert_eq!(layout(&[4, 3, 2, 1]), None);
        assert_eq!(layout(&[0, 1, 2, 3]), None);
        let images = Images::of(&[1, 3, 1, 2], &recipe).unwrap();
        let turned = images.channels_last(vec![1, 2, 3, 4, 5, 6], &recipe);
        assert_eq!(turned, Ok(vec![1, 3, 5, 2, 4, 6]));
        assert!(images.channels_last(vec![1], &recipe).is_err());
    }
}
