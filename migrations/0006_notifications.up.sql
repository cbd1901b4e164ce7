CREATE TABLE pushloss.alert (
    alert_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('run_failed', 'app_stopped', 'gap', 'stale', 'reconciliation')),
    sdk_app_id bigint NOT NULL,
    job        text NOT NULL,
    detail     text NOT NULL,
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz
);
-- One event at a time: whoever comes second finds it open.
CREATE UNIQUE INDEX alert_open ON pushloss.alert (kind, sdk_app_id, job) WHERE closed_at IS NULL;
COMMENT ON TABLE pushloss.alert IS 'What went wrong, from when until when.';
COMMENT ON COLUMN pushloss.alert.alert_id IS 'Number of the event.';
COMMENT ON COLUMN pushloss.alert.kind IS 'run_failed: a run ended by a failure; app_stopped: the API refused an app until an operator acts; gap: windows are missing, late or failed; stale: no run has been completed for two periods of the schedule; reconciliation: stored days still differ from what the API reports of them.';
COMMENT ON COLUMN pushloss.alert.sdk_app_id IS 'App; 0 where it is about all.';
COMMENT ON COLUMN pushloss.alert.job IS 'Job that failed, of run_failed; empty otherwise.';
COMMENT ON COLUMN pushloss.alert.detail IS 'What was known when it began, without credentials.';
COMMENT ON COLUMN pushloss.alert.opened_at IS 'When it was first seen.';
COMMENT ON COLUMN pushloss.alert.closed_at IS 'When it was seen to be over; empty while it lasts.';

CREATE TABLE pushloss.message (
    message_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id    bigint NOT NULL,
    target      text NOT NULL,
    title       text NOT NULL,
    body        text NOT NULL,
    state       text NOT NULL CHECK (state IN ('waiting', 'sent', 'given_up')),
    created_at  timestamptz NOT NULL,
    attempts    integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL,
    sent_at     timestamptz,
    last_error  text
);
CREATE INDEX message_waiting ON pushloss.message (target, message_id) WHERE state = 'waiting';
COMMENT ON TABLE pushloss.message IS 'Notifications: one per event, its beginning or end, and target. They wait here until they are sent.';
COMMENT ON COLUMN pushloss.message.message_id IS 'Number of the message; those to one target are sent in this order.';
COMMENT ON COLUMN pushloss.message.alert_id IS 'Event that it is about.';
COMMENT ON COLUMN pushloss.message.target IS 'Service and its number among the targets of that service. The URL bears a token, and is not kept.';
COMMENT ON COLUMN pushloss.message.title IS 'First line.';
COMMENT ON COLUMN pushloss.message.body IS 'The rest.';
COMMENT ON COLUMN pushloss.message.state IS 'waiting; sent; given_up: the target was out of reach for three days.';
COMMENT ON COLUMN pushloss.message.created_at IS 'When it was written.';
COMMENT ON COLUMN pushloss.message.attempts IS 'How often sending it was tried.';
COMMENT ON COLUMN pushloss.message.next_try_at IS 'When it is tried next, at the earliest.';
COMMENT ON COLUMN pushloss.message.sent_at IS 'When the target took it.';
COMMENT ON COLUMN pushloss.message.last_error IS 'Why the last attempt failed, without the target''s URL.';

CREATE VIEW analytics.alerts AS
SELECT alert_id, kind, nullif(sdk_app_id, 0) AS sdk_app_id, nullif(job, '') AS job, detail, opened_at, closed_at
FROM pushloss.alert;
COMMENT ON VIEW analytics.alerts IS 'What went wrong with the ETL, from when until when: one row per event.';
COMMENT ON COLUMN analytics.alerts.alert_id IS 'Number of the event.';
COMMENT ON COLUMN analytics.alerts.kind IS 'run_failed: a run ended by a failure; app_stopped: the API refused an app until an operator acts; gap: windows are missing, late or failed; stale: no run has been completed for two periods of the schedule; reconciliation: stored days still differ from what the API reports of them.';
COMMENT ON COLUMN analytics.alerts.sdk_app_id IS 'SDKAppID of the app; NULL where it is about all.';
COMMENT ON COLUMN analytics.alerts.job IS 'Job that failed, of run_failed; NULL otherwise.';
COMMENT ON COLUMN analytics.alerts.detail IS 'What was known when it began.';
COMMENT ON COLUMN analytics.alerts.opened_at IS 'When it was first seen.';
COMMENT ON COLUMN analytics.alerts.closed_at IS 'When it was seen to be over; NULL while it lasts.';
