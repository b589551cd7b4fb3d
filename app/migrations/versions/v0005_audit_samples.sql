CREATE TABLE audit_samples (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    application_id BIGINT NOT NULL,
    assessment_id BIGINT NOT NULL,
    fact_number INTEGER,
    seed TEXT NOT NULL,
    share NUMERIC NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT audit_samples_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT audit_samples_applications_fkey FOREIGN KEY(lender_id, application_id) REFERENCES applications (lender_id, id),
    CONSTRAINT audit_samples_assessments_fkey FOREIGN KEY(lender_id, assessment_id) REFERENCES assessments (lender_id, id),
    CONSTRAINT audit_samples_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);
CREATE INDEX audit_samples_assessment_idx ON audit_samples (lender_id, assessment_id);
CREATE INDEX audit_samples_application_idx ON audit_samples (lender_id, application_id);
