# Short names for what is done often; `just` lists them. Each is one plain command, so `just` is optional.

# list the recipes
default:
    @just --list

# a practice world, thrown away afterwards
demo:
    cargo run -- demo

# the tests, on SQLite and, where `initdb` is found, on PostgreSQL
test *filter:
    cargo test {{filter}}

# everything that must hold before a change is let in
ci:
    bash .ci/run

# measure
bench *filter:
    cargo bench {{filter}}

# format
fmt:
    cargo fmt --all
