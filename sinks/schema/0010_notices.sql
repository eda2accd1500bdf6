-- Who was told of what, through which channel, and when.

CREATE TABLE IF NOT EXISTS notices
(
    channel LowCardinality(String) COMMENT 'name in channels.yaml',
    alert_id String COMMENT 'alerts.id or digests.id; empty: the row says since when the channel is there',
    status LowCardinality(String) COMMENT 'firing or escalated; issued: a digest; opened: the channel itself',
    since DateTime('UTC') COMMENT 'since when it has this status',
    county LowCardinality(String) COMMENT 'GB/T 2260 county code; 000000: the whole deployment',
    kind LowCardinality(String) COMMENT 'alerts, or the kind of digest',
    rule LowCardinality(String) COMMENT 'alerts.rule; empty for digests',
    level UInt8 COMMENT '1 red, 2 orange, 3 yellow, 4 blue',
    outcome LowCardinality(String) COMMENT 'sent; suppressed: held back by the limit or quiet hours; summed: held back and then counted in a summary; refused: the service does not want it',
    `at` DateTime64(3, 'UTC') COMMENT 'when',
    notice String COMMENT 'message that carried it: those sent as one share it; empty if there was none',
    tries UInt32 COMMENT 'how often the message was sent until it was taken, or put aside',
    reason String COMMENT 'suppressed, summed: limit or quiet; refused: what the service said',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (channel, alert_id, status, since)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Who was told of which alert or digest, through which channel and when';
