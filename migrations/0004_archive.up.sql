ALTER TABLE pushloss.pull ADD COLUMN raw_pruned_at timestamptz;
COMMENT ON COLUMN pushloss.pull.raw_pruned_at IS 'Since when the answer is no longer kept; empty while it is.';

-- By day the archive is replayed; by answer, pruning finds what still needs it.
CREATE INDEX pull_day ON pushloss.pull (sdk_app_id, day);
CREATE INDEX pull_body ON pushloss.pull (body_sha256) WHERE raw_pruned_at IS NULL;
