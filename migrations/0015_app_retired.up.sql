-- An app that is no longer pulled keeps its figures, and is judged no more.
ALTER TABLE pushloss.app ADD COLUMN retired_at timestamptz;
COMMENT ON COLUMN pushloss.app.retired_at IS 'Since when runs leave the app out and nobody is told of its gaps; empty while it is pulled.';
