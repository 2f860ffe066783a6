# The verbs of everyday work; `just` alone lists them. Each is one line you could type yourself.

_default:
    @just --list --unsorted

# Does it compile?
check:
    cargo check --workspace --all-targets

# Run every test.
test *args:
    cargo test --workspace {{ args }}

# Everything that looks at the text of the code: form, lints, licences and bans.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo deny check bans licenses sources

# Run a template: the diary, unless another is named.
up *args:
    cargo run --release -- up {{ args }}

# Play a story on the running stack (or, with --virtual, in the simulator).
drill file="stacks/diary/drills/tasks-die.yaml" *args:
    cargo run --release -- drill {{ file }} {{ args }}

# Measure against nginx, side by side.
bench *args:
    bench/run {{ args }}

# Which rows of AWS's behaviour are held, which are not yet.
ledger *args:
    cargo run --quiet --package xtask -- ledger {{ args }}
