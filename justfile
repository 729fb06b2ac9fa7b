# The same steps as `.ci/run`, one by one.

default: check

# Everything that must pass before a change lands.
check:
    .ci/run

format:
    cargo fmt --all

lint:
    cargo clippy --workspace --all-targets -- -D warnings

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

test:
    cargo test --workspace

# Licences and advisories of the dependencies; needs cargo-deny.
deny:
    cargo deny check
