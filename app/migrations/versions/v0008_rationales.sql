-- Rationales written anew: of an assessment as it stood after a correction and an adjustment (0: none).

CREATE TABLE rationales (
    lender_id TEXT NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    assessment_id BIGINT NOT NULL,
    correction_id BIGINT NOT NULL,
    adjustment_id BIGINT NOT NULL,
    content JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT rationales_pkey PRIMARY KEY (lender_id, id),
    CONSTRAINT rationales_assessments_fkey FOREIGN KEY(lender_id, assessment_id) REFERENCES assessments (lender_id, id),
    CONSTRAINT rationales_lenders_fkey FOREIGN KEY(lender_id) REFERENCES lenders (id)
);

CREATE INDEX rationales_assessment_idx ON rationales (lender_id, assessment_id, correction_id, adjustment_id);
