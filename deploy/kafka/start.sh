#!/bin/sh
# Starts Kafka inside the apache/kafka image: start.sh [SETTINGS]; formats an empty log first.
# KAFKA_BIN: where Kafka's own scripts are.
set -eu
settings=${1:-/etc/huishang-kafka/server.properties}
bin=${KAFKA_BIN:-/opt/kafka/bin}
log=$(sed -n 's/^log\.dirs=//p' "$settings")
# A log that is there keeps the cluster id it was formatted with.
if [ ! -f "$log/meta.properties" ]; then
    "$bin/kafka-storage.sh" format --cluster-id "$("$bin/kafka-storage.sh" random-uuid)" --config "$settings"
fi
exec "$bin/kafka-server-start.sh" "$settings"
