# Our own endpoint over the embedded store where ClickHouse would be: the same engine, in Python.
ARG BASE
ARG HUISHANG
FROM ${BASE} AS build
COPY embedded.txt .
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=secret,id=ca.pem \
    python3 -m venv /build \
    && /build/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        --target /opt/embedded --requirement embedded.txt

FROM ${HUISHANG}
COPY --from=build /opt/embedded /opt/embedded
COPY server.py /opt/embedded/
USER 0:0
RUN mkdir /var/lib/clickhouse && chown 101:101 /var/lib/clickhouse
USER 101:101
ENV PYTHONPATH=/opt/embedded
ENTRYPOINT ["python3", "/opt/embedded/server.py"]
