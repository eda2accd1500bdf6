# Debian's Alertmanager where the official image has its own, and busybox's wget like there.
ARG BASE
FROM ${BASE}
COPY usr /usr
COPY wget /bin/
RUN ln -s prometheus-alertmanager /usr/bin/alertmanager && mkdir /alertmanager && chown 65534:65534 /alertmanager
USER 65534:65534
ENTRYPOINT ["/bin/alertmanager"]
