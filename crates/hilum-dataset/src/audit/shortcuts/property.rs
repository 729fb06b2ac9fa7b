//! One number per image.

use crate::audit::facts::SliceFacts;

/// A simple property of an image.
pub(in crate::audit) struct Property {
    /// Its name in JSON.
    pub(in crate::audit) key: &'static str,
    /// Its name in a sentence.
    pub(in crate::audit) name: &'static str,
    pub(in crate::audit) of: fn(&SliceFacts) -> f64,
}

const fn property(key: &'static str, name: &'static str, of: fn(&SliceFacts) -> f64) -> Property {
    Property { key, name, of }
}

/// All of them.
pub(in crate::audit) static PROPERTIES: [Property; 17] = [
    property("width", "the width", |slice| slice.width as f64),
    property("height", "the height", |slice| slice.height as f64),
    property("aspect", "the aspect ratio", |slice| {
        slice.width as f64 / slice.height as f64
    }),
    property("file_format", "the file format", |slice| {
        f64::from(slice.format as u8)
    }),
    property("stores_color", "storing colours", |slice| {
        f64::from(u8::from(slice.stores_color))
    }),
    property("color_share", "the share of coloured pixels", |slice| {
        slice.color_share
    }),
    property("mean", "the mean grey level", |slice| slice.grey.mean),
    property("contrast", "the contrast", |slice| {
        slice.grey.standard_deviation
    }),
    property(
        "percentile_10",
        "the 10th percentile of grey levels",
        |slice| f64::from(slice.grey.percentile(10)),
    ),
    property(
        "percentile_25",
        "the 25th percentile of grey levels",
        |slice| f64::from(slice.grey.percentile(25)),
    ),
    property("percentile_50", "the median grey level", |slice| {
        f64::from(slice.grey.percentile(50))
    }),
    property(
        "percentile_75",
        "the 75th percentile of grey levels",
        |slice| f64::from(slice.grey.percentile(75)),
    ),
    property(
        "percentile_90",
        "the 90th percentile of grey levels",
        |slice| f64::from(slice.grey.percentile(90)),
    ),
    property(
        "percentile_99",
        "the 99th percentile of grey levels",
        |slice| f64::from(slice.grey.percentile(99)),
    ),
    property("black_share", "the share of black pixels", |slice| {
        slice.grey.black_share
    }),
    property("sharpness", "the sharpness", |slice| slice.grey.sharpness),
    property("border", "the grey level of the border", |slice| {
        slice.grey.border_mean
    }),
];
