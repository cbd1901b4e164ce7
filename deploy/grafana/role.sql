-- Makes the role that Grafana reads with, or gives it the password of today. What it
-- may read, `pushloss grant grafana` says. Run by psql as a role that may create
-- others; BI_PASSWORD_FILE names the file with the password.
\set ON_ERROR_STOP on
\set password `cat "$BI_PASSWORD_FILE"`

SELECT :'password' = '' AS missing \gset
\if :missing
    DO $$ BEGIN RAISE 'the password file is missing or empty'; END $$;
\endif

SELECT 'CREATE ROLE grafana'
WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'grafana') \gexec
ALTER ROLE grafana LOGIN CONNECTION LIMIT 20 PASSWORD :'password';

-- A slip in the query editor stays one.
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '60s';
-- Compiling a plan takes longer than these queries do.
ALTER ROLE grafana SET jit = off;
-- A function that makes a moment of a day takes midnight of this zone; a day's text has
-- this style.
ALTER ROLE grafana SET timezone = 'UTC';
ALTER ROLE grafana SET DateStyle = 'ISO';
