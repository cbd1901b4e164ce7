DROP VIEW
    analytics.app_stage_loss,
    analytics.app_platform_loss,
    analytics.task_stage_loss,
    analytics.task_platform_loss,
    analytics.loss_changes,
    analytics.coverage,
    analytics.runs,
    analytics.platforms,
    analytics.stages,
    analytics.error_codes,
    analytics.tasks,
    analytics.apps;
