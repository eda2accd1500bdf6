-- What may be published: no count under 5 can be worked out, or even be known to be under 5.
--
-- Within a county and week, counts from 1 to 4 are withheld, and with them the smallest count from 5 on,
-- with all that equal it. Withheld counts could change places and the published row would be the same:
-- each of them may as well be the one from 5 on. The total of the week is published beside them, of the
-- county only; it is withheld where nothing from 5 on was there to hide behind. There are no other totals,
-- no rows of categories without reports, and weeks appear when they are over.

CREATE OR REPLACE VIEW public_weeks
(
    {place columns},
    {matter columns},
    week Date COMMENT 'Monday of the local week; weeks that are over',
    n Nullable(UInt64) COMMENT 'reports; NULL: withheld, because it is under 5 or would betray one that is'
)
{own rights}
AS WITH toMonday(toDate((SELECT now FROM board_clock), '{zone}')) AS running
SELECT {place}, {matter}, week, if(counted < 5 OR (small > 0 AND counted = least), NULL, counted) AS n
FROM (
    SELECT
        county, category, week, counted,
        countIf(counted < 5) OVER (PARTITION BY county, week) AS small,
        minIf(counted, counted >= 5) OVER (PARTITION BY county, week) AS least
    FROM (
        SELECT county, category, toMonday(day) AS week, sum(count_days.n) AS counted
        FROM count_days FINAL
        WHERE category != 'S99' AND toMonday(day) < running
        GROUP BY county, category, week
        HAVING counted > 0
    )
)
COMMENT 'For publishing: reports per county, category and week, small counts withheld with one to hide behind';

CREATE OR REPLACE VIEW public_week_totals
(
    {place columns},
    week Date COMMENT 'Monday of the local week; weeks that are over',
    n Nullable(UInt64) COMMENT 'reports within the taxonomy; NULL: withheld, because all counts of the week are under 5',
    withheld UInt64 COMMENT 'counts of categories that public_weeks withholds; their sum is n minus those shown'
)
{own rights}
AS WITH toMonday(toDate((SELECT now FROM board_clock), '{zone}')) AS running
SELECT
    {place}, week, if(small > 0 AND large = 0, NULL, total) AS n,
    if(small > 0, small + arrayCount(one -> one >= 5 AND one = least, counts), 0) AS withheld
FROM (
    SELECT
        county, week, groupArray(counted) AS counts, sum(counted) AS total,
        countIf(counted < 5) AS small, countIf(counted >= 5) AS large, minIf(counted, counted >= 5) AS least
    FROM (
        SELECT county, category, toMonday(day) AS week, sum(count_days.n) AS counted
        FROM count_days FINAL
        WHERE category != 'S99' AND toMonday(day) < running
        GROUP BY county, category, week
        HAVING counted > 0
    )
    GROUP BY county, week
)
COMMENT 'For publishing: reports per county and week, beside public_weeks';
