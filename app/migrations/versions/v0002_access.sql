-- What accounts need: the limit to approve alone, how old the password is (none: it must be changed), when wrong passwords began.

ALTER TABLE users ADD COLUMN approval_limit NUMERIC DEFAULT 0 NOT NULL;
ALTER TABLE users ADD COLUMN password_set_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE users ADD COLUMN failing_since TIMESTAMP WITH TIME ZONE;

CREATE TABLE sessions (
    lender_id TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    user_id BIGINT NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (lender_id, token_hash),
    CONSTRAINT sessions_users_fkey FOREIGN KEY(lender_id, user_id) REFERENCES users (lender_id, id),
    CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
    CONSTRAINT sessions_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

-- The newest entry of each lender's trail: locked while an entry is added, so that numbers have no gaps.

CREATE TABLE audit_heads (
    lender_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT audit_heads_pkey PRIMARY KEY (lender_id),
    CONSTRAINT audit_heads_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail only grows: % of % is refused', TG_OP, TG_TABLE_NAME;
END
$$;

CREATE FUNCTION audit_head_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.lender_id <> OLD.lender_id OR NEW.number <> OLD.number + 1 THEN
        RAISE EXCEPTION 'the head of the audit trail only moves on by one';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER audit_entries_only_grow BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER audit_entries_stay BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER audit_heads_move_on BEFORE UPDATE ON audit_heads FOR EACH ROW EXECUTE FUNCTION audit_head_moves_on();
CREATE TRIGGER audit_heads_stay BEFORE DELETE ON audit_heads FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER audit_heads_stay_all BEFORE TRUNCATE ON audit_heads FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();
