-- Format 0 knew nothing of agents, of the versions that calls need, and of callers who overflowed.

CREATE TABLE call_version (
    flow TEXT NOT NULL,
    version TEXT NOT NULL,
    call TEXT NOT NULL,
    PRIMARY KEY (flow, version, call)
) WITHOUT ROWID;

CREATE INDEX call_version_call ON call_version (call);

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
    PRIMARY KEY (flow, version)
) WITHOUT ROWID;

CREATE TABLE content (
    hash TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
);

INSERT INTO call_version SELECT flow, version, call FROM open_call;

ALTER TABLE record ADD COLUMN overflowed INTEGER NOT NULL DEFAULT 0;

CREATE INDEX record_caller ON record (caller) WHERE caller IS NOT NULL;
CREATE INDEX record_personal ON record (arrived) WHERE caller IS NOT NULL OR notes <> '[]';

CREATE VIEW calls AS
SELECT call, flow, version, caller, dialled,
       strftime('%Y-%m-%dT%H:%M:%fZ', arrived / 1000.0, 'unixepoch') AS arrived,
       strftime('%Y-%m-%dT%H:%M:%fZ', answered / 1000.0, 'unixepoch') AS answered,
       strftime('%Y-%m-%dT%H:%M:%fZ', connected / 1000.0, 'unixepoch') AS connected,
       agent, waited_ms / 1000.0 AS waited_s, overflowed, outcome, notes, tags, steps, faults, refused, unjournalled,
       strftime('%Y-%m-%dT%H:%M:%fZ', ended / 1000.0, 'unixepoch') AS ended
FROM record;
