ALTER TABLE decisions ADD COLUMN needs_second boolean DEFAULT false NOT NULL;
