-- What Huishang says: alerts, daily reports, answers to bad events.
-- Text that stays is redacted, and leaves after 30 days.

CREATE TABLE IF NOT EXISTS alerts
(
    id String COMMENT '16 hex digits: hash of rule, county, category and window; raised once',
    rule LowCardinality(String) COMMENT 'which rule raised it',
    level UInt8 COMMENT '1 red, 2 orange, 3 yellow, 4 blue',
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    category LowCardinality(String) COMMENT 'taxonomy leaf; empty when the rule looks at no category',
    window_start DateTime('UTC') COMMENT 'start of what the rule looked at',
    window_end DateTime('UTC') COMMENT 'end of what the rule looked at',
    observed Float64 COMMENT 'what was seen, in reports unless the rule says otherwise',
    `limit` Float64 COMMENT 'the limit that was reached or passed',
    expected Nullable(Float64) COMMENT 'what the baseline expects; NULL for absolute rules',
    p_value Nullable(Float64) COMMENT 'chance of the observed under the baseline; NULL for absolute rules',
    title String COMMENT 'one line, plain Chinese',
    reason String COMMENT 'why it was raised, plain Chinese',
    history Array(UInt32) COMMENT 'reports per day of this county and category, 14 days, today last',
    excerpt String TTL toDateTime(raised_at) + INTERVAL 30 DAY COMMENT 'redacted, 120 characters at most, kept 30 days',
    state LowCardinality(String) COMMENT 'firing, acknowledged, assigned, escalated or closed',
    raised_at DateTime64(3, 'UTC') COMMENT 'when it was raised',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (county, id)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Alerts with their reason, as they stand';

CREATE TABLE IF NOT EXISTS digests
(
    id String COMMENT 'hash of kind, county and window',
    kind LowCardinality(String) COMMENT 'daily_report (日报告) or daily_consult (日会商)',
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    window_start DateTime('UTC') COMMENT 'start of what it covers',
    window_end DateTime('UTC') COMMENT 'end of what it covers',
    issued_at DateTime64(3, 'UTC') COMMENT 'when it was written',
    title String COMMENT 'one line, plain Chinese',
    body String COMMENT 'Markdown, plain Chinese',
    figures Map(String, Int64) COMMENT 'the numbers in the body, by name',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (county, kind, id)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Daily reports and consult lists';

CREATE TABLE IF NOT EXISTS dead_letters
(
    topic LowCardinality(String) COMMENT 'topic of the bad event',
    `partition` UInt32 COMMENT 'its partition',
    `offset` UInt64 COMMENT 'its offset: a replay fetches the original there',
    reason LowCardinality(String) COMMENT 'malformed, identity_field, unknown_county or time_out_of_range',
    `path` String COMMENT 'JSON path of what was wrong; $ for the whole event',
    expected String COMMENT 'what the contract asks for there',
    county LowCardinality(String) COMMENT 'GB/T 2260 county code; empty when not known',
    source String COMMENT 'CloudEvents source; empty when not readable',
    runid String COMMENT 'label of the publisher''s run; empty when not said',
    `at` DateTime64(3, 'UTC') COMMENT 'when it was answered',
    size_bytes UInt64 COMMENT 'size of the original',
    sha256 String COMMENT 'of the original, hex',
    preview String TTL toDateTime(`at`) + INTERVAL 30 DAY COMMENT 'redacted, 200 characters at most, kept 30 days; empty for an identity field',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
-- sha256 and runid are in the key because the embedded broker forgets its log: after a
-- restart the same offset names another event.
ORDER BY (topic, `partition`, `offset`, sha256, runid)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Answers to bad events; never the original bytes';
