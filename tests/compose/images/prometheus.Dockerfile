# Debian's Prometheus where the official image has its own, and busybox's wget like there.
ARG BASE
FROM ${BASE}
COPY usr /usr
COPY wget /bin/
RUN mkdir /prometheus && chown 65534:65534 /prometheus
USER 65534:65534
ENTRYPOINT ["/bin/prometheus"]
