//! Prints the page of every audit rule: `cargo run --example audit_rules > docs/audit-rules.md`.

#![expect(clippy::print_stdout, reason = "an example for the terminal")]

fn main() {
    print!("{}", hilum_dataset::audit::all_pages());
}
