-- Rolling totals of whole hour buckets: the bucket that holds now, and the 0, 23 or 167 before it.

CREATE VIEW IF NOT EXISTS rolling
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    category LowCardinality(String) COMMENT 'taxonomy leaf; S99 is outside the taxonomy',
    n_1h UInt64 COMMENT 'reports of the current hour so far',
    n_24h UInt64 COMMENT 'reports of the current hour and the 23 before it',
    n_7d UInt64 COMMENT 'reports of the current hour and the 167 before it'
)
AS SELECT
    county,
    category,
    sumIf(n, hour >= toStartOfHour(now('UTC'))) AS n_1h,
    sumIf(n, hour >= toStartOfHour(now('UTC')) - INTERVAL 23 HOUR) AS n_24h,
    sum(n) AS n_7d
FROM counts FINAL
WHERE hour >= toStartOfHour(now('UTC')) - INTERVAL 167 HOUR
  AND hour <= toStartOfHour(now('UTC'))
GROUP BY county, category
COMMENT 'Rolling 1 h, 24 h and 7 d per county and category, over all channels and pieces';
