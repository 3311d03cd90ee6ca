-- Format 0 had records that did not say whether the caller overflowed, no agents, no times as text.
SELECT 1;
