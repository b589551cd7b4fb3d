-- What a request with an idempotency key was answered, and what systems of record are told of by webhook.

ALTER TABLE batches ADD COLUMN finished_at TIMESTAMP WITH TIME ZONE;

CREATE TABLE answers (
    lender_id TEXT NOT NULL,
    author TEXT NOT NULL,
    key TEXT NOT NULL,
    request_sha256 BYTEA NOT NULL,
    status SMALLINT,
    body JSONB,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT answers_pkey PRIMARY KEY (lender_id, author, key),
    CONSTRAINT answers_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX answers_time_idx ON answers (created_at);

CREATE TABLE webhooks (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    url TEXT NOT NULL,
    events TEXT[] NOT NULL,
    secret_sha256 BYTEA NOT NULL,
    author TEXT NOT NULL,
    failures INTEGER DEFAULT 0 NOT NULL,
    rest_until TIMESTAMP WITH TIME ZONE,
    removed_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT webhooks_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT webhooks_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE TABLE messages (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    webhook_id BIGINT NOT NULL,
    event TEXT NOT NULL,
    body JSONB NOT NULL,
    state TEXT DEFAULT 'waiting' NOT NULL,
    tries INTEGER DEFAULT 0 NOT NULL,
    last_answer TEXT,
    sent_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT messages_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT messages_webhooks_fkey FOREIGN KEY(lender_id, webhook_id) REFERENCES webhooks (lender_id, id),
    CONSTRAINT messages_state_check CHECK (state IN ('waiting', 'delivered', 'given up')),
    CONSTRAINT messages_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX messages_webhook_idx ON messages (lender_id, webhook_id, id);
