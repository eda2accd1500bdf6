-- Counts by local day: what boards read of weeks and years. Worked out anew from `counts`
-- whenever a day of a county changed (sinks/days.py), so it can be emptied and comes back.

CREATE TABLE IF NOT EXISTS count_days
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    category LowCardinality(String) COMMENT 'taxonomy leaf; S99 is outside the taxonomy',
    day Date COMMENT 'local day that holds reported_at',
    n UInt32 COMMENT 'reports, over all channels, hours and pieces',
    red UInt32 COMMENT 'of n: severity 1',
    orange UInt32 COMMENT 'of n: severity 2',
    yellow UInt32 COMMENT 'of n: severity 3',
    blue UInt32 COMMENT 'of n: severity 4',
    sentiments UInt32 COMMENT 'of n: with a text to tell a sentiment from',
    negative UInt32 COMMENT 'of sentiments: below 0',
    positive UInt32 COMMENT 'of sentiments: above 0',
    sentiment_sum Int32 COMMENT 'sum of sentiments, -2 to +2 each',
    version UInt64 COMMENT 'the highest version of the counts it was made of'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (county, category, day)
-- A month that is over becomes one part, which FINAL reads without merging.
SETTINGS non_replicated_deduplication_window = 0, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1
COMMENT 'Reports per county, category and local day, FINAL';
