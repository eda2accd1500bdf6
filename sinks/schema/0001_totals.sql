-- Totals that tally keeps. Each row is an upsert: the highest version of a key is the truth,
-- so readers say FINAL. A repeated, late or re-cut batch changes nothing.
-- Insert deduplication stays off: a repeated token with other rows would lose them silently.

CREATE TABLE IF NOT EXISTS counts
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code, six digits',
    category LowCardinality(String) COMMENT 'taxonomy leaf; S99 is outside the taxonomy',
    channel LowCardinality(String) COMMENT 'how the report reached us, as its contract names it',
    hour DateTime('UTC') COMMENT 'start of the hour that holds reported_at',
    piece UInt64 COMMENT '0: the live total; else a part of the total that came in as history. Sum over pieces',
    n UInt32 COMMENT 'reports: distinct accepted events, without zero reports, case updates and alert actions',
    red UInt32 COMMENT 'of n: said to be of severity 1',
    orange UInt32 COMMENT 'of n: said to be of severity 2',
    yellow UInt32 COMMENT 'of n: said to be of severity 3',
    blue UInt32 COMMENT 'of n: said to be of severity 4',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(hour)
ORDER BY (county, category, channel, hour, piece)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Reports per county, category, channel and hour. Total of a key: sum(n) over pieces, FINAL';

CREATE TABLE IF NOT EXISTS ledger
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    stream LowCardinality(String) COMMENT 'input stream, such as hotline-calls',
    source String COMMENT 'CloudEvents source: the publishing system',
    runid String COMMENT 'label of one run of a publisher; empty when not said',
    day Date COMMENT 'day of arrival, UTC. Sum over days',
    counted UInt64 COMMENT 'everything accepted: reports, zero reports, S99, case updates, alert actions',
    duplicates UInt64 COMMENT 'events whose source and id had been accepted before',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (county, stream, source, runid, day)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'What became of what was published: published = counted + duplicates + dead letters';

CREATE TABLE IF NOT EXISTS presence
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    day Date COMMENT 'the report window that ends on this day',
    grid_reports UInt32 COMMENT 'grid reports in the window, zero reports not among them',
    zero_reports UInt32 COMMENT 'explicit "nothing today" in the window',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (county, day)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Whether a county reported: silence is grid_reports + zero_reports = 0';

CREATE TABLE IF NOT EXISTS cases
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    case_id String COMMENT 'the case number of the system that keeps the case',
    case_version UInt32 COMMENT 'version of the case update that stands',
    status LowCardinality(String) COMMENT 'registered … out_of_scope, as the contract names it',
    level UInt8 COMMENT '1 village … 4 county',
    updated_at DateTime('UTC') COMMENT 'reported_at of the update that stands',
    owner_org String COMMENT 'the office that holds the case; empty when not said',
    deadline_at Nullable(DateTime('UTC')) COMMENT 'when it is due; NULL when not said',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (county, case_id)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Cases as they stand; no person is named';

CREATE TABLE IF NOT EXISTS alert_actions
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    alert_id String COMMENT 'alerts.id',
    identity UInt64 COMMENT 'xxh3-64 of source, NUL, id of the event that carried the action',
    action LowCardinality(String) COMMENT 'acknowledge … not_useful, as the contract names it',
    `by` String COMMENT 'the post that acted, not a person',
    `at` DateTime('UTC') COMMENT 'reported_at of the action',
    note String COMMENT 'redacted; empty when not said',
    `until` Nullable(DateTime('UTC')) COMMENT 'end of a silence; NULL when not said',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (county, alert_id, identity)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'What duty staff did with alerts: the audit trail';
