# The program alone, in a small image. Swift's libraries are linked in; what it links beyond libc are libssl (with
# libcrypto), libz, liblz4 and the C++ runtime.
FROM swift:6.3.1-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl-dev zlib1g-dev liblz4-dev pkg-config python3 python3-venv libjs-chart.js \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN Scripts/setup web && swift build -c release --static-swift-stdlib --product event-analytics \
    && install -D --strip .build/release/event-analytics /out/event-analytics

FROM debian:bookworm-20260824-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl3 zlib1g liblz4-1 libstdc++6 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin event-analytics \
    && install -d -o event-analytics -g event-analytics /var/lib/event-analytics
COPY --from=build /out/event-analytics /usr/local/bin/event-analytics
USER event-analytics
WORKDIR /var/lib/event-analytics
# Where `broker` keeps its log, should this image run one.
ENV DATA_DIR=/var/lib/event-analytics
EXPOSE 8080
# There is no curl here: the program asks itself.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=6 CMD ["event-analytics", "health", "api"]
ENTRYPOINT ["event-analytics"]
CMD ["api"]
