-- Losses that stand out against their own past are events. Their alerts are one for each cause.
CREATE TABLE pushloss.jump (
    sdk_app_id   bigint NOT NULL,
    jump_id      bigint GENERATED ALWAYS AS IDENTITY,
    stage_id     smallint NOT NULL,
    event_type   smallint NOT NULL,
    platform_id  smallint NOT NULL,
    err_code_key integer NOT NULL,
    first_day    date NOT NULL,
    last_day     date NOT NULL,
    worst_day    date NOT NULL,
    losses       bigint NOT NULL,
    pushes       bigint,
    usual        double precision NOT NULL,
    state        text NOT NULL CHECK (state IN ('open', 'over', 'withdrawn')),
    opened_at    timestamptz NOT NULL,
    closed_at    timestamptz,
    PRIMARY KEY (sdk_app_id, jump_id)
);
COMMENT ON TABLE pushloss.jump IS 'Losses that stand out against their own past: one row per event.';
COMMENT ON COLUMN pushloss.jump.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.jump.jump_id IS 'Number of the event.';
COMMENT ON COLUMN pushloss.jump.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.jump.event_type IS 'Event type.';
COMMENT ON COLUMN pushloss.jump.platform_id IS 'Channel.';
COMMENT ON COLUMN pushloss.jump.err_code_key IS 'Error code.';
COMMENT ON COLUMN pushloss.jump.first_day IS 'First day that stands out.';
COMMENT ON COLUMN pushloss.jump.last_day IS 'Last day that stands out, so far.';
COMMENT ON COLUMN pushloss.jump.worst_day IS 'Day with the highest share or, without a number of pushes, the most losses; the figures are of this day.';
COMMENT ON COLUMN pushloss.jump.losses IS 'Lost pushes.';
COMMENT ON COLUMN pushloss.jump.pushes IS 'Pushes of the channel that could be lost at the stage; NULL if not known.';
COMMENT ON COLUMN pushloss.jump.usual IS 'Usual share of the pushes that is lost; without a number of pushes, the usual losses.';
COMMENT ON COLUMN pushloss.jump.state IS 'open; over: a later day is as usual, or the event has lasted so long that its level is the usual one; withdrawn: by figures that changed later, no day stands out.';
COMMENT ON COLUMN pushloss.jump.opened_at IS 'When it was found.';
COMMENT ON COLUMN pushloss.jump.closed_at IS 'When it was found to be over, or was withdrawn; NULL while it is open.';
CREATE INDEX jump_open ON pushloss.jump (sdk_app_id) WHERE state = 'open';
CREATE INDEX jump_last_day ON pushloss.jump (sdk_app_id, last_day);

ALTER TABLE pushloss.alert ADD COLUMN cause text NOT NULL DEFAULT '';
COMMENT ON COLUMN pushloss.alert.cause IS 'What a jump is about: stage, event type, platform and code; empty for other kinds.';
DROP INDEX pushloss.alert_open;
CREATE UNIQUE INDEX alert_open ON pushloss.alert (kind, sdk_app_id, job, cause) WHERE closed_at IS NULL;
ALTER TABLE pushloss.alert DROP CONSTRAINT alert_kind_check;
ALTER TABLE pushloss.alert ADD CONSTRAINT alert_kind_check
    CHECK (kind IN ('run_failed', 'app_stopped', 'gap', 'stale', 'reconciliation', 'unproven', 'emptied', 'spans', 'jump'));
COMMENT ON COLUMN pushloss.alert.kind IS 'run_failed: a run ended by a failure; app_stopped: the API refused an app until an operator acts; gap: windows are missing, late or failed; stale: no run has been completed for two periods of the schedule; reconciliation: stored days still differ from what the API reports of them; unproven: days were pulled too late for the API to prove that its answer was complete; emptied: an answer removed figures, or lowered those of a window by more than a tenth; spans: an answer for several days was not the sum of its days; jump: losses stand out against their own past.';
