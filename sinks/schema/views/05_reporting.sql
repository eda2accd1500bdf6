-- Whether counties report, what was refused, and how the stages stand.

CREATE OR REPLACE VIEW reporting_days
(
    {place columns},
    day Date COMMENT 'the report window that ends on this day',
    reported Bool COMMENT 'a grid report or a zero report came in the window',
    grid_reports UInt64 COMMENT 'grid reports in the window, zero reports not among them',
    zero_reports UInt64 COMMENT 'explicit "nothing today" in the window',
    status LowCardinality(String) COMMENT 'reported, zero (said nothing happened) or missing',
    status_name String COMMENT 'the status in Chinese'
)
{own rights}
AS WITH {counties} AS prefixes, (SELECT max(day) FROM presence) AS latest
SELECT
    {place}, day, grid_reports + zero_reports > 0 AS reported, grid_reports, zero_reports,
    multiIf(grid_reports > 0, 'reported', zero_reports > 0, 'zero', 'missing') AS status,
    multiIf(grid_reports > 0, '已上报', zero_reports > 0, '零报告', '未上报') AS status_name
FROM (
    SELECT county, day, sum(grid_reports) AS grid_reports, sum(zero_reports) AS zero_reports, max(awaited) AS awaited
    FROM (
        SELECT county, day, grid_reports, zero_reports, empty(prefixes) AS awaited
        FROM presence FINAL
        UNION ALL
        SELECT county, day + arrayJoin(range(1, 8)) AS day, 0 AS grid_reports, 0 AS zero_reports, 1 AS awaited
        FROM presence FINAL
        WHERE empty(prefixes)
        UNION ALL
        SELECT code AS county, arrayJoin(days) AS day, 0 AS grid_reports, 0 AS zero_reports, 1 AS awaited
        FROM counties FINAL, (SELECT groupUniqArray(day) AS days FROM presence) AS all_days
        WHERE arrayExists(prefix -> startsWith(code, prefix), prefixes)
    )
    GROUP BY county, day
)
WHERE day <= latest AND awaited
COMMENT 'Completeness of reporting: a row per county that must report, and day. Completeness: countIf(reported) / count()';

CREATE OR REPLACE VIEW dead_letter_days
(
    {place columns},
    day Date COMMENT 'local day on which they were answered',
    topic LowCardinality(String) COMMENT 'topic of the bad events',
    reason LowCardinality(String) COMMENT 'as in dead_letters',
    reason_name String COMMENT 'the reason in Chinese',
    n UInt64 COMMENT 'dead letters'
)
{own rights}
AS SELECT
    {place}, day, topic, reason,
    transform(reason, ['malformed', 'identity_field', 'unknown_county', 'time_out_of_range', 'unknown_incident', 'unknown_alert', 'poison'], ['格式不符', '含身份字段', '区县不明', '时间越界', '事件不明', '告警不明', '处理失败'], reason) AS reason_name,
    n
FROM (
    SELECT county, toDate(at, '{zone}') AS day, topic, reason, count() AS n
    FROM dead_letters FINAL
    GROUP BY county, day, topic, reason
)
COMMENT 'Bad events by reason, with the county where it could be read';

CREATE OR REPLACE VIEW ledger_days
(
    {place columns},
    day Date COMMENT 'day of arrival, UTC',
    stream LowCardinality(String) COMMENT 'input stream',
    source String COMMENT 'the publishing system',
    counted UInt64 COMMENT 'everything accepted: reports, zero reports, S99, case updates, alert actions',
    duplicates UInt64 COMMENT 'events whose source and id had been accepted before'
)
{own rights}
AS SELECT {place}, day, stream, source, counted, duplicates
FROM (
    SELECT county, day, stream, source, sum(counted) AS counted, sum(duplicates) AS duplicates
    FROM ledger FINAL
    GROUP BY county, day, stream, source
)
COMMENT 'What became of what was published, per source and day of arrival';

CREATE OR REPLACE VIEW pipeline_now
(
    stage LowCardinality(String) COMMENT 'intake, tally or sink',
    at DateTime('{zone}') COMMENT 'when it was last looked at',
    state LowCardinality(String) COMMENT 'of the consumer group, as Kafka calls it; unknown where the broker does not tell',
    members UInt32 COMMENT 'workers in the group',
    partitions UInt32 COMMENT 'that the stage reads',
    committed UInt64 COMMENT 'sum of committed offsets',
    `end` UInt64 COMMENT 'sum of end offsets',
    lag UInt64 COMMENT 'records not read yet',
    late_s Float64 COMMENT 'for how long nothing of the lag was read',
    seen_at DateTime64(3, '{zone}') COMMENT 'the same by the clock of the machine, which no demo moves'
)
{own rights}
AS SELECT stage, at, state, members, partitions, committed, `end`, lag, late_s, fromUnixTimestamp64Milli(toInt64(version), 'UTC') AS seen_at
FROM pipeline_health FINAL
ORDER BY version DESC
LIMIT 1 BY stage
COMMENT 'How each stage stood when it was last looked at';

CREATE OR REPLACE VIEW pipeline_history
(
    stage LowCardinality(String) COMMENT 'intake, tally or sink',
    at DateTime('{zone}') COMMENT 'when',
    members UInt32 COMMENT 'workers in the group',
    lag UInt64 COMMENT 'records not read yet',
    late_s Float64 COMMENT 'for how long nothing of the lag was read'
)
{own rights}
AS SELECT stage, at, members, lag, late_s
FROM pipeline_health FINAL
COMMENT 'Lag and members of each stage over 14 days';
