-- Tables live in "pushloss", what people read in "analytics". golang-migrate
-- keeps its version in pushloss.schema_migrations, so that schema exists already.
-- CREATE SCHEMA IF NOT EXISTS asks for the right to create one even if it exists.
DO $$
BEGIN
    IF to_regnamespace('analytics') IS NULL THEN
        CREATE SCHEMA analytics;
    END IF;
END
$$;
COMMENT ON SCHEMA pushloss IS 'Tables of the ETL: facts, their history, the ledger of pulled windows, raw answers. People read the views in "analytics".';
COMMENT ON SCHEMA analytics IS 'Push losses of Tencent Cloud Chat: views for analysts.';

-- Apps and tasks ------------------------------------------------------------

CREATE TABLE pushloss.app (
    sdk_app_id    bigint PRIMARY KEY,
    timezone      text NOT NULL,
    first_day     date,
    lookback_days integer NOT NULL,
    task_days     integer NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pushloss.app IS 'The apps whose losses are kept.';
COMMENT ON COLUMN pushloss.app.sdk_app_id IS 'SDKAppID of the Tencent Cloud console.';
COMMENT ON COLUMN pushloss.app.timezone IS 'Time zone whose midnights cut the days; fixed once a day is loaded.';
COMMENT ON COLUMN pushloss.app.first_day IS 'First day kept by scheduled runs; empty until the first run.';
COMMENT ON COLUMN pushloss.app.lookback_days IS 'How many days after its end a day is still pulled again, as of the last run.';
COMMENT ON COLUMN pushloss.app.task_days IS 'How many days a task is followed, as of the last run.';
COMMENT ON COLUMN pushloss.app.registered_at IS 'When the app was first seen.';

-- Apart from "app", so that renewing a lease and loading do not lock one row.
CREATE TABLE pushloss.app_lease (
    sdk_app_id   bigint PRIMARY KEY,
    epoch        bigint NOT NULL DEFAULT 0,
    holder       text NOT NULL DEFAULT '',
    last_call_at timestamptz
);
COMMENT ON TABLE pushloss.app_lease IS 'Which process works on an app, and when it last called the API: the pace of one call a second holds across processes.';
COMMENT ON COLUMN pushloss.app_lease.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN pushloss.app_lease.epoch IS 'Grows with every holder. A load commits only under the newest epoch.';
COMMENT ON COLUMN pushloss.app_lease.holder IS 'The process that holds or last held the app''s advisory lock.';
COMMENT ON COLUMN pushloss.app_lease.last_call_at IS 'When the last API call for the app was announced, by the database''s clock.';

CREATE TABLE pushloss.task (
    task_key      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sdk_app_id    bigint NOT NULL,
    task_id       text NOT NULL CHECK (task_id <> ''),
    sent_at       timestamptz,
    label         text,
    registered_at timestamptz NOT NULL,
    retired_at    timestamptz,
    UNIQUE (sdk_app_id, task_id)
);
COMMENT ON TABLE pushloss.task IS 'The registry of push tasks whose losses are pulled one by one.';
COMMENT ON COLUMN pushloss.task.task_key IS 'Key used in the facts; 0 there stands for the whole app.';
COMMENT ON COLUMN pushloss.task.sdk_app_id IS 'App the task belongs to.';
COMMENT ON COLUMN pushloss.task.task_id IS 'TaskID as the push API returned it: opaque text.';
COMMENT ON COLUMN pushloss.task.sent_at IS 'When the push was sent; its day is the first one pulled.';
COMMENT ON COLUMN pushloss.task.label IS 'Name given by the team.';
COMMENT ON COLUMN pushloss.task.registered_at IS 'When the task was added to the registry.';
COMMENT ON COLUMN pushloss.task.retired_at IS 'Since when the task is no longer pulled; empty while it is.';

-- Runs, pulls and raw answers -----------------------------------------------

CREATE TABLE pushloss.run (
    run_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind           text NOT NULL,
    started_at     timestamptz NOT NULL,
    finished_at    timestamptz,
    state          text NOT NULL CHECK (state IN ('running', 'done', 'partial', 'failed', 'interrupted', 'abandoned', 'skipped')),
    requests       bigint NOT NULL DEFAULT 0,
    retries        bigint NOT NULL DEFAULT 0,
    windows        bigint NOT NULL DEFAULT 0,
    rows_inserted  bigint NOT NULL DEFAULT 0,
    rows_updated   bigint NOT NULL DEFAULT 0,
    rows_deleted   bigint NOT NULL DEFAULT 0,
    rows_unchanged bigint NOT NULL DEFAULT 0,
    rejects        bigint NOT NULL DEFAULT 0,
    error          text
);
CREATE INDEX run_running ON pushloss.run (run_id) WHERE state = 'running';
COMMENT ON TABLE pushloss.run IS 'One execution of run or backfill, over all apps.';
COMMENT ON COLUMN pushloss.run.run_id IS 'Number of the run.';
COMMENT ON COLUMN pushloss.run.kind IS 'run or backfill.';
COMMENT ON COLUMN pushloss.run.started_at IS 'When it began.';
COMMENT ON COLUMN pushloss.run.finished_at IS 'When it ended; empty while it runs.';
COMMENT ON COLUMN pushloss.run.state IS 'running; done; partial: some windows failed or rows were rejected, the rest is loaded; failed: an app or the database stopped it; interrupted: by a signal; abandoned: the process died, what was loaded stays; skipped: other processes worked on all apps.';
COMMENT ON COLUMN pushloss.run.requests IS 'API calls made, retries included.';
COMMENT ON COLUMN pushloss.run.retries IS 'API calls that repeated a failed one.';
COMMENT ON COLUMN pushloss.run.windows IS 'Windows (a day of a task, or of the whole app) that were settled by an answer.';
COMMENT ON COLUMN pushloss.run.rows_inserted IS 'Fact rows that were new.';
COMMENT ON COLUMN pushloss.run.rows_updated IS 'Fact rows whose count or text changed.';
COMMENT ON COLUMN pushloss.run.rows_deleted IS 'Fact rows that were no longer in the answer.';
COMMENT ON COLUMN pushloss.run.rows_unchanged IS 'Fact rows that were equal to the answer and not written.';
COMMENT ON COLUMN pushloss.run.rejects IS 'Rows that could not be understood; see reject.';
COMMENT ON COLUMN pushloss.run.error IS 'What stopped it or failed in it, without credentials.';

CREATE TABLE pushloss.raw_body (
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    size   integer NOT NULL,
    body   bytea NOT NULL
);
-- The bodies are compressed already.
ALTER TABLE pushloss.raw_body ALTER COLUMN body SET STORAGE EXTERNAL;
COMMENT ON TABLE pushloss.raw_body IS 'Accepted API answers, byte for byte. Equal answers are kept once.';
COMMENT ON COLUMN pushloss.raw_body.sha256 IS 'SHA-256 of the answer, uncompressed.';
COMMENT ON COLUMN pushloss.raw_body.size IS 'Bytes of the answer, uncompressed.';
COMMENT ON COLUMN pushloss.raw_body.body IS 'The answer, compressed by Zstandard.';

CREATE TABLE pushloss.pull (
    pull_id        bigint GENERATED ALWAYS AS IDENTITY,
    sdk_app_id     bigint NOT NULL,
    run_id         bigint NOT NULL,
    day            date NOT NULL,
    window_start   timestamptz NOT NULL,
    window_end     timestamptz NOT NULL,
    task_ids       text[] NOT NULL,
    sent_at        timestamptz NOT NULL,
    loaded_at      timestamptz NOT NULL,
    body_sha256    bytea NOT NULL,
    trusted        boolean NOT NULL,
    rows_in        integer NOT NULL,
    rows_inserted  integer NOT NULL,
    rows_updated   integer NOT NULL,
    rows_deleted   integer NOT NULL,
    rows_unchanged integer NOT NULL,
    rows_merged    integer NOT NULL,
    rows_rejected  integer NOT NULL,
    rows_ignored   integer NOT NULL,
    PRIMARY KEY (sdk_app_id, pull_id)
);
CREATE INDEX pull_run ON pushloss.pull (run_id);
COMMENT ON TABLE pushloss.pull IS 'One accepted request: what was asked, what came, what became of it.';
COMMENT ON COLUMN pushloss.pull.pull_id IS 'Number of the pull; pulls of an app are loaded in this order.';
COMMENT ON COLUMN pushloss.pull.sdk_app_id IS 'App that was asked for.';
COMMENT ON COLUMN pushloss.pull.run_id IS 'Run that made it.';
COMMENT ON COLUMN pushloss.pull.day IS 'Day that was asked for.';
COMMENT ON COLUMN pushloss.pull.window_start IS 'StartTime of the request.';
COMMENT ON COLUMN pushloss.pull.window_end IS 'EndTime of the request.';
COMMENT ON COLUMN pushloss.pull.task_ids IS 'TaskID of the request; empty for the whole app.';
COMMENT ON COLUMN pushloss.pull.sent_at IS 'When the accepted call was sent.';
COMMENT ON COLUMN pushloss.pull.loaded_at IS 'When its answer was loaded; updated_at of the facts it changed.';
COMMENT ON COLUMN pushloss.pull.body_sha256 IS 'The answer, in raw_body.';
COMMENT ON COLUMN pushloss.pull.trusted IS 'Whether the day lay within the API''s memory, so that an empty answer means zero.';
COMMENT ON COLUMN pushloss.pull.rows_in IS 'Rows of the answer.';
COMMENT ON COLUMN pushloss.pull.rows_inserted IS 'Fact rows that were new.';
COMMENT ON COLUMN pushloss.pull.rows_updated IS 'Fact rows whose count or text changed.';
COMMENT ON COLUMN pushloss.pull.rows_deleted IS 'Fact rows that were no longer in the answer.';
COMMENT ON COLUMN pushloss.pull.rows_unchanged IS 'Fact rows that were equal to the answer and not written.';
COMMENT ON COLUMN pushloss.pull.rows_merged IS 'Rows summed into another of the same key.';
COMMENT ON COLUMN pushloss.pull.rows_rejected IS 'Rows that could not be understood.';
COMMENT ON COLUMN pushloss.pull.rows_ignored IS 'Rows of tasks that were not asked for.';

-- Dimensions ----------------------------------------------------------------

CREATE TABLE pushloss.stage (
    stage_id smallint PRIMARY KEY,
    stage    text NOT NULL UNIQUE,
    meaning  text NOT NULL
);
INSERT INTO pushloss.stage (stage_id, stage, meaning) VALUES
    (1, 'ready_to_send', 'Could be sent and was not.'),
    (2, 'post_send_delivered', 'Was sent and was not delivered.');
COMMENT ON TABLE pushloss.stage IS 'Where on its way a push was lost.';
COMMENT ON COLUMN pushloss.stage.stage_id IS 'Key used in the facts.';
COMMENT ON COLUMN pushloss.stage.stage IS 'Name of the stage.';
COMMENT ON COLUMN pushloss.stage.meaning IS 'What was lost there.';

CREATE TABLE pushloss.event (
    event_type smallint PRIMARY KEY,
    event      text NOT NULL UNIQUE
);
INSERT INTO pushloss.event (event_type, event) VALUES (1, 'offline'), (2, 'online');
COMMENT ON TABLE pushloss.event IS 'Kinds of push.';
COMMENT ON COLUMN pushloss.event.event_type IS 'EventType of the API.';
COMMENT ON COLUMN pushloss.event.event IS 'offline: through a vendor''s channel; online: over the app''s own connection.';

CREATE TABLE pushloss.platform (
    platform_id smallint PRIMARY KEY,
    platform    text NOT NULL UNIQUE
);
INSERT INTO pushloss.platform (platform_id, platform) VALUES
    (0, 'unknown vendor'),
    (1, 'Apple APNs'),
    (2, 'Xiaomi'),
    (3, 'Huawei'),
    (4, 'Google FCM'),
    (5, 'Meizu'),
    (6, 'OPPO'),
    (7, 'vivo'),
    (8, 'Honor');
COMMENT ON TABLE pushloss.platform IS 'Push channels as the API numbers them.';
COMMENT ON COLUMN pushloss.platform.platform_id IS 'PushPlatform of the API.';
COMMENT ON COLUMN pushloss.platform.platform IS 'Name of the channel; online pushes have no vendor and bear 0.';

CREATE TABLE pushloss.err_code (
    err_code_key  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    err_code      text NOT NULL UNIQUE,
    first_seen_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pushloss.err_code IS 'Error codes that were seen.';
COMMENT ON COLUMN pushloss.err_code.err_code_key IS 'Key used in the facts.';
COMMENT ON COLUMN pushloss.err_code.err_code IS 'ErrCode of the API: Tencent''s or the vendor''s.';
COMMENT ON COLUMN pushloss.err_code.first_seen_at IS 'When the code was first loaded.';

-- Texts can be longer than an index takes, hence the digest.
CREATE TABLE pushloss.err_info (
    err_info_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest       bytea NOT NULL UNIQUE,
    err_info     text NOT NULL
);
COMMENT ON TABLE pushloss.err_info IS 'Texts that came with error codes.';
COMMENT ON COLUMN pushloss.err_info.err_info_key IS 'Key used in the facts.';
COMMENT ON COLUMN pushloss.err_info.digest IS 'SHA-256 of the text.';
COMMENT ON COLUMN pushloss.err_info.err_info IS 'ErrInfo of the API: the most frequent description seen with a code; free text, may be empty.';

-- Facts ---------------------------------------------------------------------
-- Small keys, no foreign keys: the loader resolves every key itself, under the
-- app's lock, and a check per row would double the price of a load. sdk_app_id
-- and day lead the keys: a load appends to one place of the index.

CREATE TABLE pushloss.stage_loss (
    sdk_app_id   bigint NOT NULL,
    day          date NOT NULL,
    task_key     integer NOT NULL,
    stage_id     smallint NOT NULL,
    err_code_key integer NOT NULL,
    err_info_key integer NOT NULL,
    err_count    bigint NOT NULL CHECK (err_count >= 0),
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (sdk_app_id, day, task_key, stage_id, err_code_key)
);
COMMENT ON TABLE pushloss.stage_loss IS 'Lost pushes by stage and code, all channels together: of a task, or (task_key 0) of the whole app. The two never add up.';
COMMENT ON COLUMN pushloss.stage_loss.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.stage_loss.day IS 'Day in the app''s time zone.';
COMMENT ON COLUMN pushloss.stage_loss.task_key IS 'Task; 0 for the whole app.';
COMMENT ON COLUMN pushloss.stage_loss.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.stage_loss.err_code_key IS 'Error code.';
COMMENT ON COLUMN pushloss.stage_loss.err_info_key IS 'Text that came with the code.';
COMMENT ON COLUMN pushloss.stage_loss.err_count IS 'How many pushes were lost.';
COMMENT ON COLUMN pushloss.stage_loss.updated_at IS 'When this row was last written.';

CREATE TABLE pushloss.platform_loss (
    sdk_app_id   bigint NOT NULL,
    day          date NOT NULL,
    task_key     integer NOT NULL,
    stage_id     smallint NOT NULL,
    event_type   smallint NOT NULL,
    platform_id  smallint NOT NULL,
    err_code_key integer NOT NULL,
    err_info_key integer NOT NULL,
    err_count    bigint NOT NULL CHECK (err_count >= 0),
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (sdk_app_id, day, task_key, stage_id, event_type, platform_id, err_code_key)
);
COMMENT ON TABLE pushloss.platform_loss IS 'Lost pushes by stage, event, push channel and code: of a task, or (task_key 0) of the whole app. The two never add up.';
COMMENT ON COLUMN pushloss.platform_loss.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.platform_loss.day IS 'Day in the app''s time zone.';
COMMENT ON COLUMN pushloss.platform_loss.task_key IS 'Task; 0 for the whole app.';
COMMENT ON COLUMN pushloss.platform_loss.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.platform_loss.event_type IS 'Offline or online push.';
COMMENT ON COLUMN pushloss.platform_loss.platform_id IS 'Push channel.';
COMMENT ON COLUMN pushloss.platform_loss.err_code_key IS 'Error code.';
COMMENT ON COLUMN pushloss.platform_loss.err_info_key IS 'Text that came with the code.';
COMMENT ON COLUMN pushloss.platform_loss.err_count IS 'How many pushes were lost.';
COMMENT ON COLUMN pushloss.platform_loss.updated_at IS 'When this row was last written.';

CREATE TABLE pushloss.loss_change (
    sdk_app_id       bigint NOT NULL,
    change_id        bigint GENERATED ALWAYS AS IDENTITY,
    day              date NOT NULL,
    task_key         integer NOT NULL,
    by_platform      boolean NOT NULL,
    stage_id         smallint NOT NULL,
    event_type       smallint NOT NULL,
    platform_id      smallint NOT NULL,
    err_code_key     integer NOT NULL,
    changed_at       timestamptz NOT NULL,
    run_id           bigint NOT NULL,
    old_count        bigint,
    new_count        bigint,
    old_err_info_key integer,
    new_err_info_key integer,
    PRIMARY KEY (sdk_app_id, change_id)
);
CREATE INDEX loss_change_day ON pushloss.loss_change (sdk_app_id, day, task_key);
COMMENT ON TABLE pushloss.loss_change IS 'Every change of a fact after the first load of its window.';
COMMENT ON COLUMN pushloss.loss_change.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.loss_change.change_id IS 'Number of the change.';
COMMENT ON COLUMN pushloss.loss_change.day IS 'Day of the fact.';
COMMENT ON COLUMN pushloss.loss_change.task_key IS 'Task of the fact; 0 for the whole app.';
COMMENT ON COLUMN pushloss.loss_change.by_platform IS 'Whether the fact is one of platform_loss or of stage_loss.';
COMMENT ON COLUMN pushloss.loss_change.stage_id IS 'Stage of the fact.';
COMMENT ON COLUMN pushloss.loss_change.event_type IS 'Event of the fact; 0 in stage_loss.';
COMMENT ON COLUMN pushloss.loss_change.platform_id IS 'Push channel of the fact; 0 in stage_loss.';
COMMENT ON COLUMN pushloss.loss_change.err_code_key IS 'Error code of the fact.';
COMMENT ON COLUMN pushloss.loss_change.changed_at IS 'When the change was loaded.';
COMMENT ON COLUMN pushloss.loss_change.run_id IS 'Run that loaded it.';
COMMENT ON COLUMN pushloss.loss_change.old_count IS 'Count before; empty where the fact appeared.';
COMMENT ON COLUMN pushloss.loss_change.new_count IS 'Count after; empty where the fact went away.';
COMMENT ON COLUMN pushloss.loss_change.old_err_info_key IS 'Text before; empty where the fact appeared.';
COMMENT ON COLUMN pushloss.loss_change.new_err_info_key IS 'Text after; empty where the fact went away.';

-- Ledger and rejects --------------------------------------------------------

CREATE TABLE pushloss.ledger (
    sdk_app_id      bigint NOT NULL,
    day             date NOT NULL,
    task_key        integer NOT NULL,
    state           text NOT NULL CHECK (state IN ('loaded', 'empty', 'absent', 'unproven', 'unavailable', 'failed', 'open')),
    settled         boolean NOT NULL,
    settled_reason  text CHECK (settled_reason IN ('lookback', 'api_memory')),
    pulls           integer NOT NULL,
    row_count       integer NOT NULL,
    reject_count    integer NOT NULL,
    first_loaded_at timestamptz,
    last_loaded_at  timestamptz,
    last_error      text,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (sdk_app_id, day, task_key),
    CHECK (settled = (settled_reason IS NOT NULL))
);
COMMENT ON TABLE pushloss.ledger IS 'What is known of each window: a day of a task, or (task_key 0) of the whole app.';
COMMENT ON COLUMN pushloss.ledger.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.ledger.day IS 'Day in the app''s time zone.';
COMMENT ON COLUMN pushloss.ledger.task_key IS 'Task; 0 for the whole app.';
COMMENT ON COLUMN pushloss.ledger.state IS 'What the last pull brought: loaded; empty: nothing was lost; absent: the answer lacks the task, facts stay; unproven: an empty answer for a day older than the API is believed to remember, facts stay; unavailable: an error for such a day; failed; open: to be pulled.';
COMMENT ON COLUMN pushloss.ledger.settled IS 'Whether scheduled runs leave the window alone from now on.';
COMMENT ON COLUMN pushloss.ledger.settled_reason IS 'lookback: pulled long enough after the day''s end; api_memory: asking again can tell no more.';
COMMENT ON COLUMN pushloss.ledger.pulls IS 'How often it was pulled, failures included.';
COMMENT ON COLUMN pushloss.ledger.row_count IS 'Fact rows stored for it.';
COMMENT ON COLUMN pushloss.ledger.reject_count IS 'Rows of its last answer that could not be understood.';
COMMENT ON COLUMN pushloss.ledger.first_loaded_at IS 'When figures were first loaded, zero included.';
COMMENT ON COLUMN pushloss.ledger.last_loaded_at IS 'When figures were last loaded or confirmed.';
COMMENT ON COLUMN pushloss.ledger.last_error IS 'Why the last pull failed, without credentials; empty after a success.';
COMMENT ON COLUMN pushloss.ledger.updated_at IS 'When this row was last written.';

CREATE TABLE pushloss.reject (
    reject_id   bigint GENERATED ALWAYS AS IDENTITY,
    sdk_app_id  bigint NOT NULL,
    day         date NOT NULL,
    task_key    integer NOT NULL,
    task_id     text NOT NULL,
    list        text NOT NULL,
    row_json    text NOT NULL,
    reason      text NOT NULL,
    row_count   integer NOT NULL,
    run_id      bigint NOT NULL,
    rejected_at timestamptz NOT NULL,
    PRIMARY KEY (sdk_app_id, reject_id)
);
CREATE INDEX reject_day ON pushloss.reject (sdk_app_id, day, task_key);
COMMENT ON TABLE pushloss.reject IS 'Parts of the newest answers that could not be understood.';
COMMENT ON COLUMN pushloss.reject.reject_id IS 'Number of the reject.';
COMMENT ON COLUMN pushloss.reject.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.reject.day IS 'Day that was asked for.';
COMMENT ON COLUMN pushloss.reject.task_key IS 'Window it came with; 0 for the whole app.';
COMMENT ON COLUMN pushloss.reject.task_id IS 'TaskID it bears in the answer.';
COMMENT ON COLUMN pushloss.reject.list IS 'List of the answer it stood in.';
COMMENT ON COLUMN pushloss.reject.row_json IS 'As received.';
COMMENT ON COLUMN pushloss.reject.reason IS 'Why it could not be understood.';
COMMENT ON COLUMN pushloss.reject.row_count IS 'How many rows it holds.';
COMMENT ON COLUMN pushloss.reject.run_id IS 'Run that pulled it.';
COMMENT ON COLUMN pushloss.reject.rejected_at IS 'When it was loaded.';
