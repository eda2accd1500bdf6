-- What the baseline expects of a day, beside what came: for boards, whether or not an alert was raised.

CREATE TABLE IF NOT EXISTS expectations
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    category LowCardinality(String) COMMENT 'taxonomy leaf',
    day Date COMMENT 'day of UTC, as baselines learn them: from 8 in the morning to 8 in the morning in China',
    expected Float32 COMMENT 'reports that days before let expect',
    low Float32 COMMENT '19 of 20 days have at least so many',
    high Float32 COMMENT '19 of 20 days have at most so many',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (county, category, day)
-- As count_days: boards ask for days, and a month that is over is read without merging.
SETTINGS non_replicated_deduplication_window = 0, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1
COMMENT 'Expected reports per county, category and day; read beside counts in observed_expected';
