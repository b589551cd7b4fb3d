-- What "was a job of this name put into the queue today" and the oldest job of each kind are found by.
CREATE INDEX job_records_name_idx ON job_records (lender_id, name, created_at);
