-- Names for readers; filled from the data that the package carries each time the schema is applied.

CREATE TABLE IF NOT EXISTS counties
(
    code String COMMENT 'GB/T 2260 county code',
    name String COMMENT 'name of the county',
    city String COMMENT 'city it belongs to; empty in municipalities',
    province String COMMENT 'province it belongs to',
    longitude Nullable(Float64) COMMENT 'degrees east; NULL when not known',
    latitude Nullable(Float64) COMMENT 'degrees north; NULL when not known',
    population_2020 Nullable(UInt32) COMMENT 'residents, census of 2020; NULL when not known',
    version UInt64 COMMENT 'grows when the row changes'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY code
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Counties: names, positions, residents (the denominator of rates)';

CREATE TABLE IF NOT EXISTS categories
(
    code String COMMENT 'leaf of the taxonomy; S99 is outside it',
    name String COMMENT 'Chinese name',
    english String COMMENT 'English gloss',
    version UInt64 COMMENT 'grows when the row changes'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY code
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'The taxonomy: D leaves are the official eighteen kinds of dispute, S leaves public services';
