-- What becomes of alerts: each as it stands, and every step of its life, with time and post.

ALTER TABLE alerts RENAME COLUMN IF EXISTS state TO status;

ALTER TABLE alerts
    ADD COLUMN IF NOT EXISTS status_at Nullable(DateTime('UTC')) COMMENT 'since when it has its status; NULL while nobody acted' AFTER status,
    ADD COLUMN IF NOT EXISTS `by` String COMMENT 'the post that brought it there; empty if it went by itself' AFTER status_at,
    ADD COLUMN IF NOT EXISTS note String COMMENT 'what was said with the last step; redacted' AFTER `by`,
    ADD COLUMN IF NOT EXISTS assigned_to String COMMENT 'the post or office that has it; empty if none' AFTER note,
    ADD COLUMN IF NOT EXISTS label LowCardinality(String) COMMENT 'useful or not_useful, as duty staff last said; empty if they did not' AFTER assigned_to,
    ADD COLUMN IF NOT EXISTS notify Bool DEFAULT true COMMENT 'whether it is told on channels' AFTER label,
    ADD COLUMN IF NOT EXISTS muted String COMMENT 'why it is not told: a silence, another alert, its group, or the cap; empty if it is' AFTER notify,
    ADD COLUMN IF NOT EXISTS told_at Nullable(DateTime('UTC')) COMMENT 'since when it is to be told; NULL if it never was' AFTER muted,
    ADD COLUMN IF NOT EXISTS `group` String COMMENT 'the same for alerts of one county and category' AFTER told_at,
    ADD COLUMN IF NOT EXISTS incident String COMMENT 'incidents.incident, of a rule that looks at single reports or incidents; empty otherwise' AFTER `group`;

ALTER TABLE alert_actions
    ADD COLUMN IF NOT EXISTS assigned_to String COMMENT 'the post or office an alert was assigned to; empty when not said' AFTER `until`,
    ADD COLUMN IF NOT EXISTS verdict LowCardinality(String) COMMENT 'done; unchanged: it was so already; illegal: no step from where the alert stood; beyond: it has as many as are held; empty when not told' AFTER assigned_to;

ALTER TABLE alert_actions COMMENT COLUMN `by` 'the post that acted, not a person; empty if the alert went by itself';

ALTER TABLE alert_actions MODIFY COMMENT 'Every step of an alert''s life, in the order of `at`: the audit trail';

ALTER TABLE dead_letters COMMENT COLUMN reason 'malformed, identity_field, unknown_county, time_out_of_range; unknown_incident, unknown_alert: an action names what is not held; or poison: it stopped a stage twice';
