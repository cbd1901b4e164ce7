-- The migrator has dropped the views. The schema pushloss stays: the migrator keeps the version in it.
DROP TABLE
    pushloss.usual_platform_text, pushloss.usual_stage_text, pushloss.error_stage_meaning, pushloss.error_catalogue,
    pushloss.message, pushloss.alert, pushloss.reconciliation_key, pushloss.reconciliation,
    pushloss.reject, pushloss.ledger, pushloss.loss_change,
    pushloss.chat_platform_push_count, pushloss.chat_push_count, pushloss.chat_platform_loss, pushloss.chat_stage_loss,
    pushloss.platform_push_count, pushloss.push_count, pushloss.platform_loss, pushloss.stage_loss,
    pushloss.counter, pushloss.err_info, pushloss.err_code, pushloss.platform, pushloss.event, pushloss.stage,
    pushloss.pull, pushloss.raw_body, pushloss.run, pushloss.app_stream, pushloss.stream,
    pushloss.task, pushloss.app_lease, pushloss.app, pushloss.schema_views;
-- A schema that an administrator made stays: this role could not make it again.
DO $$
BEGIN
    IF has_database_privilege(current_database(), 'CREATE') THEN
        DROP SCHEMA analytics;
    END IF;
END
$$;
