DROP VIEW analytics.alerts;
DROP TABLE pushloss.message;
DROP TABLE pushloss.alert;
