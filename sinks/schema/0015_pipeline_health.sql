-- How the stages stand, as the broker tells it: for banners and for looking back.

CREATE TABLE IF NOT EXISTS pipeline_health
(
    stage LowCardinality(String) COMMENT 'intake, tally or sink',
    `at` DateTime('UTC') COMMENT 'when, cut to ten seconds: several sinks write the same row',
    state LowCardinality(String) COMMENT 'of the consumer group, as Kafka calls it: Stable, PreparingRebalance, Empty …; unknown where the broker does not tell',
    members UInt32 COMMENT 'workers in the group; 0: the stage is down',
    partitions UInt32 COMMENT 'that the stage reads',
    committed UInt64 COMMENT 'sum of committed offsets',
    `end` UInt64 COMMENT 'sum of end offsets',
    lag UInt64 COMMENT 'records not read yet',
    late_s Float64 COMMENT 'for how long nothing of the lag was read; 0 while there is none or it moves',
    version UInt64 COMMENT 'milliseconds since 1970, of the machine that wrote it'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (stage, `at`)
TTL toDateTime(intDiv(version, 1000)) + INTERVAL 14 DAY
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Lag and members of each stage, every ten seconds; kept for 14 days by the clock of the machine';
