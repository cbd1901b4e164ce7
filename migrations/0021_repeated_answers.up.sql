-- The same answers again are confirmed without being read. The record of a pull says by which
-- rules its answer was loaded, so that a release with other rules reads it again.
ALTER TABLE pushloss.pull ADD COLUMN rules smallint;
COMMENT ON COLUMN pushloss.pull.rules IS 'Number of the rules that loaded its answer, if the same answer again would change no figures; otherwise NULL.';
