-- The texts stay: they explain what earlier versions have just as well. Those of
-- what an earlier migration takes away go with it.
SELECT 'nothing to take back';
