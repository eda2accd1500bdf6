# Apache Kafka's jars and Debian's Java, where the official image has its own: /opt/kafka, user 1000.
ARG BASE
FROM ${BASE}
COPY java /
COPY kafka /opt/kafka
RUN mkdir -p /var/lib/kafka/data && chown 1000:1000 /var/lib/kafka/data
ENV PATH=/usr/lib/jvm/current/bin:$PATH
USER 1000:1000
