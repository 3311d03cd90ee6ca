-- Times are milliseconds since 1970-01-01T00:00:00Z; the view `calls` shows them as text.
-- Calls are numbered in the order in which they came in, by the time: what is asked by time is found by `call`, and needs no index.

CREATE TABLE open_call (
    call TEXT PRIMARY KEY,
    flow TEXT NOT NULL,
    version TEXT NOT NULL,
    image BLOB NOT NULL,
    unjournalled INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE step (
    call TEXT NOT NULL,
    number INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (call, number)
) WITHOUT ROWID;

CREATE TABLE record (
    call TEXT PRIMARY KEY,
    flow TEXT NOT NULL,
    version TEXT NOT NULL,
    caller TEXT,
    dialled TEXT NOT NULL,
    arrived INTEGER NOT NULL,
    answered INTEGER,
    connected INTEGER,
    agent TEXT,
    waited_ms INTEGER NOT NULL,
    overflowed INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    notes TEXT NOT NULL,
    tags TEXT NOT NULL,
    steps INTEGER NOT NULL,
    faults INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    unjournalled INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    fumbled INTEGER NOT NULL,
    talks TEXT NOT NULL,
    campaign TEXT, -- for which the host made the call,
    contact TEXT   -- and to whom on its list: `dialled` is personal data then
) WITHOUT ROWID;

-- One row: the records of calls up to this one have no personal data any more, and those that close later get none.
CREATE TABLE anonymous (upto TEXT NOT NULL);
INSERT INTO anonymous VALUES ('');

CREATE TABLE agent (
    agent TEXT PRIMARY KEY,
    logged_in INTEGER NOT NULL,
    paused INTEGER NOT NULL,
    wrap_up_until INTEGER,
    joined TEXT NOT NULL,
    "left" TEXT NOT NULL,
    pause_reason TEXT,
    idle_since INTEGER,
    since INTEGER,
    at TEXT
) WITHOUT ROWID;

-- One row: how the clocks of the host read when it was last known to live.
CREATE TABLE clock (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    elapsed INTEGER NOT NULL,
    wall INTEGER NOT NULL,
    trusted INTEGER NOT NULL
);

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
    last_call TEXT NOT NULL, -- that began on it, or came to it; none: ''
    PRIMARY KEY (flow, version)
) WITHOUT ROWID;

CREATE TABLE content (
    hash TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
);

-- One row: what serves new calls. `flows` are pairs of the table `version`.
CREATE TABLE in_force (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    site_file TEXT NOT NULL,
    site_text TEXT NOT NULL,
    flows TEXT NOT NULL
);

-- Which version of a flow serves, decided by somebody or by the host.
CREATE TABLE decision (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    flow TEXT NOT NULL,
    version TEXT NOT NULL,
    what TEXT NOT NULL,
    reason TEXT NOT NULL
);

-- Mail that flows ordered. Once it is sent, its content is deleted.
CREATE TABLE mail (
    id TEXT PRIMARY KEY,
    call TEXT NOT NULL,
    flow TEXT NOT NULL,
    template TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    ordered INTEGER NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    tried INTEGER,
    next INTEGER NOT NULL,
    error TEXT
) WITHOUT ROWID;
CREATE INDEX mail_next ON mail (next) WHERE state = 'waiting';
CREATE INDEX mail_ordered ON mail (ordered);

-- What has to be answered later. The kinds are those of the site file.
CREATE TABLE "case" (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    call TEXT,
    flow TEXT NOT NULL,
    opened INTEGER NOT NULL,
    due INTEGER NOT NULL,
    by_day INTEGER NOT NULL, -- due at the end of a day, not at a time of day
    fields TEXT NOT NULL,
    outcome TEXT,
    closed INTEGER
) WITHOUT ROWID;
CREATE INDEX case_opened ON "case" (opened);

-- How each switch stands that was ever turned.
CREATE TABLE switch (
    name TEXT PRIMARY KEY,
    position TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER, -- then it goes back,
    back_to TEXT,  -- to there
    "by" TEXT,
    reason TEXT
) WITHOUT ROWID;

-- Every turn of a switch. None is ever deleted.
CREATE TABLE switch_turn (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    "by" TEXT,
    means TEXT NOT NULL,
    endpoint TEXT,
    "from" TEXT NOT NULL,
    "to" TEXT NOT NULL,
    until INTEGER,
    reason TEXT
);
CREATE INDEX switch_turn_name ON switch_turn (name);

-- Campaigns as they were opened, and how they stand. `state` is what the host goes on from.
CREATE TABLE campaign (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    template TEXT NOT NULL,
    opened INTEGER NOT NULL,
    "by" TEXT,
    goal INTEGER NOT NULL,
    until INTEGER, -- nobody is called from then on
    fields TEXT NOT NULL,
    ended INTEGER,
    state BLOB
);

-- The people on the lists of campaigns, and what came of each: `outcome`, why, when, and the agent who talked with them.
CREATE TABLE campaign_contact (
    campaign TEXT NOT NULL,
    row INTEGER NOT NULL,
    id TEXT NOT NULL,
    number TEXT, -- none: it was erased
    name TEXT NOT NULL,
    language TEXT,
    tags TEXT NOT NULL,
    fields TEXT NOT NULL,
    wave INTEGER NOT NULL,
    state BLOB,
    outcome TEXT,
    reason TEXT,
    at INTEGER,
    agent TEXT,
    PRIMARY KEY (campaign, row)
) WITHOUT ROWID;

-- Numbers that no campaign calls. `key` is a hash of the number with the salt: it stays when the number is erased.
CREATE TABLE do_not_call (
    key BLOB PRIMARY KEY,
    number TEXT,
    since INTEGER NOT NULL,
    "by" TEXT
) WITHOUT ROWID;

-- One row, made with the database and never changed.
CREATE TABLE salt (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    bytes BLOB NOT NULL
);
INSERT INTO salt VALUES (1, randomblob(16));

-- Who may use the console and the API. `password` is a hash (Argon2).
CREATE TABLE user (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    since INTEGER NOT NULL
) WITHOUT ROWID;

-- Tokens of programs, which have a label and a role, and sessions, which have a user. `key` is a hash of the secret.
CREATE TABLE token (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    key BLOB NOT NULL,
    user TEXT,
    label TEXT,
    role TEXT,
    made INTEGER NOT NULL,
    until INTEGER NOT NULL
);

CREATE VIEW calls AS
SELECT call, flow, version, caller, dialled,
       strftime('%Y-%m-%dT%H:%M:%fZ', arrived / 1000.0, 'unixepoch') AS arrived,
       strftime('%Y-%m-%dT%H:%M:%fZ', answered / 1000.0, 'unixepoch') AS answered,
       strftime('%Y-%m-%dT%H:%M:%fZ', connected / 1000.0, 'unixepoch') AS connected,
       agent, waited_ms / 1000.0 AS waited_s, talks, fumbled, overflowed, outcome, notes, tags, steps, faults, refused, unjournalled, campaign, contact,
       strftime('%Y-%m-%dT%H:%M:%fZ', ended / 1000.0, 'unixepoch') AS ended
FROM record;
