#!/bin/sh
# Starts Kafka inside the apache/kafka image with server.properties; formats an empty log first.
set -eu
settings=/etc/huishang-kafka/server.properties
bin=/opt/kafka/bin
cluster=$("$bin/kafka-storage.sh" random-uuid)
# --ignore-formatted: a log that is there keeps its own cluster id.
"$bin/kafka-storage.sh" format --ignore-formatted --cluster-id "$cluster" --config "$settings"
exec "$bin/kafka-server-start.sh" "$settings"
