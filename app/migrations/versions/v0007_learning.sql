-- Every retraining with what came of it, canaries, and how long an assessment took.

ALTER TABLE assessments ADD COLUMN seconds DOUBLE PRECISION;

CREATE TABLE retrainings (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    cause TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    job_id BIGINT,
    dataset TEXT,
    version TEXT,
    outcome TEXT,
    said TEXT,
    report JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT retrainings_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT retrainings_outcome_check CHECK (outcome IN ('trained', 'promoted', 'refused', 'failed')),
    CONSTRAINT retrainings_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE UNIQUE INDEX retrainings_open_idx ON retrainings (lender_id, name) WHERE outcome IS NULL;

CREATE TABLE canaries (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    share DOUBLE PRECISION NOT NULL,
    started_by TEXT NOT NULL,
    why TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    stopped_at TIMESTAMP WITH TIME ZONE,
    stopped_by TEXT,
    stopped_why TEXT,
    CONSTRAINT canaries_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT canaries_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id),
    CONSTRAINT canaries_model_versions_fkey FOREIGN KEY(lender_id, name, version) REFERENCES model_versions (lender_id, name, version)
);

CREATE UNIQUE INDEX canaries_running_idx ON canaries (lender_id, name) WHERE stopped_at IS NULL;
