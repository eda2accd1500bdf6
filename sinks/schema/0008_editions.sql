-- Digests are issued in editions: a later one says what it changes, and the earlier one stays.

ALTER TABLE digests
    ADD COLUMN IF NOT EXISTS edition UInt32 DEFAULT 1 COMMENT 'from 1; the highest of a kind, county and window stands' AFTER figures,
    ADD COLUMN IF NOT EXISTS replaces String COMMENT 'id of the edition that this one replaces; empty for the first' AFTER edition,
    ADD COLUMN IF NOT EXISTS changes Array(String) COMMENT 'what it changes, plain Chinese' AFTER replaces;

ALTER TABLE digests COMMENT COLUMN id 'hash of kind, county, window and edition';
ALTER TABLE digests COMMENT COLUMN kind 'daily_report (日报告), daily_consult (日会商), daily_dispatch (日调度), weekly_bulletin (周小结), monthly_bulletin (月通报), quarterly_bulletin (季调度)';
ALTER TABLE digests COMMENT COLUMN county 'GB/T 2260 code of a county, or of a city: four digits and 00';
