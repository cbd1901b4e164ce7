-- Days of an app are compared with what the API says of a span of them at once.
-- What differs opens the days again: they are pulled anew, and compared again.

ALTER TABLE pushloss.ledger ADD COLUMN opened_at timestamptz;
CREATE INDEX ledger_opened ON pushloss.ledger (sdk_app_id) WHERE opened_at IS NOT NULL;
COMMENT ON COLUMN pushloss.ledger.opened_at IS 'Since when the window is to be pulled anew because a reconciliation differed; empty once it was.';
COMMENT ON COLUMN pushloss.ledger.updated_at IS 'When the window was last pulled, failures included.';

CREATE TABLE pushloss.reconciliation (
    sdk_app_id        bigint NOT NULL,
    reconciliation_id bigint GENERATED ALWAYS AS IDENTITY,
    run_id            bigint NOT NULL,
    task_key          integer NOT NULL,
    first_day         date NOT NULL,
    last_day          date NOT NULL,
    checked_at        timestamptz NOT NULL,
    trusted           boolean NOT NULL,
    keys              integer NOT NULL,
    differences       integer NOT NULL,
    attempt           integer NOT NULL,
    state             text NOT NULL CHECK (state IN ('agreed', 'differs', 'stays', 'unproven', 'superseded')),
    PRIMARY KEY (sdk_app_id, reconciliation_id),
    CHECK (first_day <= last_day),
    CHECK (differences BETWEEN 0 AND keys)
);
CREATE INDEX reconciliation_span ON pushloss.reconciliation (sdk_app_id, task_key, first_day, last_day);
CREATE INDEX reconciliation_unequal ON pushloss.reconciliation (sdk_app_id) WHERE state IN ('differs', 'stays');
COMMENT ON TABLE pushloss.reconciliation IS 'Checks: the stored days of a span, of a task or of the whole app, added up and compared with the API''s answer for the whole span.';
COMMENT ON COLUMN pushloss.reconciliation.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.reconciliation.reconciliation_id IS 'Number of the check.';
COMMENT ON COLUMN pushloss.reconciliation.run_id IS 'Run that made it.';
COMMENT ON COLUMN pushloss.reconciliation.task_key IS 'Task; 0 for the whole app.';
COMMENT ON COLUMN pushloss.reconciliation.first_day IS 'First day of the span.';
COMMENT ON COLUMN pushloss.reconciliation.last_day IS 'Last day of the span, included.';
COMMENT ON COLUMN pushloss.reconciliation.checked_at IS 'When the figures were compared.';
COMMENT ON COLUMN pushloss.reconciliation.trusted IS 'Whether the whole span lay within the API''s memory, so that what its answer lacks was not lost.';
COMMENT ON COLUMN pushloss.reconciliation.keys IS 'Figures that were compared: those on either side.';
COMMENT ON COLUMN pushloss.reconciliation.differences IS 'Figures that were not equal.';
COMMENT ON COLUMN pushloss.reconciliation.attempt IS '1; more where checks of the same span before it had differed.';
COMMENT ON COLUMN pushloss.reconciliation.state IS 'agreed; differs: its days were opened, and it was not made again since; stays: it differed again after its days were pulled anew, a warning; unproven: beyond the API''s memory, so that it proves nothing; superseded: a later check takes its place.';

CREATE TABLE pushloss.reconciliation_key (
    sdk_app_id        bigint NOT NULL,
    reconciliation_id bigint NOT NULL,
    by_platform       boolean NOT NULL,
    stage_id          smallint NOT NULL,
    event_type        smallint NOT NULL,
    platform_id       smallint NOT NULL,
    err_code_key      integer NOT NULL,
    stored            bigint NOT NULL,
    reported          bigint NOT NULL,
    PRIMARY KEY (sdk_app_id, reconciliation_id, by_platform, stage_id, event_type, platform_id, err_code_key)
);
COMMENT ON TABLE pushloss.reconciliation_key IS 'The figures that a check compared.';
COMMENT ON COLUMN pushloss.reconciliation_key.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.reconciliation_key.reconciliation_id IS 'Check.';
COMMENT ON COLUMN pushloss.reconciliation_key.by_platform IS 'Whether the figure is one of platform_loss or of stage_loss.';
COMMENT ON COLUMN pushloss.reconciliation_key.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.reconciliation_key.event_type IS 'Offline or online push; 0 for a figure by stage.';
COMMENT ON COLUMN pushloss.reconciliation_key.platform_id IS 'Push channel; 0 for a figure by stage.';
COMMENT ON COLUMN pushloss.reconciliation_key.err_code_key IS 'Error code.';
COMMENT ON COLUMN pushloss.reconciliation_key.stored IS 'Sum of the stored days; 0 where none has the figure.';
COMMENT ON COLUMN pushloss.reconciliation_key.reported IS 'What the API said of the whole span; 0 where its answer lacks the figure.';

CREATE VIEW analytics.reconciliations AS
SELECT
    r.sdk_app_id,
    r.first_day,
    r.last_day,
    coalesce(t.task_id, '') AS task_id,
    r.checked_at,
    r.run_id,
    CASE WHEN k.by_platform THEN 'platform' WHEN NOT k.by_platform THEN 'stage' END AS grain,
    s.stage,
    CASE WHEN k.by_platform THEN k.event_type END AS event_type,
    CASE WHEN k.by_platform THEN coalesce(e.event, 'unknown (' || k.event_type || ')') END AS event,
    CASE WHEN k.by_platform THEN k.platform_id END AS platform_id,
    CASE WHEN k.by_platform THEN coalesce(p.platform, 'unknown (' || k.platform_id || ')') END AS platform,
    c.err_code,
    k.stored,
    k.reported,
    k.reported - k.stored AS difference,
    r.state
FROM pushloss.reconciliation AS r
LEFT JOIN pushloss.reconciliation_key AS k USING (sdk_app_id, reconciliation_id)
LEFT JOIN pushloss.stage AS s USING (stage_id)
LEFT JOIN pushloss.err_code AS c USING (err_code_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN (SELECT task_key, task_id FROM pushloss.task) AS t USING (task_key);
COMMENT ON VIEW analytics.reconciliations IS 'Do the days add up? Each check compares the stored days of a span, added up, with what the API says of the whole span: one row per figure that was compared, or one row with empty figures where neither side had any.';
COMMENT ON COLUMN analytics.reconciliations.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.reconciliations.first_day IS 'First day of the span, in the app''s time zone.';
COMMENT ON COLUMN analytics.reconciliations.last_day IS 'Last day of the span, included.';
COMMENT ON COLUMN analytics.reconciliations.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.reconciliations.checked_at IS 'When the figures were compared.';
COMMENT ON COLUMN analytics.reconciliations.run_id IS 'Run that compared them.';
COMMENT ON COLUMN analytics.reconciliations.grain IS 'stage: a figure of all channels together; platform: one of a channel. NULL where there was nothing to compare.';
COMMENT ON COLUMN analytics.reconciliations.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.reconciliations.event_type IS '1 offline push, 2 online push; NULL where the figure is one by stage.';
COMMENT ON COLUMN analytics.reconciliations.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL where the figure is one by stage.';
COMMENT ON COLUMN analytics.reconciliations.platform_id IS 'Number of the push channel; NULL where the figure is one by stage.';
COMMENT ON COLUMN analytics.reconciliations.platform IS 'Name of the push channel; NULL where the figure is one by stage.';
COMMENT ON COLUMN analytics.reconciliations.err_code IS 'Error code, Tencent''s or the vendor''s. It means something only with its platform and stage.';
COMMENT ON COLUMN analytics.reconciliations.stored IS 'Sum of the stored days of the span; 0 where none has the figure.';
COMMENT ON COLUMN analytics.reconciliations.reported IS 'What the API said of the whole span; 0 where its answer lacked the figure.';
COMMENT ON COLUMN analytics.reconciliations.difference IS 'reported less stored; 0 where they agree.';
COMMENT ON COLUMN analytics.reconciliations.state IS 'Of the whole check. agreed: all figures are equal; differs: some are not, and the days are being pulled anew; stays: some still are not after that, which is a warning; unproven: the span is older than the API is believed to remember, so that its answer proves nothing; superseded: a later check takes the place of this one.';

COMMENT ON TABLE pushloss.run IS 'One execution of a job, over all apps.';
COMMENT ON COLUMN pushloss.run.kind IS 'run, backfill or reconcile.';
COMMENT ON COLUMN analytics.runs.kind IS 'run, backfill or reconcile.';
