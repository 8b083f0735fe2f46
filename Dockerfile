# One binary on a small Debian, run by a user who owns nothing but /data. Needs BuildKit (Docker 23 or newer).

FROM rust:1.95-slim-bookworm AS builder
RUN apt-get update && apt-get install --yes --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches keep compiled dependencies between builds. A cache is not part of the image, hence `cp`.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --profile production --locked && cp target/production/seventytwo /usr/local/bin/seventytwo

FROM debian:bookworm-slim
# wget runs the health check; TLS roots are inside the binary.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends wget \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 7272 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin seventytwo \
    && install --directory --owner=seventytwo --group=seventytwo --mode=0700 /data
COPY --from=builder /usr/local/bin/seventytwo /usr/local/bin/seventytwo
COPY LICENSE assets/fonts/OFL.txt /usr/share/doc/seventytwo/
COPY assets/divisions/LICENSE /usr/share/doc/seventytwo/divisions-LICENSE

USER seventytwo
WORKDIR /data
# Photos, the embedded database and the generated key: keep this volume, and keep it private.
VOLUME /data
ENV SEVENTYTWO_BIND=0.0.0.0:7272 \
    SEVENTYTWO_DATA_DIR=/data \
    SEVENTYTWO_BLOBS=file:/data/blobs \
    DATABASE_URL=sqlite:/data/seventytwo.db
EXPOSE 7272
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["wget", "--quiet", "--tries=1", "--output-document=/dev/null", "http://127.0.0.1:7272/healthz"]
ENTRYPOINT ["seventytwo"]
CMD ["serve"]
