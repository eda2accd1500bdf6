-- What duty staff said under a digest, and to the next shift.

CREATE TABLE IF NOT EXISTS duty_log
(
    county LowCardinality(String) COMMENT 'GB/T 2260 code of a county, or of a city: four digits and 00',
    digest_id String COMMENT 'digests.id that was signed or amended; empty for a handover that is about none. Not checked: a city''s digests are issued where the log is not kept',
    identity UInt64 COMMENT 'xxh3-64 of source, NUL, id of the event that carried the entry',
    kind LowCardinality(String) COMMENT 'sign (签发), amend (补充说明) or handover (交接班记录)',
    `by` String COMMENT 'the post that wrote it, not a person',
    `at` DateTime('UTC') COMMENT 'reported_at of the entry',
    note String COMMENT 'redacted; empty when not said',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (county, digest_id, identity)
TTL `at` + INTERVAL 400 DAY DELETE WHERE kind = 'handover'
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'The duty log: signatures and amendments, kept as long as the digests they are under; handover notes, kept 400 days';
