-- The schema itself stays: it holds golang-migrate's own table.
DROP TABLE
    pushloss.reject, pushloss.ledger, pushloss.loss_change, pushloss.platform_loss, pushloss.stage_loss,
    pushloss.err_info, pushloss.err_code, pushloss.platform, pushloss.event, pushloss.stage,
    pushloss.pull, pushloss.raw_body, pushloss.run, pushloss.task, pushloss.app_lease, pushloss.app;
DROP SCHEMA analytics;
