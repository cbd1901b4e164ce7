-- What analysts read in their tool and in docs/dictionary.md: unit, grain, time zone,
-- and what NULL means. COMMENT ON only.

COMMENT ON SCHEMA analytics IS 'Push losses of Tencent Cloud Chat, for analysts. Counts are numbers of pushes; a day is one of the app''s time zone, which the view apps tells; times are instants, shown in the time zone of the session. Each view says what it has one row per: figures of different grains never add up.';

COMMENT ON COLUMN analytics.app_stage_loss.err_count IS 'Number of pushes lost on that day, there and for that reason. Final once the window is settled, see coverage.';
COMMENT ON COLUMN analytics.app_platform_loss.err_count IS 'Number of pushes lost on that day, there and for that reason. Final once the window is settled, see coverage.';
COMMENT ON COLUMN analytics.task_stage_loss.err_count IS 'Number of pushes lost on that day, there and for that reason. Final once the window is settled, see coverage.';
COMMENT ON COLUMN analytics.task_platform_loss.err_count IS 'Number of pushes lost on that day, there and for that reason. Final once the window is settled, see coverage.';
COMMENT ON COLUMN analytics.app_stage_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
COMMENT ON COLUMN analytics.app_platform_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
COMMENT ON COLUMN analytics.task_stage_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
COMMENT ON COLUMN analytics.task_platform_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
COMMENT ON COLUMN analytics.app_platform_loss.platform_id IS 'Number of the push channel, see platforms.';
COMMENT ON COLUMN analytics.task_platform_loss.platform_id IS 'Number of the push channel, see platforms.';
COMMENT ON COLUMN analytics.app_platform_loss.platform IS 'Name of the push channel, see platforms; unknown (N) where the API documents none of that number.';
COMMENT ON COLUMN analytics.task_platform_loss.platform IS 'Name of the push channel, see platforms; unknown (N) where the API documents none of that number.';

COMMENT ON COLUMN analytics.loss_changes.old_count IS 'Number of pushes lost, as believed before; NULL where the fact appeared.';
COMMENT ON COLUMN analytics.loss_changes.new_count IS 'Number of pushes lost, as believed since; NULL where the fact went away.';
COMMENT ON COLUMN analytics.loss_changes.run_id IS 'Run that loaded it, see runs.';
COMMENT ON COLUMN analytics.loss_versions.valid_from IS 'When this version was loaded; it was believed from then on.';
COMMENT ON COLUMN analytics.loss_versions.valid_to IS 'When the next version was loaded, or the fact went away: it was believed until just before. NULL for what is believed now.';
COMMENT ON FUNCTION analytics.loss_as_of(timestamptz) IS 'The facts of all four grains as they stood at a moment, what a report made then was made from: one row per fact. grain names the fact view that a row belongs to; choose one before summing. updated_at is when the figure had last changed then; all else is as in loss_versions.';

COMMENT ON COLUMN analytics.coverage.state IS 'loaded; empty: nothing was lost; absent: the answer lacked the task; unproven: an empty answer for a day older than the API is believed to remember, which is not zero; unavailable: an error for such a day; failed: the last pull brought no answer, and figures of before are kept; open: not pulled yet.';
COMMENT ON COLUMN analytics.coverage.row_count IS 'Rows stored for the window in the fact views, by stage and by platform together.';
COMMENT ON COLUMN analytics.runs.finished_at IS 'When it ended; NULL while it runs.';
COMMENT ON COLUMN analytics.runs.windows IS 'Windows (a day of a task, or of the whole app) that were loaded, or found empty, absent or out of reach; failed ones are not among them.';
COMMENT ON COLUMN analytics.runs.rows_inserted IS 'Rows of the fact views that were new.';
COMMENT ON COLUMN analytics.runs.rows_updated IS 'Rows of the fact views whose count or description changed.';
COMMENT ON COLUMN analytics.runs.rows_deleted IS 'Rows of the fact views that were no longer in the answer.';
COMMENT ON COLUMN analytics.runs.rows_unchanged IS 'Rows of the fact views that the answer confirmed.';
COMMENT ON COLUMN analytics.runs.rejects IS 'Rows of the answers that could not be understood, and are in no figure.';
COMMENT ON COLUMN analytics.runs.error IS 'What stopped it or failed in it; NULL if nothing did.';
COMMENT ON COLUMN analytics.reconciliations.run_id IS 'Run that compared them, see runs.';
COMMENT ON COLUMN analytics.reconciliations.stored IS 'Number of pushes lost by the stored days of the span, added up; 0 where none has the figure.';
COMMENT ON COLUMN analytics.reconciliations.reported IS 'Number of pushes lost by what the API said of the whole span; 0 where its answer lacked the figure.';

COMMENT ON VIEW analytics.platforms IS 'Push channels that the API documents: one row per channel.';
COMMENT ON COLUMN analytics.platforms.platform_id IS 'Number of the channel, as the API has it.';
COMMENT ON VIEW analytics.error_codes IS 'Error codes that were seen: one row per code.';
COMMENT ON VIEW analytics.stages IS 'Where on its way a push can be lost: one row per stage, in order.';
COMMENT ON COLUMN analytics.stages.stage_id IS 'Number of the stage, in the order of a push''s way.';
COMMENT ON VIEW analytics.tasks IS 'Push tasks whose losses are pulled one by one: one row per task.';
COMMENT ON COLUMN analytics.tasks.sdk_app_id IS 'SDKAppID of the app that the task belongs to.';
COMMENT ON COLUMN analytics.tasks.label IS 'Name given by the team; NULL if none was.';
COMMENT ON COLUMN analytics.tasks.sent_at IS 'When the push was sent, and its day is the first one pulled; NULL if nobody said, and registered_at counts instead.';
COMMENT ON COLUMN analytics.tasks.retired_at IS 'Since when the task is no longer pulled; NULL while it is.';
COMMENT ON VIEW analytics.apps IS 'Apps whose losses are kept: one row per app.';
COMMENT ON COLUMN analytics.apps.timezone IS 'Time zone whose midnights cut the app''s days (a name as Asia/Shanghai); fixed once a day is loaded.';
COMMENT ON COLUMN analytics.apps.first_day IS 'First day kept by scheduled runs; NULL until the first run.';

-- golang-migrate's own table.
COMMENT ON TABLE pushloss.schema_migrations IS 'Which version the schema is at: one row, written by pushloss migrate.';
COMMENT ON COLUMN pushloss.schema_migrations.version IS 'Number of the newest migration that was applied.';
COMMENT ON COLUMN pushloss.schema_migrations.dirty IS 'Whether that migration broke off.';
