-- What texts say of a matter beyond its kind: how they sound, and what upstream called it.

ALTER TABLE counts
    ADD COLUMN IF NOT EXISTS sentiments UInt32 COMMENT 'of n: with a text to tell a sentiment from. Show sentiment only where this is 10 or more' AFTER blue,
    ADD COLUMN IF NOT EXISTS negative UInt32 COMMENT 'of sentiments: below 0, towards the matter or service' AFTER sentiments,
    ADD COLUMN IF NOT EXISTS positive UInt32 COMMENT 'of sentiments: above 0' AFTER negative,
    ADD COLUMN IF NOT EXISTS sentiment_sum Int32 COMMENT 'sum of sentiments, -2 to +2 each; divided by sentiments it is the mean' AFTER positive;

ALTER TABLE counts COMMENT COLUMN red 'of n: severity 1, as upstream said or as the text shows if that is graver';
ALTER TABLE counts COMMENT COLUMN orange 'of n: severity 2, as upstream said or as the text shows if that is graver';
ALTER TABLE counts COMMENT COLUMN yellow 'of n: severity 3, as upstream said or as the text shows if that is graver';
ALTER TABLE counts COMMENT COLUMN blue 'of n: severity 4, as upstream said or as the text shows if that is graver';

CREATE TABLE IF NOT EXISTS declared
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    declared LowCardinality(String) COMMENT 'the leaf that upstream''s own category stands for',
    category LowCardinality(String) COMMENT 'the leaf it was counted as',
    day Date COMMENT 'of arrival, UTC. Sum over days',
    n UInt32 COMMENT 'reports',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (county, declared, category, day)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'What upstream declared beside what was judged; they agree where declared = category';
