-- Cases as boards read them: where they stand, what is late, and rates.

CREATE OR REPLACE VIEW open_cases
(
    {place columns},
    case_id String COMMENT 'the case number of the system that keeps the case',
    status LowCardinality(String) COMMENT 'as the contract names it',
    level UInt8 COMMENT '1 village … 4 county',
    level_name String COMMENT 'what the level is called',
    owner_org String COMMENT 'the office that holds the case; empty when never said',
    found_at DateTime('{zone}') COMMENT 'reported_at of its first update',
    updated_at DateTime('{zone}') COMMENT 'reported_at of the update that stands',
    due_at Nullable(DateTime('{zone}')) COMMENT 'end of the limit that holds; NULL if none does',
    overdue Bool COMMENT 'whether due_at has passed',
    age_h Float64 COMMENT 'hours since found_at',
    late_h Float64 COMMENT 'hours since due_at; 0 while it is not overdue',
    stars UInt8 COMMENT 'star ledger: 5, less one each for owner, plan, action, resolved, verified',
    flagged UInt32 COMMENT 'updates out of the usual way'
)
{own rights}
AS WITH toDateTime((SELECT now FROM board_clock), 'UTC') AS now
SELECT
    {place},
    case_id, status, level,
    ['村（社区）', '乡镇（街道）', '县级部门', '县级'][level] AS level_name,
    owner_org, found_at, updated_at, due_at,
    coalesce(due_at < now, false) AS overdue,
    greatest(dateDiff('minute', found_at, now), 0) / 60 AS age_h,
    if(overdue, dateDiff('minute', assumeNotNull(due_at), now) / 60, 0) AS late_h,
    stars, flagged
FROM cases FINAL
WHERE closed_at IS NULL AND merged_into = '' AND status NOT IN ('merged', 'out_of_scope')
COMMENT 'Cases that are open, with how old and how late they are';

CREATE OR REPLACE VIEW case_ageing
(
    {place columns},
    level UInt8 COMMENT '1 village … 4 county: where the cases are now',
    level_name String COMMENT 'what the level is called',
    age_days UInt8 COMMENT 'first day of the band of ages: 0, 1, 3, 7, 15 or 30',
    age_name String COMMENT 'the band, plain Chinese',
    n UInt64 COMMENT 'open cases',
    overdue UInt64 COMMENT 'of n: past the limit that holds'
)
{own rights}
AS SELECT
    county, any(county_name) AS county_name, any(city) AS city, any(city_name) AS city_name,
    level, any(level_name) AS level_name, age_days,
    transform(age_days, [0, 1, 3, 7, 15, 30], ['1天内', '1至3天', '3至7天', '7至15天', '15至30天', '30天以上'], '') AS age_name,
    count() AS n, countIf(overdue) AS overdue
FROM (
    SELECT *, toUInt8(multiIf(age_h < 24, 0, age_h < 72, 1, age_h < 168, 3, age_h < 360, 7, age_h < 720, 15, 30)) AS age_days
    FROM open_cases
)
GROUP BY county, level, age_days
COMMENT 'Open cases per level and age: the funnel';

CREATE OR REPLACE VIEW overdue_by_owner
(
    {place columns},
    owner_org String COMMENT 'the office that holds the cases; empty when never said',
    level UInt8 COMMENT '1 village … 4 county',
    level_name String COMMENT 'what the level is called',
    open UInt64 COMMENT 'open cases it holds',
    overdue UInt64 COMMENT 'of these: past the limit that holds',
    worst_h Float64 COMMENT 'hours that the latest of them is late; 0 if none is'
)
{own rights}
AS SELECT
    county, any(county_name) AS county_name, any(city) AS city, any(city_name) AS city_name,
    owner_org, level, any(level_name) AS level_name,
    count() AS open, countIf(overdue) AS overdue, max(late_h) AS worst_h
FROM open_cases
GROUP BY county, owner_org, level
COMMENT 'Open and overdue cases of each office';

CREATE OR REPLACE VIEW rate_days
(
    {place columns},
    level UInt8 COMMENT '1 village … 4 county',
    owner_org String COMMENT 'the office that holds the cases',
    day Date COMMENT 'local day',
    rate String COMMENT 'as in case_rates',
    rate_name String COMMENT 'what the rate is called',
    numerator UInt32 COMMENT 'sum over rows before dividing',
    denominator UInt32 COMMENT 'sum over rows before dividing; there is no rate where it is 0',
    definition String COMMENT 'in Chinese, to be shown beside the figure',
    hotline Bool COMMENT 'whether it is one of the three rates of hotlines (三率): response, solving, satisfaction'
)
{own rights}
AS SELECT
    {place}, level, owner_org, day, rate, rate_zh AS rate_name, numerator, denominator, definition,
    rate IN ('response', 'solving', 'satisfaction') AS hotline
FROM case_rates
COMMENT 'Rates of cases with numbers and definitions: 100 * sum(numerator) / sum(denominator), never a mean of rates';
