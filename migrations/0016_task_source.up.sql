-- Tasks come by themselves too: who looks at one wants to know from where.
ALTER TABLE pushloss.task ADD COLUMN source text
    CHECK (source IN ('command', 'file', 'push_answer', 'request', 'callback', 'schedule'));
COMMENT ON COLUMN pushloss.task.source IS 'Where the task first came from: command (typed), file, push_answer (an answer of the push API), request (sent to serve), callback (of the vendor), schedule (the list of scheduled pushes); empty where that was not recorded.';
COMMENT ON COLUMN pushloss.pull.task_ids IS 'TaskID of the request; empty for the whole app, "(deleted task)" if its only task was deleted.';
