ALTER TABLE pushloss.pull DROP COLUMN rules;
