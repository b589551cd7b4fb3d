-- The tables of every noun that is kept. Times are UTC, money is numeric, keys begin with the lender.

CREATE TABLE lenders (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT lenders_pkey PRIMARY KEY (id)
);


CREATE TABLE audit_entries (
    lender_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail JSONB DEFAULT '{}' NOT NULL,
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT audit_entries_pkey PRIMARY KEY (lender_id, number),
    CONSTRAINT audit_entries_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX audit_entries_subject_idx ON audit_entries (lender_id, subject, number);

CREATE TABLE batches (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    reference TEXT NOT NULL,
    total INTEGER DEFAULT 0 NOT NULL,
    submitted_by TEXT,
    cancelled_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT batches_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT batches_lender_id_reference_key UNIQUE (lender_id, reference),
    CONSTRAINT batches_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);


CREATE TABLE blobs (
    lender_id TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    bytes BIGINT NOT NULL,
    media_type TEXT,
    key_id TEXT,
    purged_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT blobs_pkey PRIMARY KEY (lender_id, sha256),
    CONSTRAINT blobs_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);


CREATE TABLE job_records (
    lender_id TEXT NOT NULL,
    job_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    arguments JSONB DEFAULT '{}' NOT NULL,
    urgency TEXT NOT NULL,
    tries SMALLINT DEFAULT 0 NOT NULL,
    fault TEXT,
    done INTEGER DEFAULT 0 NOT NULL,
    total INTEGER DEFAULT 0 NOT NULL,
    outcome TEXT,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT job_records_pkey PRIMARY KEY (lender_id, job_id),
    CONSTRAINT job_records_outcome_check CHECK (outcome IN ('done', 'quarantined', 'cancelled')),
    CONSTRAINT job_records_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX job_records_unfinished_idx ON job_records (lender_id, job_id) WHERE outcome IS NULL;

CREATE TABLE job_turns (
    lender_id TEXT NOT NULL,
    urgency TEXT NOT NULL,
    turn INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT job_turns_pkey PRIMARY KEY (lender_id, urgency),
    CONSTRAINT job_turns_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);


CREATE TABLE model_versions (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    card JSONB DEFAULT '{}' NOT NULL,
    registered_by TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT model_versions_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT model_versions_lender_id_name_version_key UNIQUE (lender_id, name, version),
    CONSTRAINT model_versions_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);


CREATE TABLE users (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    roles TEXT[] DEFAULT '{}' NOT NULL,
    password_hash TEXT,
    subject TEXT,
    failed_logins INTEGER DEFAULT 0 NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    disabled_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT users_lender_id_login_key UNIQUE (lender_id, login),
    CONSTRAINT users_lender_id_subject_key UNIQUE (lender_id, subject),
    CONSTRAINT users_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);


CREATE TABLE api_keys (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    key_hash BYTEA NOT NULL,
    scopes TEXT[] DEFAULT '{}' NOT NULL,
    user_id BIGINT,
    expires_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT api_keys_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT api_keys_users_fkey FOREIGN KEY(lender_id, user_id) REFERENCES users (lender_id, id),
    CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash),
    CONSTRAINT api_keys_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);


CREATE TABLE applications (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    reference TEXT NOT NULL,
    state TEXT DEFAULT 'received' NOT NULL,
    reason TEXT,
    borrower TEXT,
    borrower_key TEXT,
    product TEXT,
    currency TEXT,
    amount NUMERIC,
    total_exposure NUMERIC,
    jurisdiction TEXT,
    made_on DATE,
    received_at TIMESTAMP WITH TIME ZONE,
    complete_at TIMESTAMP WITH TIME ZONE,
    notice_due_on DATE,
    batch_id BIGINT,
    job_id BIGINT,
    purged_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT applications_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT applications_batches_fkey FOREIGN KEY(lender_id, batch_id) REFERENCES batches (lender_id, id),
    CONSTRAINT applications_lender_id_reference_key UNIQUE (lender_id, reference),
    CONSTRAINT applications_state_check CHECK (state IN ('received', 'assessed', 'decided', 'quarantined', 'cancelled', 'purged')),
    CONSTRAINT applications_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX applications_batch_idx ON applications (lender_id, batch_id, id);
CREATE INDEX applications_borrower_idx ON applications (lender_id, borrower_key);
CREATE INDEX applications_inbox_idx ON applications (lender_id, received_at DESC, id DESC);
CREATE INDEX applications_state_idx ON applications (lender_id, state, received_at DESC, id DESC);

CREATE TABLE model_moves (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    alias TEXT NOT NULL,
    version TEXT NOT NULL,
    moved_by TEXT NOT NULL,
    why TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT model_moves_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT model_moves_model_versions_fkey FOREIGN KEY(lender_id, name, version) REFERENCES model_versions (lender_id, name, version),
    CONSTRAINT model_moves_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX model_moves_alias_idx ON model_moves (lender_id, name, alias, id DESC);

CREATE TABLE assessments (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    application_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    inputs_sha256 BYTEA NOT NULL,
    as_of DATE NOT NULL,
    grade SMALLINT,
    probability_of_default DOUBLE PRECISION,
    recommendation TEXT NOT NULL,
    route TEXT NOT NULL,
    ratios JSONB DEFAULT '[]' NOT NULL,
    findings JSONB DEFAULT '[]' NOT NULL,
    reasons JSONB DEFAULT '[]' NOT NULL,
    versions JSONB DEFAULT '[]' NOT NULL,
    content_sha256 BYTEA,
    shadow BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT assessments_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT assessments_applications_fkey FOREIGN KEY(lender_id, application_id) REFERENCES applications (lender_id, id),
    CONSTRAINT assessments_lender_id_application_id_version_key UNIQUE (lender_id, application_id, version),
    CONSTRAINT assessments_lender_id_application_id_inputs_sha256_key UNIQUE (lender_id, application_id, inputs_sha256),
    CONSTRAINT assessments_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);


CREATE TABLE documents (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    application_id BIGINT NOT NULL,
    file TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    state TEXT DEFAULT 'received' NOT NULL,
    reason TEXT,
    tries SMALLINT DEFAULT 0 NOT NULL,
    superseded_by BIGINT,
    received_by TEXT,
    received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT documents_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT documents_applications_fkey FOREIGN KEY(lender_id, application_id) REFERENCES applications (lender_id, id),
    CONSTRAINT documents_documents_fkey FOREIGN KEY(lender_id, superseded_by) REFERENCES documents (lender_id, id),
    CONSTRAINT documents_state_check CHECK (state IN ('received', 'read', 'quarantined', 'superseded', 'purged')),
    CONSTRAINT documents_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX documents_application_idx ON documents (lender_id, application_id, id);
CREATE INDEX documents_sha256_idx ON documents (lender_id, sha256);

CREATE TABLE external_facts (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    application_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    as_of DATE NOT NULL,
    entered_by TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT external_facts_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT external_facts_applications_fkey FOREIGN KEY(lender_id, application_id) REFERENCES applications (lender_id, id),
    CONSTRAINT external_facts_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX external_facts_application_idx ON external_facts (lender_id, application_id, id);

CREATE TABLE legal_holds (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    application_id BIGINT NOT NULL,
    why TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    placed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    lifted_by TEXT,
    lifted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT legal_holds_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT legal_holds_applications_fkey FOREIGN KEY(lender_id, application_id) REFERENCES applications (lender_id, id),
    CONSTRAINT legal_holds_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX legal_holds_application_idx ON legal_holds (lender_id, application_id) WHERE lifted_at IS NULL;

CREATE TABLE adjustments (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    application_id BIGINT NOT NULL,
    assessment_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    period TEXT NOT NULL,
    amount NUMERIC NOT NULL,
    why TEXT NOT NULL,
    undoes BIGINT,
    author TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT adjustments_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT adjustments_applications_fkey FOREIGN KEY(lender_id, application_id) REFERENCES applications (lender_id, id),
    CONSTRAINT adjustments_assessments_fkey FOREIGN KEY(lender_id, assessment_id) REFERENCES assessments (lender_id, id),
    CONSTRAINT adjustments_adjustments_fkey FOREIGN KEY(lender_id, undoes) REFERENCES adjustments (lender_id, id),
    CONSTRAINT adjustments_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX adjustments_application_idx ON adjustments (lender_id, application_id, id);

CREATE TABLE decisions (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    application_id BIGINT NOT NULL,
    assessment_id BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    conditions JSONB DEFAULT '[]' NOT NULL,
    reasons JSONB DEFAULT '[]' NOT NULL,
    override_reason TEXT,
    decided_by TEXT NOT NULL,
    seconded_by TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT decisions_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT decisions_applications_fkey FOREIGN KEY(lender_id, application_id) REFERENCES applications (lender_id, id),
    CONSTRAINT decisions_assessments_fkey FOREIGN KEY(lender_id, assessment_id) REFERENCES assessments (lender_id, id),
    CONSTRAINT decisions_two_people_check CHECK (seconded_by <> decided_by),
    CONSTRAINT decisions_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX decisions_application_idx ON decisions (lender_id, application_id, id);
CREATE INDEX decisions_time_idx ON decisions (lender_id, created_at);

CREATE TABLE facts (
    lender_id TEXT NOT NULL,
    assessment_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    document_id BIGINT,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    period TEXT NOT NULL,
    period_end DATE,
    value NUMERIC,
    words TEXT,
    origin TEXT NOT NULL,
    label TEXT NOT NULL,
    printed TEXT NOT NULL,
    page INTEGER NOT NULL,
    box REAL[],
    method TEXT NOT NULL,
    confidence REAL DEFAULT 0 NOT NULL,
    auto_accept BOOLEAN DEFAULT false NOT NULL,
    formula TEXT,
    repaired TEXT,
    alternatives TEXT[] DEFAULT '{}' NOT NULL,
    created_on DATE DEFAULT CURRENT_DATE NOT NULL,
    CONSTRAINT facts_pkey PRIMARY KEY (lender_id, assessment_id, number),
    CONSTRAINT facts_assessments_fkey FOREIGN KEY(lender_id, assessment_id) REFERENCES assessments (lender_id, id),
    CONSTRAINT facts_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX facts_account_idx ON facts (lender_id, account, created_on);

CREATE TABLE pages (
    lender_id TEXT NOT NULL,
    document_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    status TEXT NOT NULL,
    kind TEXT NOT NULL,
    method TEXT NOT NULL,
    rotation SMALLINT DEFAULT 0 NOT NULL,
    width REAL NOT NULL,
    height REAL NOT NULL,
    reason TEXT,
    CONSTRAINT pages_pkey PRIMARY KEY (lender_id, document_id, number),
    CONSTRAINT pages_documents_fkey FOREIGN KEY(lender_id, document_id) REFERENCES documents (lender_id, id),
    CONSTRAINT pages_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);


CREATE TABLE review_tasks (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    application_id BIGINT NOT NULL,
    assessment_id BIGINT NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    reasons JSONB DEFAULT '[]' NOT NULL,
    urgency DOUBLE PRECISION NOT NULL,
    due_on DATE,
    claimed_by TEXT,
    lease_until TIMESTAMP WITH TIME ZONE,
    revision INTEGER DEFAULT 1 NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT review_tasks_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT review_tasks_applications_fkey FOREIGN KEY(lender_id, application_id) REFERENCES applications (lender_id, id),
    CONSTRAINT review_tasks_assessments_fkey FOREIGN KEY(lender_id, assessment_id) REFERENCES assessments (lender_id, id),
    CONSTRAINT review_tasks_state_check CHECK (state IN ('open', 'escalated', 'closed')),
    CONSTRAINT review_tasks_lender_id_assessment_id_key UNIQUE (lender_id, assessment_id),
    CONSTRAINT review_tasks_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX review_tasks_application_idx ON review_tasks (lender_id, application_id);
CREATE INDEX review_tasks_due_idx ON review_tasks (lender_id, due_on, id) WHERE state != 'closed';
CREATE INDEX review_tasks_mine_idx ON review_tasks (lender_id, claimed_by) WHERE state != 'closed';
CREATE INDEX review_tasks_next_idx ON review_tasks (lender_id, urgency DESC, id) WHERE state != 'closed';

CREATE TABLE corrections (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    task_id BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    assessment_id BIGINT NOT NULL,
    fact_number INTEGER,
    kind TEXT NOT NULL,
    predicted JSONB DEFAULT '{}' NOT NULL,
    corrected JSONB DEFAULT '{}' NOT NULL,
    why TEXT,
    undoes BIGINT,
    author TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT corrections_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT corrections_review_tasks_fkey FOREIGN KEY(lender_id, task_id) REFERENCES review_tasks (lender_id, id),
    CONSTRAINT corrections_applications_fkey FOREIGN KEY(lender_id, application_id) REFERENCES applications (lender_id, id),
    CONSTRAINT corrections_corrections_fkey FOREIGN KEY(lender_id, undoes) REFERENCES corrections (lender_id, id),
    CONSTRAINT corrections_facts_fkey FOREIGN KEY(lender_id, assessment_id, fact_number) REFERENCES facts (lender_id, assessment_id, number) MATCH SIMPLE,
    CONSTRAINT corrections_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX corrections_application_idx ON corrections (lender_id, application_id, id);
CREATE INDEX corrections_time_idx ON corrections (lender_id, created_at);
