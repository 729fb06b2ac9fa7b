//! `hilum arch`: the architectures, and one of them layer by layer.

use std::io;

use clap::ArgMatches;
use hilum_experiment::ExperimentError;
use hilum_graph::{Architecture, Shape, Summary, summarise};

use crate::arguments::Format;
use crate::error::{ArgumentError, CommandError};
use crate::screen::{self, Screen, stdout_width};
use crate::summary::Table;

/// What `hilum arch` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hilum arch\n  hilum arch mobilenet-v2 --class-count 4")]
pub(crate) struct Arguments {
    /// An architecture; all are listed if left out
    name: Option<String>,

    /// Classes that it tells apart
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    class_count: usize,

    /// Side of the input in pixels; the architecture's own if left out
    #[arg(long, visible_alias = "imgsz", value_name = "PIXELS")]
    image_size: Option<usize>,

    /// `text` is a table, `json` one object, `csv` a row per layer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints the list or the summary.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    _screen: &Screen,
) -> Result<(), CommandError> {
    if let Some(name) = &arguments.name {
        let architecture: Architecture = name.parse().map_err(ArgumentError::from)?;
        layers(&summary(architecture, arguments)?, arguments.format)
    } else {
        let summaries: Result<Vec<_>, CommandError> = Architecture::ALL
            .into_iter()
            .map(|architecture| Ok((architecture, summary(architecture, arguments)?)))
            .collect();
        list(&summaries?, arguments.format)
    }
}

fn summary(architecture: Architecture, arguments: &Arguments) -> Result<Summary, CommandError> {
    let own = architecture.default_input();
    let size = |own| arguments.image_size.unwrap_or(own);
    let input = Shape::new(size(own.height), size(own.width), own.channels);
    let graph = architecture
        .build(input, arguments.class_count, None)
        .map_err(ExperimentError::from)?;
    Ok(summarise(&graph))
}

fn list(summaries: &[(Architecture, Summary)], format: Format) -> Result<(), CommandError> {
    let header = [
        "architecture",
        "what it is",
        "input",
        "parameters",
        "multiply-adds",
    ];
    let rows = summaries.iter().map(|(architecture, summary)| {
        vec![
            architecture.to_string(),
            architecture.description().to_owned(),
            architecture.default_input().to_string(),
            grouped(summary.parameters as u64),
            grouped(summary.multiply_adds),
        ]
    });
    match format {
        Format::Text => screen::print(list_for_a_person(&header, &rows.collect::<Vec<_>>()))?,
        Format::Csv => screen::print_csv(&csv_text(&header, rows)?)?,
        Format::Json => {
            let summaries: Vec<&Summary> = summaries.iter().map(|(_, summary)| summary).collect();
            screen::print_json(&serde_json::to_string_pretty(&summaries)?)?;
        }
    }
    Ok(())
}

/// One table, or two where one is too wide: the figures, and what the networks are.
fn list_for_a_person(header: &[&str], rows: &[Vec<String>]) -> String {
    let whole = table(header, rows.iter().cloned(), 3);
    if whole.fits(stdout_width()) {
        return whole.to_string();
    }
    let part = |columns: &[usize], left_count| {
        let pick = |row: &Vec<String>| columns.iter().map(|column| row[*column].clone()).collect();
        let names: Vec<&str> = columns.iter().map(|column| header[*column]).collect();
        table(&names, rows.iter().map(pick), left_count)
    };
    format!("{}\n\n{}", part(&[0, 2, 3, 4], 2), part(&[0, 1], 2))
}

fn layers(summary: &Summary, format: Format) -> Result<(), CommandError> {
    let header = [
        "layer",
        "operation",
        "output",
        "parameters",
        "multiply-adds",
    ];
    let rows = summary.layers.iter().map(|layer| {
        vec![
            layer.name.clone(),
            layer.operation.clone(),
            layer.output.to_string(),
            grouped(layer.parameters as u64),
            grouped(layer.multiply_adds),
        ]
    });
    match format {
        Format::Text => screen::print(format_args!(
            "{}\n\n{}\n\nparameters         {:>15}\nrunning statistics {:>15}\nmultiply-adds      {:>15}",
            summary.name,
            table(&header, rows, 3),
            grouped(summary.parameters as u64),
            grouped(summary.statistics as u64),
            grouped(summary.multiply_adds),
        ))?,
        Format::Csv => screen::print_csv(&csv_text(&header, rows)?)?,
        Format::Json => screen::print_json(&serde_json::to_string_pretty(summary)?)?,
    }
    Ok(())
}

fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>, left_count: usize) -> Table {
    let mut table = Table::new(header.iter().copied(), left_count);
    rows.for_each(|row| table.row(row));
    table
}

fn csv_text(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        let plain = row.iter().map(|cell| cell.replace('\u{202f}', ""));
        writer.write_record(plain)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Thousands apart by a narrow space.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(8_779_780).replace('\u{202f}', " "), "8 779 780");
        assert_eq!(grouped(999), "999");
    }
}
