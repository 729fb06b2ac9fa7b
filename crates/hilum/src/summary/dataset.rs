//! What a dataset holds.

use hilum_dataset::Dataset;

use super::Table;

/// Classes down, splits across, counts in the cells.
pub(crate) fn class_table(dataset: &Dataset) -> Table {
    let splits = dataset.splits();
    let header = std::iter::once("class").chain(splits.iter().map(|split| split.as_str()));
    let mut table = Table::new(header, 1);
    let counts: Vec<Vec<usize>> = splits
        .iter()
        .map(|split| dataset.class_counts(*split))
        .collect();
    for (index, name) in dataset.classes().names().iter().enumerate() {
        let cells = counts.iter().map(|column| column[index].to_string());
        table.row(std::iter::once(name.to_string()).chain(cells));
    }
    table
}
