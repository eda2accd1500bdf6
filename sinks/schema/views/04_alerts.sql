-- Alerts, incidents and what was told, as boards read them.

CREATE OR REPLACE VIEW alert_list
(
    {place columns},
    id String COMMENT 'alerts.id',
    rule LowCardinality(String) COMMENT 'which rule raised it',
    level UInt8 COMMENT '1 red, 2 orange, 3 yellow, 4 blue',
    level_name String COMMENT 'the level in Chinese',
    {matter columns},
    title String COMMENT 'one line, plain Chinese',
    reason String COMMENT 'why it was raised, plain Chinese',
    observed Float64 COMMENT 'what was seen, in reports unless the rule says otherwise',
    `limit` Float64 COMMENT 'the limit that was reached or passed',
    expected Nullable(Float64) COMMENT 'what the baseline expects; NULL for absolute rules',
    p_value Nullable(Float64) COMMENT 'chance of the observed under the baseline; NULL for absolute rules',
    last_14_days Array(UInt32) COMMENT 'reports per day of this county and category, today last',
    status LowCardinality(String) COMMENT 'firing, acknowledged, assigned, escalated or closed',
    status_name String COMMENT 'the status in Chinese',
    active Bool COMMENT 'not closed',
    assigned_to String COMMENT 'the post or office that has it; empty if none',
    label LowCardinality(String) COMMENT 'useful or not_useful; empty if duty staff did not say',
    notify Bool COMMENT 'whether it is told on channels',
    muted String COMMENT 'why it is not told; empty if it is',
    incident String COMMENT 'incidents.incident; empty for rules that look at counts',
    window_start DateTime('{zone}') COMMENT 'start of what the rule looked at',
    window_end DateTime('{zone}') COMMENT 'end of what the rule looked at',
    raised_at DateTime64(3, '{zone}') COMMENT 'when it was raised',
    told_at Nullable(DateTime('{zone}')) COMMENT 'since when it is to be told; NULL if it never was',
    acknowledged_at Nullable(DateTime('{zone}')) COMMENT 'when staff first acted on it; NULL while nobody did',
    closed_at Nullable(DateTime('{zone}')) COMMENT 'when it was last closed; NULL while it is open',
    acknowledged_after_s Nullable(Float64) COMMENT 'seconds from being told (from being raised, if it was not told) to the first act of staff'
)
{own rights}
AS SELECT
    {place},
    id, rule, level, ['红色', '橙色', '黄色', '蓝色'][level] AS level_name, {matter},
    title, reason, observed, `limit`, expected, p_value, history AS last_14_days,
    status,
    transform(status, ['firing', 'acknowledged', 'assigned', 'escalated', 'closed'], ['待确认', '已确认', '已交办', '已提级', '已办结'], '') AS status_name,
    status != 'closed' AS active,
    assigned_to, label, notify, muted, incident, window_start, window_end, raised_at, told_at,
    nullIf(first_act, toDateTime(0, 'UTC')) AS acknowledged_at,
    if(status = 'closed', status_at, NULL) AS closed_at,
    if(acknowledged_at IS NULL, NULL, greatest(dateDiff('millisecond', coalesce(toDateTime64(told_at, 3, 'UTC'), raised_at), toDateTime64(acknowledged_at, 3, 'UTC')) / 1000, 0)) AS acknowledged_after_s
FROM (SELECT * FROM alerts FINAL) AS alerts
GLOBAL LEFT JOIN (
    SELECT county, alert_id, min(at) AS first_act
    FROM alert_actions FINAL
    WHERE action IN ('acknowledge', 'assign', 'escalate', 'close') AND verdict IN ('', 'done') AND by != ''
    GROUP BY county, alert_id
) AS acts ON acts.county = alerts.county AND acts.alert_id = alerts.id
COMMENT 'Alerts as they stand, with names, and how long staff took';

CREATE OR REPLACE VIEW alert_days
(
    {place columns},
    day Date COMMENT 'local day on which they were raised',
    rule LowCardinality(String) COMMENT 'which rule raised them',
    level UInt8 COMMENT '1 red, 2 orange, 3 yellow, 4 blue',
    level_name String COMMENT 'the level in Chinese',
    n UInt64 COMMENT 'alerts raised',
    told UInt64 COMMENT 'of n: told on channels',
    muted UInt64 COMMENT 'of n: held back by a silence, another alert, their group, or the cap',
    acknowledged UInt64 COMMENT 'of n: staff acted on them',
    closed UInt64 COMMENT 'of n: closed by now',
    useful UInt64 COMMENT 'of n: duty staff called them useful',
    not_useful UInt64 COMMENT 'of n: duty staff called them not useful. Precision: sum(useful) / sum(useful + not_useful)',
    acknowledged_after_s Nullable(Float64) COMMENT 'median seconds to the first act of staff; NULL if there was none'
)
{own rights}
AS SELECT
    county, any(county_name) AS county_name, any(city) AS city, any(city_name) AS city_name,
    toDate(raised_at, '{zone}') AS day, rule, level, any(level_name) AS level_name,
    count() AS n, countIf(told_at IS NOT NULL) AS told, countIf(muted != '') AS muted,
    countIf(acknowledged_at IS NOT NULL) AS acknowledged, countIf(NOT active) AS closed,
    countIf(label = 'useful') AS useful, countIf(label = 'not_useful') AS not_useful,
    quantileExactOrNull(0.5)(acknowledged_after_s) AS acknowledged_after_s
FROM alert_list
GROUP BY county, day, rule, level
COMMENT 'Alert load: alerts per county, local day, rule and level';

CREATE OR REPLACE VIEW rule_precision
(
    {place columns},
    rule LowCardinality(String) COMMENT 'which rule raised them',
    month Date COMMENT 'first day of the local month in which they were raised',
    n UInt64 COMMENT 'alerts raised',
    useful UInt64 COMMENT 'of n: duty staff called them useful',
    not_useful UInt64 COMMENT 'of n: duty staff called them not useful',
    precision Nullable(Float64) COMMENT 'useful / (useful + not_useful), of this row alone; NULL where nobody said. Of several rows: sum before dividing'
)
{own rights}
AS SELECT
    county, any(county_name) AS county_name, any(city) AS city, any(city_name) AS city_name,
    rule, toStartOfMonth(day) AS month, sum(d.n) AS n, sum(d.useful) AS useful, sum(d.not_useful) AS not_useful,
    if(useful + not_useful = 0, NULL, useful / (useful + not_useful)) AS precision
FROM alert_days AS d
GROUP BY county, rule, month
COMMENT 'How useful the alerts of each rule were, as duty staff said';

CREATE OR REPLACE VIEW incident_list
(
    {place columns},
    incident String COMMENT '16 hex digits',
    {matter columns},
    name String COMMENT 'estate, company, school, road or project that is named; empty if none; never a person',
    opened_at DateTime('{zone}') COMMENT 'reported_at of the earliest report',
    last_at DateTime('{zone}') COMMENT 'reported_at of the latest report',
    open Bool COMMENT 'may still get reports: last reported within 30 days',
    reports UInt32 COMMENT 'how many reports it has',
    channels Map(String, UInt32) COMMENT 'of these, how many came through each channel',
    first_channel LowCardinality(String) COMMENT 'channel of the earliest report',
    severity UInt8 COMMENT 'the gravest of its reports: 1 red, 2 orange, 3 yellow, 4 blue; 0 if none said',
    severity_name String COMMENT 'the same in Chinese',
    excerpt String COMMENT 'of its latest grave report: redacted, 120 characters at most, kept 30 days'
)
{own rights}
AS WITH toDateTime((SELECT now FROM board_clock), 'UTC') AS now
SELECT
    {place}, incident, {matter}, name, opened_at, last_at,
    last_at > now - INTERVAL 30 DAY AS open,
    reports, channels, first_channel, severity,
    ['未定级', '红色', '橙色', '黄色', '蓝色'][severity + 1] AS severity_name,
    excerpt
FROM incidents FINAL
WHERE merged_into = '' AND reports > 0
COMMENT 'Incidents that stand: reports of the same matter, linked';

CREATE OR REPLACE VIEW digest_reach
(
    {place columns},
    id String COMMENT 'digests.id',
    kind LowCardinality(String) COMMENT 'daily_report … quarterly_bulletin',
    kind_name String COMMENT 'what the kind is called',
    edition UInt32 COMMENT 'from 1; the highest of a kind, county and window stands',
    window_end DateTime('{zone}') COMMENT 'end of what it covers',
    issued_at DateTime64(3, '{zone}') COMMENT 'when it was written',
    title String COMMENT 'one line, plain Chinese',
    channels UInt64 COMMENT 'channels that it was for',
    sent UInt64 COMMENT 'of these: sent',
    refused UInt64 COMMENT 'of these: the service did not want it',
    waiting UInt64 COMMENT 'of these: held back by a limit or quiet hours',
    first_sent_at Nullable(DateTime64(3, '{zone}')) COMMENT 'NULL if it was sent nowhere',
    sent_after_s Nullable(Float64) COMMENT 'seconds from being written to being sent everywhere it was; NULL if nowhere'
)
{own rights}
AS SELECT
    county,
    dictGet('{database}.county', 'name', digests.county) AS county_name,
    dictGet('{database}.county', 'city', digests.county) AS city,
    dictGet('{database}.county', 'city_name', digests.county) AS city_name,
    id, kind,
    transform(kind, ['daily_report', 'daily_consult', 'daily_dispatch', 'weekly_bulletin', 'monthly_bulletin', 'quarterly_bulletin'], ['日报告', '日会商', '日调度', '周小结', '月通报', '季调度'], '') AS kind_name,
    edition, window_end, issued_at, title, told.channels AS channels, told.sent AS sent, told.refused AS refused,
    told.channels - told.sent - told.refused AS waiting,
    told.first_at AS first_sent_at,
    if(told.last_at IS NULL, NULL, greatest(dateDiff('millisecond', issued_at, told.last_at) / 1000, 0)) AS sent_after_s
FROM (SELECT * FROM digests FINAL) AS digests
GLOBAL LEFT JOIN (
    SELECT
        alert_id, count() AS channels, countIf(outcome = 'sent') AS sent, countIf(outcome = 'refused') AS refused,
        minOrNullIf(at, outcome = 'sent') AS first_at, maxOrNullIf(at, outcome = 'sent') AS last_at
    FROM notices FINAL
    WHERE status = 'issued'
    GROUP BY alert_id
) AS told ON told.alert_id = digests.id
COMMENT 'How far daily reports, consult lists and bulletins reached';
