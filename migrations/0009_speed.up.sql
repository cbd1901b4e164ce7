-- What makes the questions of docs/queries answer fast; measured in docs/adr/0001-indexes-and-no-rollup.md.

-- The whole app's rows are few among those of its tasks, and most questions are
-- about them.
CREATE INDEX stage_loss_app ON pushloss.stage_loss (sdk_app_id, day) WHERE task_key = 0;
CREATE INDEX platform_loss_app ON pushloss.platform_loss (sdk_app_id, day) WHERE task_key = 0;

-- One task's rows, without naming its days. Keys repeat, so these stay small.
CREATE INDEX stage_loss_task ON pushloss.stage_loss (task_key);
CREATE INDEX platform_loss_task ON pushloss.platform_loss (task_key);
CREATE INDEX task_by_id ON pushloss.task (task_id);
