-- Names by code, for dictGet: of counties, of cities (four digits and 00), and of the whole.

CREATE OR REPLACE DICTIONARY {database}.county
(
    code String,
    name String DEFAULT '',
    city String DEFAULT '',
    city_name String DEFAULT '',
    province String DEFAULT '',
    longitude Nullable(Float64),
    latitude Nullable(Float64),
    population Nullable(UInt32)
)
PRIMARY KEY code
SOURCE(CLICKHOUSE({login}QUERY '
    SELECT code, name, concat(substring(code, 1, 4), \'00\') AS city,
        multiIf(counties.city != \'\', counties.city, endsWith(code, \'00\'), name, province) AS city_name,
        province, longitude, latitude, population_2020 AS population
    FROM {database}.counties FINAL
    UNION ALL
    SELECT concat(prefix, \'00\'), any(name_of), concat(prefix, \'00\'), any(name_of),
        any(province), avg(longitude), avg(latitude), toUInt32(sum(population_2020))
    FROM (
        SELECT *, substring(code, 1, 4) AS prefix,
            multiIf(counties.city != \'\', counties.city, endsWith(code, \'00\'), name, province) AS name_of
        FROM {database}.counties FINAL
    )
    GROUP BY prefix
    HAVING countIf(endsWith(code, \'00\')) = 0
    UNION ALL
    SELECT \'000000\', \'全系统\', \'\', \'\', \'\', NULL, NULL, NULL
'))
LAYOUT(COMPLEX_KEY_HASHED())
LIFETIME(MIN 300 MAX 600)
COMMENT 'Counties, cities and the whole deployment (000000): name, city, province, position, residents of 2020';

CREATE OR REPLACE DICTIONARY {database}.category
(
    code String,
    name String DEFAULT '',
    english String DEFAULT '',
    family String DEFAULT ''
)
PRIMARY KEY code
SOURCE(CLICKHOUSE({login}QUERY '
    SELECT code, name, english, multiIf(code = \'S99\', \'\', substring(code, 1, 1)) AS family
    FROM {database}.categories FINAL
'))
LAYOUT(COMPLEX_KEY_HASHED())
LIFETIME(MIN 300 MAX 600)
COMMENT 'Leaves of the taxonomy: name, English gloss, family D (disputes) or S (public services), empty outside both';
