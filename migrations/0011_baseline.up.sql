-- The tables of version 11, which counts as having this file: whatever changed them since is a file of
-- its own. Tables live in "pushloss", what people read in "analytics" (views.sql). The schema pushloss
-- exists already: the migrator keeps the version in it.
--
-- CREATE SCHEMA IF NOT EXISTS asks for the right to create one even if it exists.
DO $$
BEGIN
    IF to_regnamespace('analytics') IS NULL THEN
        CREATE SCHEMA analytics;
    END IF;
END
$$;
COMMENT ON SCHEMA pushloss IS 'Tables of the ETL: facts, their history, the ledger of pulled windows, raw answers. People read the views in "analytics".';
COMMENT ON SCHEMA analytics IS 'Push losses of Tencent Cloud Chat, for analysts. Counts are numbers of pushes; a day is one of the app''s time zone, which the view apps tells; times are instants, shown in the time zone of the session. Each view says what it has one row per: figures of different grains never add up.';

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
CREATE INDEX task_by_id ON pushloss.task (task_id);
COMMENT ON TABLE pushloss.task IS 'The registry of push tasks whose losses are pulled one by one.';
COMMENT ON COLUMN pushloss.task.task_key IS 'Key used in the facts; 0 there stands for the whole app.';
COMMENT ON COLUMN pushloss.task.sdk_app_id IS 'App the task belongs to.';
COMMENT ON COLUMN pushloss.task.task_id IS 'TaskID as the push API returned it: opaque text.';
COMMENT ON COLUMN pushloss.task.sent_at IS 'When the push was sent; its day is the first one pulled.';
COMMENT ON COLUMN pushloss.task.label IS 'Name given by the team.';
COMMENT ON COLUMN pushloss.task.registered_at IS 'When the task was added to the registry.';
COMMENT ON COLUMN pushloss.task.retired_at IS 'Since when the task is no longer pulled; empty while it is.';

-- Streams --------------------------------------------------------------------

-- The API gives several statistics, each a stream of windows of its own: ledger,
-- archive and history name the stream, its figures have tables of their own.

CREATE TABLE pushloss.stream (
    stream_id smallint PRIMARY KEY,
    stream    text NOT NULL UNIQUE,
    by_task   boolean NOT NULL,
    meaning   text NOT NULL
);
INSERT INTO pushloss.stream (stream_id, stream, by_task, meaning) VALUES
    (0, 'loss', true, 'Lost pushes to all or tagged users, by error code.'),
    (1, 'statistics', true, 'Numbers of pushes to all or tagged users.'),
    (2, 'chat_loss', false, 'Lost pushes of chat messages, by error code.'),
    (3, 'chat_statistics', false, 'Numbers of pushes of chat messages.');
COMMENT ON TABLE pushloss.stream IS 'Statistics of the API that can be pulled.';
COMMENT ON COLUMN pushloss.stream.stream_id IS 'Key used in ledger, archive and history.';
COMMENT ON COLUMN pushloss.stream.stream IS 'Name, as in PUSHLOSS_STREAMS.';
COMMENT ON COLUMN pushloss.stream.by_task IS 'Whether there are figures of tasks besides those of the whole app.';
COMMENT ON COLUMN pushloss.stream.meaning IS 'What it tells.';

CREATE TABLE pushloss.app_stream (
    sdk_app_id bigint NOT NULL,
    stream_id  smallint NOT NULL,
    active     boolean NOT NULL,
    first_day  date,
    PRIMARY KEY (sdk_app_id, stream_id)
);
COMMENT ON TABLE pushloss.app_stream IS 'Which streams scheduled runs pull of an app. Without a row it is the loss alone.';
COMMENT ON COLUMN pushloss.app_stream.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.app_stream.stream_id IS 'Stream.';
COMMENT ON COLUMN pushloss.app_stream.active IS 'Whether runs pull it.';
COMMENT ON COLUMN pushloss.app_stream.first_day IS 'First day that is due of it, where it was chosen after the app had figures already; empty where it is the app''s first day.';

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
COMMENT ON TABLE pushloss.run IS 'One execution of a job, over all apps.';
COMMENT ON COLUMN pushloss.run.run_id IS 'Number of the run.';
COMMENT ON COLUMN pushloss.run.kind IS 'run, backfill or reconcile.';
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
    raw_pruned_at  timestamptz,
    stream_id      smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (sdk_app_id, pull_id)
);
CREATE INDEX pull_run ON pushloss.pull (run_id);
-- By day the archive is replayed; by answer, pruning finds what still needs it.
CREATE INDEX pull_day ON pushloss.pull (sdk_app_id, day);
CREATE INDEX pull_body ON pushloss.pull (body_sha256) WHERE raw_pruned_at IS NULL;
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
COMMENT ON COLUMN pushloss.pull.raw_pruned_at IS 'Since when the answer is no longer kept; empty while it is.';
COMMENT ON COLUMN pushloss.pull.stream_id IS 'Stream that was asked for.';

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

CREATE TABLE pushloss.counter (
    counter_id smallint PRIMARY KEY,
    counter    text NOT NULL UNIQUE,
    meaning    text NOT NULL
);
INSERT INTO pushloss.counter (counter_id, counter, meaning) VALUES
    (3, 'total', 'Pushes that could be sent.'),
    (4, 'sent', 'Pushes that were sent.'),
    (5, 'delivered', 'Pushes that reached the device.'),
    (6, 'clicked', 'Pushes that were clicked.');
COMMENT ON TABLE pushloss.counter IS 'How far pushes come.';
COMMENT ON COLUMN pushloss.counter.counter_id IS 'Key used in the facts; no stage has the same.';
COMMENT ON COLUMN pushloss.counter.counter IS 'Name of the counter.';
COMMENT ON COLUMN pushloss.counter.meaning IS 'What is counted.';

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

CREATE TABLE pushloss.push_count (
    sdk_app_id bigint NOT NULL,
    day        date NOT NULL,
    task_key   integer NOT NULL,
    counter_id smallint NOT NULL,
    push_count bigint NOT NULL CHECK (push_count >= 0),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (sdk_app_id, day, task_key, counter_id)
);
CREATE INDEX push_count_app ON pushloss.push_count (sdk_app_id, day) WHERE task_key = 0;
COMMENT ON TABLE pushloss.push_count IS 'Numbers of pushes, all channels together: of a task, or (task_key 0) of the whole app. The two never add up.';
COMMENT ON COLUMN pushloss.push_count.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.push_count.day IS 'Day in the app''s time zone.';
COMMENT ON COLUMN pushloss.push_count.task_key IS 'Task; 0 for the whole app.';
COMMENT ON COLUMN pushloss.push_count.counter_id IS 'Counter.';
COMMENT ON COLUMN pushloss.push_count.push_count IS 'How many pushes.';
COMMENT ON COLUMN pushloss.push_count.updated_at IS 'When this row was last written.';

CREATE TABLE pushloss.platform_push_count (
    sdk_app_id  bigint NOT NULL,
    day         date NOT NULL,
    task_key    integer NOT NULL,
    counter_id  smallint NOT NULL,
    event_type  smallint NOT NULL,
    platform_id smallint NOT NULL,
    push_count  bigint NOT NULL CHECK (push_count >= 0),
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (sdk_app_id, day, task_key, event_type, platform_id, counter_id)
);
CREATE INDEX platform_push_count_app ON pushloss.platform_push_count (sdk_app_id, day) WHERE task_key = 0;
COMMENT ON TABLE pushloss.platform_push_count IS 'Numbers of pushes by event and push channel: of a task, or (task_key 0) of the whole app. The two never add up.';
COMMENT ON COLUMN pushloss.platform_push_count.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.platform_push_count.day IS 'Day in the app''s time zone.';
COMMENT ON COLUMN pushloss.platform_push_count.task_key IS 'Task; 0 for the whole app.';
COMMENT ON COLUMN pushloss.platform_push_count.counter_id IS 'Counter.';
COMMENT ON COLUMN pushloss.platform_push_count.event_type IS 'Offline or online push; 0 where the API does not tell.';
COMMENT ON COLUMN pushloss.platform_push_count.platform_id IS 'Push channel.';
COMMENT ON COLUMN pushloss.platform_push_count.push_count IS 'How many pushes.';
COMMENT ON COLUMN pushloss.platform_push_count.updated_at IS 'When this row was last written.';

-- Pushes that accompany one-to-one and group chat messages: of a whole app. There are no
-- tasks, and the API reports no event for most rows.
CREATE TABLE pushloss.chat_stage_loss (LIKE pushloss.stage_loss INCLUDING ALL);
CREATE TABLE pushloss.chat_platform_loss (LIKE pushloss.platform_loss INCLUDING ALL);
CREATE TABLE pushloss.chat_push_count (LIKE pushloss.push_count INCLUDING ALL);
CREATE TABLE pushloss.chat_platform_push_count (LIKE pushloss.platform_push_count INCLUDING ALL);
COMMENT ON TABLE pushloss.chat_stage_loss IS 'Lost pushes of chat messages by stage and code, all channels together.';
COMMENT ON TABLE pushloss.chat_platform_loss IS 'Lost pushes of chat messages by stage, push channel and code.';
COMMENT ON TABLE pushloss.chat_push_count IS 'Numbers of pushes of chat messages, all channels together.';
COMMENT ON TABLE pushloss.chat_platform_push_count IS 'Numbers of pushes of chat messages by push channel.';

-- What makes the questions of docs/queries answer fast; measured in docs/adr/0001-indexes-and-no-rollup.md.
-- The tables of chat messages, which have no tasks, do without.
--
-- The whole app's rows are few among those of its tasks, and most questions are about them.
CREATE INDEX stage_loss_app ON pushloss.stage_loss (sdk_app_id, day) WHERE task_key = 0;
CREATE INDEX platform_loss_app ON pushloss.platform_loss (sdk_app_id, day) WHERE task_key = 0;
-- One task's rows, without naming its days. Keys repeat, so these stay small.
CREATE INDEX stage_loss_task ON pushloss.stage_loss (task_key);
CREATE INDEX platform_loss_task ON pushloss.platform_loss (task_key);

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
    stream_id        smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (sdk_app_id, change_id)
);
CREATE INDEX loss_change_day ON pushloss.loss_change (sdk_app_id, day, task_key);
COMMENT ON TABLE pushloss.loss_change IS 'Every change of a fact, of any stream, after the first load of its window.';
COMMENT ON COLUMN pushloss.loss_change.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.loss_change.change_id IS 'Number of the change.';
COMMENT ON COLUMN pushloss.loss_change.day IS 'Day of the fact.';
COMMENT ON COLUMN pushloss.loss_change.task_key IS 'Task of the fact; 0 for the whole app.';
COMMENT ON COLUMN pushloss.loss_change.by_platform IS 'Whether the fact is one by push channel, or of all channels together.';
COMMENT ON COLUMN pushloss.loss_change.stage_id IS 'Stage of the fact, or its counter.';
COMMENT ON COLUMN pushloss.loss_change.event_type IS 'Event of the fact; 0 in stage_loss.';
COMMENT ON COLUMN pushloss.loss_change.platform_id IS 'Push channel of the fact; 0 in stage_loss.';
COMMENT ON COLUMN pushloss.loss_change.err_code_key IS 'Error code of the fact; 0 for a counter.';
COMMENT ON COLUMN pushloss.loss_change.changed_at IS 'When the change was loaded.';
COMMENT ON COLUMN pushloss.loss_change.run_id IS 'Run that loaded it.';
COMMENT ON COLUMN pushloss.loss_change.old_count IS 'Count before; empty where the fact appeared.';
COMMENT ON COLUMN pushloss.loss_change.new_count IS 'Count after; empty where the fact went away.';
COMMENT ON COLUMN pushloss.loss_change.old_err_info_key IS 'Text before; empty where the fact appeared.';
COMMENT ON COLUMN pushloss.loss_change.new_err_info_key IS 'Text after; empty where the fact went away.';
COMMENT ON COLUMN pushloss.loss_change.stream_id IS 'Stream of the fact.';

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
    opened_at       timestamptz,
    stream_id       smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (sdk_app_id, day, task_key, stream_id),
    CHECK (settled = (settled_reason IS NOT NULL))
);
CREATE INDEX ledger_opened ON pushloss.ledger (sdk_app_id) WHERE opened_at IS NOT NULL;
COMMENT ON TABLE pushloss.ledger IS 'What is known of each window: a day of a stream, of a task or (task_key 0) of the whole app.';
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
COMMENT ON COLUMN pushloss.ledger.updated_at IS 'When the window was last pulled, failures included.';
COMMENT ON COLUMN pushloss.ledger.opened_at IS 'Since when the window is to be pulled anew because a reconciliation differed; empty once it was.';
COMMENT ON COLUMN pushloss.ledger.stream_id IS 'Stream.';

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
    stream_id   smallint NOT NULL DEFAULT 0,
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
COMMENT ON COLUMN pushloss.reject.stream_id IS 'Stream that was asked for.';

-- Reconciliations ------------------------------------------------------------

-- Days of an app are compared with what the API says of a span of them at once.
-- What differs opens the days again: they are pulled again, and compared again.

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

-- Alerts and messages --------------------------------------------------------

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

-- What error codes mean ------------------------------------------------------

-- The catalogue of error codes comes from error_codes.csv, which migrate up writes
-- into these tables after the migrations.

CREATE TABLE pushloss.error_catalogue (
    err_code     text NOT NULL,
    stage_id     smallint NOT NULL,
    platform_id  smallint NOT NULL,
    short_name   text NOT NULL,
    meaning      text NOT NULL,
    likely_cause text,
    what_to_do   text,
    token_dead   boolean,
    source       text,
    PRIMARY KEY (err_code, stage_id, platform_id)
);
COMMENT ON TABLE pushloss.error_catalogue IS 'What error codes mean, by stage and push channel: error_codes.csv, applied to each that a line speaks of.';
COMMENT ON COLUMN pushloss.error_catalogue.err_code IS 'ErrCode of the API.';
COMMENT ON COLUMN pushloss.error_catalogue.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.error_catalogue.platform_id IS 'Push channel.';
COMMENT ON COLUMN pushloss.error_catalogue.short_name IS 'Two words for it.';
COMMENT ON COLUMN pushloss.error_catalogue.meaning IS 'What it says.';
COMMENT ON COLUMN pushloss.error_catalogue.likely_cause IS 'Why it comes.';
COMMENT ON COLUMN pushloss.error_catalogue.what_to_do IS 'What helps.';
COMMENT ON COLUMN pushloss.error_catalogue.token_dead IS 'Whether the device token is dead; empty if not known.';
COMMENT ON COLUMN pushloss.error_catalogue.source IS 'Page that says so.';

-- Facts by stage know no push channel.
CREATE TABLE pushloss.error_stage_meaning (
    err_code text NOT NULL,
    stage_id smallint NOT NULL,
    meaning  text NOT NULL,
    PRIMARY KEY (err_code, stage_id)
);
COMMENT ON TABLE pushloss.error_stage_meaning IS 'What an error code means where the push channel is not known: the one meaning that it has, or those of each channel.';
COMMENT ON COLUMN pushloss.error_stage_meaning.err_code IS 'ErrCode of the API.';
COMMENT ON COLUMN pushloss.error_stage_meaning.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.error_stage_meaning.meaning IS 'What it says.';

-- What the API says of codes that the catalogue lacks.
CREATE TABLE pushloss.usual_stage_text (
    err_code_key integer NOT NULL REFERENCES pushloss.err_code,
    stage_id     smallint NOT NULL,
    err_info     text NOT NULL,
    PRIMARY KEY (err_code_key, stage_id)
);
COMMENT ON TABLE pushloss.usual_stage_text IS 'The text that most pushes were lost with, by stage, as of the last run that changed figures.';
COMMENT ON COLUMN pushloss.usual_stage_text.err_code_key IS 'Error code.';
COMMENT ON COLUMN pushloss.usual_stage_text.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.usual_stage_text.err_info IS 'ErrInfo of the API.';

CREATE TABLE pushloss.usual_platform_text (
    err_code_key integer NOT NULL REFERENCES pushloss.err_code,
    stage_id     smallint NOT NULL,
    platform_id  smallint NOT NULL,
    err_info     text NOT NULL,
    PRIMARY KEY (err_code_key, stage_id, platform_id)
);
COMMENT ON TABLE pushloss.usual_platform_text IS 'The text that most pushes were lost with, by stage and push channel, as of the last run that changed figures.';
COMMENT ON COLUMN pushloss.usual_platform_text.err_code_key IS 'Error code.';
COMMENT ON COLUMN pushloss.usual_platform_text.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.usual_platform_text.platform_id IS 'Push channel.';
COMMENT ON COLUMN pushloss.usual_platform_text.err_info IS 'ErrInfo of the API.';
