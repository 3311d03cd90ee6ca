-- Format 0 knew nothing of agents, of the versions that calls need, and of callers who overflowed.

CREATE TABLE agent (
    agent TEXT PRIMARY KEY,
    logged_in INTEGER NOT NULL,
    paused INTEGER NOT NULL,
    wrap_up_until INTEGER,
    joined TEXT NOT NULL,
    "left" TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE version (
    flow TEXT NOT NULL,
    version TEXT NOT NULL,
    flow_file TEXT NOT NULL,
    flow_text TEXT NOT NULL,
    site_file TEXT NOT NULL,
    site_text TEXT NOT NULL,
    recordings TEXT NOT NULL,
    site_recordings TEXT NOT NULL,
    plugin TEXT NOT NULL REFERENCES content (hash),
    last_call TEXT NOT NULL,
    PRIMARY KEY (flow, version)
) WITHOUT ROWID;

CREATE TABLE content (
    hash TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
);

ALTER TABLE record ADD COLUMN overflowed INTEGER NOT NULL DEFAULT 0;

CREATE TABLE anonymous (upto TEXT NOT NULL);
INSERT INTO anonymous VALUES ('');

CREATE VIEW calls AS
SELECT call, flow, version, caller, dialled,
       strftime('%Y-%m-%dT%H:%M:%fZ', arrived / 1000.0, 'unixepoch') AS arrived,
       strftime('%Y-%m-%dT%H:%M:%fZ', answered / 1000.0, 'unixepoch') AS answered,
       strftime('%Y-%m-%dT%H:%M:%fZ', connected / 1000.0, 'unixepoch') AS connected,
       agent, waited_ms / 1000.0 AS waited_s, overflowed, outcome, notes, tags, steps, faults, refused, unjournalled,
       strftime('%Y-%m-%dT%H:%M:%fZ', ended / 1000.0, 'unixepoch') AS ended
FROM record;
