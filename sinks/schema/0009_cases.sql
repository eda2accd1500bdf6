-- Cases: their whole way, what is thought of each step, and what is counted of them per day.

ALTER TABLE cases
    ADD COLUMN IF NOT EXISTS merged_into String COMMENT 'the case that goes on in its place; empty while it stands' AFTER deadline_at,
    ADD COLUMN IF NOT EXISTS found_at DateTime('UTC') COMMENT 'reported_at of its first update' AFTER merged_into,
    ADD COLUMN IF NOT EXISTS closed_at Nullable(DateTime('UTC')) COMMENT 'when it was closed; NULL while it is open' AFTER found_at,
    ADD COLUMN IF NOT EXISTS due_at Nullable(DateTime('UTC')) COMMENT 'end of the limit that holds: declared, of its class, or of its level. Overdue: closed_at IS NULL AND due_at < now()' AFTER closed_at,
    ADD COLUMN IF NOT EXISTS deadline_class LowCardinality(String) COMMENT 'of a hotline ticket: 2h, 24h, 7d, 15d; empty when not said' AFTER due_at,
    ADD COLUMN IF NOT EXISTS stars UInt8 COMMENT 'star ledger: 5, less one each for owner, plan, action, resolved, verified; reopening restores' AFTER deadline_class,
    ADD COLUMN IF NOT EXISTS flagged UInt32 COMMENT 'updates out of the usual way, see case_steps.verdict' AFTER stars,
    ADD COLUMN IF NOT EXISTS reopened UInt32 COMMENT 'how often it was reopened' AFTER flagged,
    ADD COLUMN IF NOT EXISTS whistle_step LowCardinality(String) COMMENT 'of its latest whistle: issued, accepted, arrived, feedback, verified; empty if there was none' AFTER reopened;

ALTER TABLE cases COMMENT COLUMN owner_org 'the office that holds the case, as last said; empty when never said';
ALTER TABLE cases COMMENT COLUMN deadline_at 'when it is due, as last declared; NULL when never said';

CREATE TABLE IF NOT EXISTS case_steps
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    case_id String COMMENT 'cases.case_id',
    case_version UInt32 COMMENT 'version of the update',
    step String COMMENT '16 hex digits: follows from all the update says; two updates of one version have two rows',
    status LowCardinality(String) COMMENT 'registered … out_of_scope, as the contract names it',
    level UInt8 COMMENT '1 village … 4 county',
    reported_at DateTime('UTC') COMMENT 'reported_at of the update',
    owner_org String COMMENT 'as the update says; empty when not said',
    verdict LowCardinality(String) COMMENT 'legal; or flagged: gap (an earlier version is missing), start, after_end, not_raised, out_of_way, replaced (by another update of the version)',
    stars UInt8 COMMENT 'star ledger after this step',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (county, case_id, case_version, step)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Every update of every case, in the order of its versions; those out of the way are flagged, not lost';

CREATE TABLE IF NOT EXISTS case_days
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    level UInt8 COMMENT '1 village … 4 county; where the case is now',
    owner_org String COMMENT 'the office that holds the case now; empty when never said',
    day Date COMMENT 'local day on which it happened',
    found UInt32 COMMENT 'cases whose first update was reported on this day; none that were merged or out of scope',
    closed UInt32 COMMENT 'cases closed on this day: resolved, verified, closed unresolved, transferred',
    resolved UInt32 COMMENT 'cases resolved on this day, and not reopened since',
    verified UInt32 COMMENT 'cases whose resolution was verified on this day, and that were not reopened since',
    reopened UInt32 COMMENT 'reopenings on this day',
    found_closed UInt32 COMMENT 'of found: closed by now',
    found_resolved UInt32 COMMENT 'of found: resolved by now',
    found_verified UInt32 COMMENT 'of found: resolved and verified by now',
    due UInt32 COMMENT 'cases whose limit ends on this day',
    on_time UInt32 COMMENT 'of due: closed by then',
    response_due UInt32 COMMENT 'cases that somebody was to take on by this day',
    responded UInt32 COMMENT 'of response_due: taken on, or called back, by then',
    called_back UInt32 COMMENT 'cases whose last call back was on this day',
    solved UInt32 COMMENT 'of called_back: said to be solved',
    satisfied UInt32 COMMENT 'of called_back: satisfied, grade 3 of 5 and better unless rules.yaml says otherwise',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(day)
ORDER BY (county, level, owner_org, day)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'What is counted of cases, restated for 400 days. Sum over levels, owners and days, FINAL; rates are in case_rates';

CREATE VIEW IF NOT EXISTS case_rates
(
    county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    level UInt8 COMMENT '1 village … 4 county',
    owner_org String COMMENT 'the office that holds the cases',
    day Date COMMENT 'local day',
    rate String COMMENT 'resolution, cohort_resolution, verified_resolution, closing, on_time, response, solving, satisfaction',
    rate_zh String COMMENT 'what the rate is called',
    numerator UInt32 COMMENT 'sum over rows before dividing',
    denominator UInt32 COMMENT 'sum over rows before dividing; there is no rate where it is 0',
    definition String COMMENT 'in Chinese, to be shown beside the figure'
)
AS SELECT
    county, level, owner_org, day,
    told.1 AS rate, told.2 AS rate_zh, told.3 AS numerator, told.4 AS denominator, told.5 AS definition
FROM case_days FINAL
ARRAY JOIN [
    ('resolution', '化解率', resolved, found, '期内化解件数÷期内排查发现件数。含往期结转的案件，可能超过100%。'),
    ('cohort_resolution', '化解率（同批）', found_resolved, found, '期内发现的案件中，至今已化解的件数÷期内发现件数。重开的不算已化解。'),
    ('verified_resolution', '化解率（核验）', found_verified, found, '期内发现的案件中，至今已化解并经核验的件数÷期内发现件数。'),
    ('closing', '办结率', found_closed, found, '期内受理的案件中，至今已办结（含未化解办结、移送）的件数÷期内受理件数。'),
    ('on_time', '按时结案率', on_time, due, '时限在期内到期的案件中，按时办结的件数÷到期件数。逾期未结的计入分母。'),
    ('response', '响应率', responded, response_due, '响应时限在期内到期的案件中，按时受理或联系的件数÷到期件数。'),
    ('solving', '解决率', solved, called_back, '期内回访中，群众反映已解决的件数÷回访件数。一件多次回访的以最近一次为准。'),
    ('satisfaction', '满意率', satisfied, called_back, '期内回访中，评价为基本满意及以上的件数÷回访件数。一件多次回访的以最近一次为准。')
] AS told
WHERE numerator > 0 OR denominator > 0
COMMENT 'Rates of cases: sum(numerator) / sum(denominator) of any counties, levels, owners and days';
