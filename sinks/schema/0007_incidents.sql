-- Incidents: reports of the same matter, linked, whatever way they came; and what staff put right.

CREATE TABLE IF NOT EXISTS incidents
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    incident String COMMENT '16 hex digits: follows from the county and the first report',
    category LowCardinality(String) COMMENT 'taxonomy leaf, of the first report that has one',
    name String COMMENT 'estate, company, school, road or project that is named; empty if none; never a person',
    opened_at DateTime('UTC') COMMENT 'reported_at of the earliest report',
    last_at DateTime('UTC') COMMENT 'reported_at of the latest report; open for 30 days after it',
    reports UInt32 COMMENT 'how many reports it has; 0 once it is merged into another incident',
    channels Map(String, UInt32) COMMENT 'of these, how many came through each channel',
    first_channel LowCardinality(String) COMMENT 'channel of the earliest report',
    severity UInt8 COMMENT 'the gravest of its reports: 1 red, 2 orange, 3 yellow, 4 blue; 0 if none said',
    merged_into String COMMENT 'the incident that has its reports now; empty while it stands',
    excerpt String TTL last_at + INTERVAL 30 DAY COMMENT 'of its latest grave report: redacted, 120 characters at most, kept 30 days after the last report',
    report_ids Array(String) COMMENT 'its latest reports, 100 at most: xxh3-64 of source, NUL, id of their events, hex',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (county, incident)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Incidents as they stand; most have one report. Read them FINAL, or through live_incidents';

CREATE TABLE IF NOT EXISTS incident_actions
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    incident String COMMENT 'incidents.incident that was merged, or split',
    identity UInt64 COMMENT 'xxh3-64 of source, NUL, id of the event that carried the action',
    action LowCardinality(String) COMMENT 'merge or split',
    `into` String COMMENT 'the incident that it went into, or that was split off',
    `by` String COMMENT 'the post that acted, not a person',
    `at` DateTime('UTC') COMMENT 'reported_at of the action',
    note String COMMENT 'redacted; empty when not said',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (county, incident, identity)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'What duty staff put right about incidents: the audit trail';

CREATE VIEW IF NOT EXISTS live_incidents
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    incident String COMMENT '16 hex digits',
    category LowCardinality(String) COMMENT 'taxonomy leaf',
    name String COMMENT 'what is named; empty if nothing is',
    opened_at DateTime('UTC') COMMENT 'reported_at of the earliest report',
    last_at DateTime('UTC') COMMENT 'reported_at of the latest report',
    reports UInt32 COMMENT 'how many reports it has',
    channels Map(String, UInt32) COMMENT 'how many came through each channel',
    first_channel LowCardinality(String) COMMENT 'channel of the earliest report',
    severity UInt8 COMMENT '1 red … 4 blue; 0 if none said',
    excerpt String COMMENT 'of its latest grave report, redacted'
)
AS SELECT
    county, incident, category, name, opened_at, last_at,
    reports, channels, first_channel, severity, excerpt
FROM incidents FINAL
WHERE merged_into = '' AND last_at > now('UTC') - INTERVAL 30 DAY
COMMENT 'Incidents that may still get reports: not merged, and last reported within 30 days';

ALTER TABLE dead_letters COMMENT COLUMN reason 'malformed, identity_field, unknown_county, time_out_of_range; unknown_incident: a correction names what is not held; or poison: it stopped a stage twice';
