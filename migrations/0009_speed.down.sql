DROP INDEX pushloss.stage_loss_app, pushloss.platform_loss_app, pushloss.stage_loss_task, pushloss.platform_loss_task, pushloss.task_by_id;
