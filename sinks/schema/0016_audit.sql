-- Who did what at the duty board, and what was refused.

CREATE TABLE IF NOT EXISTS audit
(
    `at` DateTime64(3, 'UTC') COMMENT 'when it was asked for',
    entry String COMMENT 'id of the row, random',
    post String COMMENT 'the post that asked, not a person; empty where nobody was let in',
    role LowCardinality(String) COMMENT 'reader, duty or admin',
    what LowCardinality(String) COMMENT 'acknowledge … not_useful, sign, amend, handover, sign_in, sign_out; the path where it came to none of these',
    target String COMMENT 'alerts.id or digests.id; empty if it is about none',
    county LowCardinality(String) COMMENT 'GB/T 2260 code of a county or city; empty when not known',
    outcome LowCardinality(String) COMMENT 'published: the broker has it; done; or refused: malformed, unknown, forbidden, not_found, illegal, limited, away',
    why String COMMENT 'what was wrong with it; empty unless refused',
    event String COMMENT 'id of the event that was published, see alert_actions and duty_log; empty if none was',
    version UInt64 COMMENT 'grows with every upsert of the key'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(`at`)
ORDER BY (`at`, entry)
TTL toDateTime(`at`) + INTERVAL 3 YEAR
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'The audit trail of the duty board: every action, carried out or refused';
