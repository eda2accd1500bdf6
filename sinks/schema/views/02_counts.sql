-- Counts as boards read them. Totals that arrive late change what they say; days are local.

CREATE OR REPLACE VIEW board_clock
(
    now DateTime64(3, 'UTC') COMMENT 'the time that stages went by when they last said how they stand; the machine''s where they never did'
)
{own rights}
AS SELECT if(count() = 0, now64(3, 'UTC'), toDateTime64(argMax(at, version), 3, 'UTC')) AS now
FROM pipeline_health
COMMENT 'What time it is for boards: also right under the moved clock of a demo';

CREATE OR REPLACE VIEW category_days
(
    {place columns},
    {matter columns},
    day Date COMMENT 'local day that holds reported_at',
    n UInt32 COMMENT 'reports: distinct accepted events, without zero reports, case updates and alert actions',
    red UInt32 COMMENT 'of n: severity 1',
    orange UInt32 COMMENT 'of n: severity 2',
    yellow UInt32 COMMENT 'of n: severity 3',
    blue UInt32 COMMENT 'of n: severity 4'
)
{own rights}
AS SELECT {place}, {matter}, day, n, red, orange, yellow, blue
FROM count_days FINAL
COMMENT 'Reports per county, category and local day; sum them as you like';

CREATE OR REPLACE VIEW county_days
(
    {place columns},
    province String COMMENT 'name of its province',
    longitude Nullable(Float64) COMMENT 'degrees east; NULL when not known',
    latitude Nullable(Float64) COMMENT 'degrees north; NULL when not known',
    population Nullable(UInt32) COMMENT 'residents, census of 2020; NULL when not known',
    day Date COMMENT 'local day that holds reported_at',
    n UInt64 COMMENT 'reports, outside the taxonomy too',
    red UInt64 COMMENT 'of n: severity 1',
    orange UInt64 COMMENT 'of n: severity 2',
    yellow UInt64 COMMENT 'of n: severity 3',
    blue UInt64 COMMENT 'of n: severity 4',
    per_10k Nullable(Float64) COMMENT 'n per 10,000 residents; over several days divide sum(n) by max(population)'
)
{own rights}
AS SELECT
    {place},
    dictGet('{database}.county', 'province', county) AS province,
    dictGet('{database}.county', 'longitude', county) AS longitude,
    dictGet('{database}.county', 'latitude', county) AS latitude,
    dictGet('{database}.county', 'population', county) AS population,
    day, n, red, orange, yellow, blue, n * 10000 / population AS per_10k
FROM (
    SELECT county, day, sum(n) AS n, sum(red) AS red, sum(orange) AS orange, sum(yellow) AS yellow, sum(blue) AS blue
    FROM count_days FINAL
    GROUP BY county, day
)
COMMENT 'Reports per county and local day, with the position and residents of the county';

CREATE OR REPLACE VIEW county_today
(
    {place columns},
    longitude Nullable(Float64) COMMENT 'degrees east; NULL when not known',
    latitude Nullable(Float64) COMMENT 'degrees north; NULL when not known',
    population Nullable(UInt32) COMMENT 'residents, census of 2020; NULL when not known',
    n UInt64 COMMENT 'reports today, so far',
    red UInt64 COMMENT 'of n: severity 1',
    orange UInt64 COMMENT 'of n: severity 2',
    n_before UInt64 COMMENT 'reports yesterday, up to the end of the same hour',
    n_yesterday UInt64 COMMENT 'reports of the whole of yesterday',
    change_pct Nullable(Float64) COMMENT 'of n against n_before, per cent; NULL where n_before is 0',
    last_14_days Array(UInt64) COMMENT 'reports per day, today last',
    per_10k Nullable(Float64) COMMENT 'n per 10,000 residents'
)
{own rights}
AS WITH toTimeZone((SELECT now FROM board_clock), '{zone}') AS local, toDate(local) AS today
SELECT
    {place},
    dictGet('{database}.county', 'longitude', county) AS longitude,
    dictGet('{database}.county', 'latitude', county) AS latitude,
    dictGet('{database}.county', 'population', county) AS population,
    n, red, orange, n_before, n_yesterday,
    if(n_before = 0, NULL, (toInt64(n) - toInt64(n_before)) * 100 / n_before) AS change_pct,
    last_14_days, n * 10000 / population AS per_10k
FROM (
    SELECT
        county,
        sumIf(of_day, day = today) AS n,
        sumIf(red_of_day, day = today) AS red,
        sumIf(orange_of_day, day = today) AS orange,
        sum(of_hours) AS n_before,
        sumIf(of_day, day = today - 1) AS n_yesterday,
        sumForEach(arrayMap(place -> if(place = 13 - (today - day), of_day, 0), range(14))) AS last_14_days
    FROM (
        SELECT county, day, sum(n) AS of_day, sum(red) AS red_of_day, sum(orange) AS orange_of_day, 0 AS of_hours
        FROM count_days FINAL
        WHERE day BETWEEN today - 13 AND today
        GROUP BY county, day
        UNION ALL
        SELECT county, today - 1 AS day, 0 AS of_day, 0 AS red_of_day, 0 AS orange_of_day, sum(n) AS of_hours
        FROM counts FINAL
        WHERE hour >= toStartOfDay(local) - INTERVAL 1 DAY
          AND hour <= toStartOfHour(local) - INTERVAL 1 DAY
        GROUP BY county
    )
    GROUP BY county
)
COMMENT 'Today in each county that reported within 14 days, beside yesterday and the days before';

CREATE OR REPLACE VIEW count_hours
(
    {place columns},
    {matter columns},
    channel LowCardinality(String) COMMENT 'how the reports reached us, as the contract names it',
    hour DateTime('{zone}') COMMENT 'start of the hour that holds reported_at, local',
    n UInt32 COMMENT 'reports. History comes in pieces, a row each: sum it',
    red UInt32 COMMENT 'of n: severity 1',
    orange UInt32 COMMENT 'of n: severity 2',
    yellow UInt32 COMMENT 'of n: severity 3',
    blue UInt32 COMMENT 'of n: severity 4'
)
{own rights}
AS SELECT {place}, {matter}, channel, hour, n, red, orange, yellow, blue
FROM counts FINAL
COMMENT 'Reports per county, category, channel and hour; sum them. For weeks and more, category_days is faster';

CREATE OR REPLACE VIEW sentiment_days
(
    {place columns},
    {matter columns},
    day Date COMMENT 'local day that holds reported_at',
    texts UInt32 COMMENT 'reports with a text to tell a sentiment from: the n to be shown beside it',
    negative UInt32 COMMENT 'of texts: below 0, towards the matter or service, never the writer',
    positive UInt32 COMMENT 'of texts: above 0',
    sentiment_sum Int32 COMMENT 'sum over texts, -2 to +2 each. A mean of several rows: sum(sentiment_sum) / sum(texts), shown only where sum(texts) is 10 or more',
    mean Nullable(Float64) COMMENT 'of this row alone; NULL where texts is under 10',
    negative_pct Nullable(Float64) COMMENT 'of this row alone, per cent; NULL where texts is under 10'
)
{own rights}
AS SELECT
    {place}, {matter}, day, sentiments AS texts, negative, positive, sentiment_sum,
    if(sentiments < 10, NULL, sentiment_sum / sentiments) AS mean,
    if(sentiments < 10, NULL, negative * 100 / sentiments) AS negative_pct
FROM count_days FINAL
WHERE sentiments > 0
COMMENT 'How texts sound, per county, category and local day';

CREATE OR REPLACE VIEW observed_expected
(
    {place columns},
    {matter columns},
    day Date COMMENT 'day of UTC, as baselines learn them: in China from 8 in the morning to 8 in the morning',
    observed UInt64 COMMENT 'reports of that day, so far if it is not over',
    expected Float32 COMMENT 'reports that the days before let expect',
    low Float32 COMMENT '19 of 20 days have at least so many',
    high Float32 COMMENT '19 of 20 days have at most so many',
    over Bool COMMENT 'whether the day is over: before that, observed may still grow'
)
{own rights}
AS WITH toDate((SELECT now FROM board_clock), 'UTC') AS today
SELECT {place}, {matter}, day, observed, expected, low, high, day < today AS over
FROM (
    SELECT
        county, category, day, sum(n) AS observed,
        max(forecast.1) AS expected, max(forecast.2) AS low, max(forecast.3) AS high, max(known) AS known
    FROM (
        SELECT county, category, toDate(hour, 'UTC') AS day, n, (toFloat32(0), toFloat32(0), toFloat32(0)) AS forecast, 0 AS known
        FROM counts FINAL
        UNION ALL
        SELECT county, category, day, 0 AS n, (expected, low, high) AS forecast, 1 AS known
        FROM expectations FINAL
    )
    GROUP BY county, category, day
)
WHERE known
COMMENT 'What came beside what was expected, for days with an expectation';

CREATE OR REPLACE VIEW period_comparison
(
    {place columns},
    {matter columns},
    period LowCardinality(String) COMMENT 'week, month or quarter: the running one',
    period_name String COMMENT 'what it is called',
    starts Date COMMENT 'its first day',
    n UInt64 COMMENT 'reports since then, today among them',
    n_before UInt64 COMMENT 'reports in as many days of the period before, from its first day on',
    change_pct Nullable(Float64) COMMENT 'per cent; NULL where n_before is 0. Of several rows: (sum(n) - sum(n_before)) / sum(n_before)'
)
{own rights}
AS WITH
    toDate((SELECT now FROM board_clock), '{zone}') AS today,
    toMonday(today) AS week, toStartOfMonth(today) AS month, toStartOfQuarter(today) AS quarter,
    week - 7 AS last_week, month - INTERVAL 1 MONTH AS last_month, quarter - INTERVAL 1 QUARTER AS last_quarter
SELECT
    {place}, {matter},
    told.1 AS period, told.2 AS period_name, told.3 AS starts, told.4 AS n, told.5 AS n_before,
    if(n_before = 0, NULL, (toInt64(n) - toInt64(n_before)) * 100 / n_before) AS change_pct
FROM (
    SELECT
        county, category,
        sumIf(n, day >= week) AS n_week,
        sumIf(n, day >= last_week AND day <= last_week + (today - week)) AS n_last_week,
        sumIf(n, day >= month) AS n_month,
        sumIf(n, day >= last_month AND day <= last_month + (today - month) AND day < month) AS n_last_month,
        sumIf(n, day >= quarter) AS n_quarter,
        sumIf(n, day >= last_quarter AND day <= last_quarter + (today - quarter) AND day < quarter) AS n_last_quarter
    FROM count_days FINAL
    WHERE day >= last_quarter AND day <= today
    GROUP BY county, category
)
ARRAY JOIN [
    ('week', '本周', week, n_week, n_last_week),
    ('month', '本月', month, n_month, n_last_month),
    ('quarter', '本季', quarter, n_quarter, n_last_quarter)
] AS told
WHERE n > 0 OR n_before > 0
COMMENT 'The running week, month and quarter beside as many days of the one before';
