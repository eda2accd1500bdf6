-- What version 1 says more: events that stop a stage, and alerts about the whole deployment.

ALTER TABLE dead_letters COMMENT COLUMN reason 'malformed, identity_field, unknown_county, time_out_of_range; or poison: it stopped a stage twice';

ALTER TABLE dead_letters COMMENT COLUMN sha256 'of the original, hex; empty where only its place is known';

ALTER TABLE alerts COMMENT COLUMN county 'GB/T 2260 county code; 000000: the whole deployment';
