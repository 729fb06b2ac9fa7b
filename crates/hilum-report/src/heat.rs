//! Where the model looked, over all slices.

use hilum_metrics::{HeatShares, HeatTable};
use serde::{Deserialize, Serialize};

use crate::figures::percent;
use crate::picture::{Picture, PictureView};
use crate::table::{Row, Table};

/// Where the model looked, over all slices of an evaluation: what shows a shortcut.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeatSection {
    /// How the maps were made: `grad-cam`.
    pub method: String,
    /// Of which layer, as the graph calls it.
    pub layer: String,
    /// A row a class.
    pub classes: Vec<HeatRow>,
    /// What a reader is warned of, such as heat outside of the body: a whole sentence each.
    pub remarks: Vec<String>,
    /// Some of the maps.
    pub pictures: Vec<Picture>,
}

/// Where the model looked on the slices of one class; shares are in `0.0..=1.0`, means over slices.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeatRow {
    /// The class.
    pub name: String,
    /// How many maps the shares are means of.
    pub count: usize,
    /// The share of the heat inside the lungs; `None` where no lungs were found.
    pub inside_lungs: Option<f64>,
    /// The share of the heat outside of the body; `None` where no body was found.
    pub outside_body: Option<f64>,
    /// The share of the heat on the lesion and its margin; `None` where nobody knows where it is.
    pub on_lesion: Option<f64>,
}

impl From<&HeatTable> for HeatSection {
    /// What an evaluation's `metrics.json` says, without pictures.
    fn from(table: &HeatTable) -> Self {
        let row = |(name, shares): (&String, &HeatShares)| HeatRow {
            name: name.clone(),
            count: shares.count,
            inside_lungs: shares.inside_lungs,
            outside_body: shares.outside_body,
            on_lesion: None,
        };
        Self {
            method: table.method.clone(),
            layer: table
                .layer
                .clone()
                .unwrap_or_else(|| "the image itself".to_owned()),
            classes: table.per_class.iter().map(row).collect(),
            remarks: table.concern.clone().into_iter().collect(),
            pictures: Vec::new(),
        }
    }
}

/// What the page shows of it.
#[derive(Serialize)]
pub(crate) struct HeatView<'a> {
    method: &'a str,
    layer: &'a str,
    table: Table,
    remarks: &'a [String],
    pictures: Vec<PictureView>,
}

impl<'a> HeatView<'a> {
    pub(crate) fn new(heat: &'a HeatSection) -> Self {
        let row = |row: &HeatRow| {
            let shares = [row.inside_lungs, row.outside_body, row.on_lesion].map(percent);
            let count = row.count.to_string();
            Row::new(row.name.as_str(), shares.into_iter().chain([count]))
        };
        Self {
            method: &heat.method,
            layer: &heat.layer,
            table: Table::new("Where the heat lies, mean over slices", "class")
                .numbers([
                    "in the lungs",
                    "outside the body",
                    "on the lesion",
                    "slices",
                ])
                .rows(heat.classes.iter().map(row))
                .stacked(),
            remarks: &heat.remarks,
            pictures: heat.pictures.iter().map(PictureView::new).collect(),
        }
    }
}
