-- The schema itself stays: it holds golang-migrate's own table.
DROP TABLE
    pushloss.reject, pushloss.ledger, pushloss.loss_change, pushloss.platform_loss, pushloss.stage_loss,
    pushloss.err_info, pushloss.err_code, pushloss.platform, pushloss.event, pushloss.stage,
    pushloss.pull, pushloss.raw_body, pushloss.run, pushloss.task, pushloss.app_lease, pushloss.app;
-- A schema that an administrator made stays: this role could not make it again.
DO $$
BEGIN
    IF has_database_privilege(current_database(), 'CREATE') THEN
        DROP SCHEMA analytics;
    END IF;
END
$$;
